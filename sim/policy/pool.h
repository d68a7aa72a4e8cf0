/*
 * pool.h - a set of VMs that can be gone through, each put in and taken out in constant time.
 *
 * Taking one out puts the last one in its place, so the order is no order to rely on: a choice
 * among the VMs of a pool must break ties by VM index. The memory is part of the policy's
 * state.
 */
#ifndef SIM_POLICY_POOL_H
#define SIM_POLICY_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
    uint32_t count;
    uint32_t *items; /* [count]: who is in it. */
    uint32_t *where; /* By item: its position + 1; 0: not in it. */
};

/* Bytes of memory for items 0..capacity-1. */
static inline size_t pool_memory_size(uint32_t capacity)
{
    return 2 * (size_t)capacity * sizeof(uint32_t);
}

/* Prepares an empty pool in zeroed memory of pool_memory_size(capacity) bytes. */
static inline void pool_init(struct pool *pool, void *memory, uint32_t capacity)
{
    *pool = (struct pool){ .items = memory, .where = (uint32_t *)memory + capacity };
}

/* Puts an item in, if it is not. */
static inline void pool_put(struct pool *pool, uint32_t item)
{
    if (pool->where[item] == 0) {
        pool->items[pool->count++] = item;
        pool->where[item] = pool->count;
    }
}

/* Takes an item out, if it is in. */
static inline void pool_remove(struct pool *pool, uint32_t item)
{
    uint32_t at = pool->where[item];

    if (at > 0) {
        uint32_t last = pool->items[--pool->count];
        pool->items[at - 1] = last;
        pool->where[last] = at;
        pool->where[item] = 0;
    }
}

#endif
