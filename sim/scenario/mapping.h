/*
 * mapping.h - a mapping while it is put together from its own keys and merged ones (<<).
 */
#ifndef SIM_SCENARIO_MAPPING_H
#define SIM_SCENARIO_MAPPING_H

#include "scenario/node.h"

struct mapping {
    struct node_key keys[NODE_KEYS_MAX];
    const struct node *items[NODE_KEYS_MAX];
    uint32_t count;
    uint32_t merged; /* Keys looked at for merging so far. */
};

/* Adds the keys of a mapping, or of a list of mappings, that are not there yet; looks at no
   more than `budget` keys in all. 0, or -1 with *err. */
int mapping_merge(struct mapping *into, const struct node *from, uint32_t budget,
                  struct err *err);

#endif
