/*
 * list.c - `vgpusim list`: what there is, one item a line, its name first.
 */
#include "base/nearest.h"
#include "base/text.h"
#include "base/units.h"
#include "catalogue/catalogue.h"
#include "catalogue/describe.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "cli/tables.h"
#include "cli/words.h"
#include "policy/describe.h"
#include "policy/limiter.h"
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct list_options {
    const char *catalogue;
    bool all;
    bool left;
    bool markdown;
};

static const struct option_row rows[] = {
    { "catalogue", 0, OPTION_TEXT, offsetof(struct list_options, catalogue), "DIR",
      CATALOGUE_DOC, 0, 0 },
    { "all", 'a', OPTION_FLAG, offsetof(struct list_options, all), NULL,
      "geometries: with the profiles beyond the basic ones", 0, 0 },
    { "left", 0, OPTION_FLAG, offsetof(struct list_options, left), NULL,
      "geometries: what still fits after one creation", 0, 0 },
    { "markdown", 0, OPTION_FLAG, offsetof(struct list_options, markdown), NULL,
      "policies: as the page docs/policies.md", 0, 0 },
};

/* One list: fills the text from the words behind its name. 0, or -1 with *err. */
struct list {
    const char *name;
    bool takes_device;
    int (*fill)(const struct list_options *options, struct catalogue *catalogue,
                const char *device, struct text *text, struct err *err);
};

static bool is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

static int fill_policies(const struct list_options *options, struct catalogue *catalogue,
                         const char *device, struct text *text, struct err *err)
{
    (void)catalogue;
    (void)device;
    (void)err;
    if (options->markdown) {
        describe_policies_page(text);
        return 0;
    }
    for (size_t i = 0; i < policy_registry_count; i++) {
        text_printf(text, "%-22s %s\n", policy_registry[i]->name, policy_registry[i]->summary);
    }
    return 0;
}

static int fill_limiters(const struct list_options *options, struct catalogue *catalogue,
                         const char *device, struct text *text, struct err *err)
{
    (void)options;
    (void)catalogue;
    (void)device;
    (void)err;
    for (size_t i = 0; i < limiter_registry_count; i++) {
        text_printf(text, "%-22s %s\n", limiter_registry[i]->name,
                    limiter_registry[i]->summary);
    }
    return 0;
}

static int fill_metrics(const struct list_options *options, struct catalogue *catalogue,
                        const char *device, struct text *text, struct err *err)
{
    (void)options;
    (void)catalogue;
    (void)device;
    (void)err;
    for (size_t i = 0; i < word_count; i++) {
        if (words[i].is_metric) {
            text_printf(text, "%-22s %s\n", words[i].word, words[i].summary);
        }
    }
    return 0;
}

static int fill_devices(const struct list_options *options, struct catalogue *catalogue,
                        const char *device, struct text *text, struct err *err)
{
    (void)options;
    (void)device;
    (void)err;
    describe_devices(catalogue, is_terminal(), text);
    return 0;
}

static int fill_profiles(const struct list_options *options, struct catalogue *catalogue,
                         const char *device, struct text *text, struct err *err)
{
    (void)options;
    return describe_profiles(catalogue, device, is_terminal(), text, err);
}

static int fill_geometries(const struct list_options *options, struct catalogue *catalogue,
                           const char *device, struct text *text, struct err *err)
{
    if (!device) {
        return err_set(err, ERR_USAGE,
                       "vgpusim list geometries: name a device, as in list geometries "
                       "a100-40gb");
    }
    const struct geometry_view view = { options->all, options->left, is_terminal() };
    return describe_geometries(catalogue, device, &view, text, err);
}

static const struct list lists[] = {
    { "policies", false, fill_policies },    { "devices", false, fill_devices },
    { "profiles", true, fill_profiles },     { "metrics", false, fill_metrics },
    { "geometries", true, fill_geometries }, { "limiters", false, fill_limiters },
};

static const struct list *find(const char *name)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if (strcmp(lists[i].name, name) == 0) {
            return &lists[i];
        }
        nearest_offer(&nearest, lists[i].name);
    }
    fprintf(stderr, "vgpusim list: there is no list '%s'", name);
    if (nearest_best(&nearest)) {
        fprintf(stderr, "; did you mean '%s'?", nearest_best(&nearest));
    }
    fputs("\nLists: policies, limiters, devices, profiles, metrics, geometries\n", stderr);
    return NULL;
}

static int list_run(const void *options, char *const *operands, int operand_count)
{
    const struct list *list = find(operands[0]);
    struct catalogue catalogue;
    struct arena arena;
    struct text text;
    struct err err;

    if (!list || (operand_count == 2 && !list->takes_device)) {
        return EXIT_USAGE;
    }
    arena_init(&arena);
    text_init(&text);
    int status =
        tables_open(((const struct list_options *)options)->catalogue, &arena, &catalogue);
    if (status != EXIT_DONE) {
        text_fini(&text);
        arena_fini(&arena);
        return status;
    }
    if (list->fill(options, &catalogue, operand_count == 2 ? operands[1] : NULL, &text, &err)) {
        status = tell_error(&err);
    } else {
        fwrite(text.bytes, 1, text.size, stdout);
    }
    text_fini(&text);
    arena_fini(&arena);
    return status;
}

const struct command command_list = {
    .name = "list",
    .arguments = "policies|limiters|devices|profiles [DEVICE]|metrics|geometries DEVICE",
    .summary = "list what there is, one item a line",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct list_options),
    .operands_min = 1,
    .operands_max = 2,
    .run = list_run,
};
