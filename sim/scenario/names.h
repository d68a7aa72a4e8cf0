/*
 * names.h - the names of GPUs or VMs, found quickly, and unique when counts are written out.
 */
#ifndef SIM_SCENARIO_NAMES_H
#define SIM_SCENARIO_NAMES_H

#include "base/err.h"

#include <stdint.h>

/* No name, where an index is expected. No enumerator: those are ints. */
#define NAME_NONE UINT32_MAX

/* A name of an entry that may stand for several: name0, name1, ... */
struct counted_name {
    const char *name; /* "" if it was refused. */
    uint32_t count;
    struct place place;
};

/* A zeroed struct has no names. */
struct names {
    const struct counted_name *entries; /* In scenario order. Borrowed. */
    const struct counted_name **sorted;
    uint32_t count;
};

struct check;
struct node;

/* Sorts the names and refuses those that are not unique. `what` is "GPU" or "VM". */
void names_init(struct check *check, const char *what, const struct counted_name *entries,
                uint32_t count, struct names *ret);

/* The number of the entry of that name, or NAME_NONE. */
uint32_t names_find(const struct names *names, const char *name);

/* Refuses a text that is none of the names of the entries of `list`. */
void names_refuse(struct check *check, const struct node *node, const char *list,
                  const struct names *names);

#endif
