#include "scenario/mapping.h"

#include <stdbool.h>
#include <string.h>

static bool has_key(const struct mapping *mapping, const struct node_key *key)
{
    for (uint32_t i = 0; i < mapping->count; i++) {
        if (mapping->keys[i].hash == key->hash &&
            strcmp(mapping->keys[i].name, key->name) == 0) {
            return true;
        }
    }
    return false;
}

static int merge_one(struct mapping *into, const struct node *from, uint32_t budget,
                     struct err *err)
{
    if (from->kind != NODE_MAP) {
        return err_at(err, from->place, "<< takes a mapping or a list of mappings");
    }
    into->merged += from->count;
    if (into->merged > budget) {
        return err_at(err, from->place, "too many values, with merged keys written out");
    }
    for (uint32_t i = 0; i < from->count; i++) {
        if (has_key(into, &from->keys[i])) {
            continue;
        }
        if (into->count == NODE_KEYS_MAX) {
            return err_at(err, from->place, "more than %d keys in one mapping", NODE_KEYS_MAX);
        }
        into->keys[into->count] = from->keys[i];
        into->items[into->count++] = from->items[i];
    }
    return 0;
}

int mapping_merge(struct mapping *into, const struct node *from, uint32_t budget,
                  struct err *err)
{
    if (from->kind != NODE_LIST) {
        return merge_one(into, from, budget, err);
    }
    for (uint32_t i = 0; i < from->count; i++) {
        if (merge_one(into, from->items[i], budget, err)) {
            return -1;
        }
    }
    return 0;
}
