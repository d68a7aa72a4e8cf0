/*
 * vary.h - variants of a scenario: the product of what `--vary` or the scenario's own
 * `compare:` and `sweep:` sections put in place of one value or several.
 */
#ifndef SIM_CLI_VARY_H
#define SIM_CLI_VARY_H

#include "base/arena.h"
#include "base/err.h"
#include "cli/options.h"
#include "scenario/scenario.h"

#include <stdint.h>

enum { VARY_AXES_MAX = 16, VARY_VARIANTS_MAX = 100000 };

/* One thing that varies. */
struct vary_axis {
    const char *path;          /* Of the scenario. */
    const char *const *values; /* value_count YAML texts, or names of variants. */
    uint32_t value_count;
    const struct vary_settings *settings; /* [value_count] of named variants; NULL: a path. */
};

struct vary {
    struct vary_axis axes[VARY_AXES_MAX];
    uint32_t axis_count;
    uint32_t variant_count; /* The product of the value counts. */
};

/* Reads PATH=a,b,c texts; commas inside brackets, braces and quotes do not separate. 0, or -1
   with *err of kind ERR_USAGE. */
int vary_parse(const struct option_list *texts, struct arena *arena, struct vary *ret,
               struct err *err);

/* The same from a section of a scenario, copied, so that the scenario may go. 0, or -1 with
 *err. */
int vary_from_entries(const struct vary_entry *entries, uint32_t count, struct arena *arena,
                      struct vary *ret, struct err *err);

/* Variant number `index` as PATH=VALUE texts, appended to `sets`, and as a label of the values
   or names alone. The last axis varies fastest. vary_from_entries has made sure that there is
   room for OPTION_LIST_MAX texts. */
void vary_variant(const struct vary *vary, uint32_t index, struct arena *arena,
                  struct option_list *sets, const char **ret_label);

#endif
