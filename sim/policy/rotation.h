/*
 * rotation.h - the queue of ready VMs that round-robin policies turn round.
 *
 * A VM is in it at most once, so a ring of as many places as there are VMs never overflows.
 * Putting and taking take constant time, removing a VM that leaves takes linear time. The
 * memory is part of the policy's state.
 */
#ifndef SIM_POLICY_ROTATION_H
#define SIM_POLICY_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rotation {
    uint32_t *ring; /* The caller's memory. */
    uint32_t mask;  /* Places - 1. */
    uint32_t head;  /* Of the first; counts up for ever; the place is head & mask. */
    uint32_t tail;  /* Behind the last, likewise. */
};

/* Bytes of the ring for items 0..capacity-1. */
size_t rotation_ring_size(uint32_t capacity);

/* Prepares an empty rotation in a ring of rotation_ring_size(capacity) bytes. */
void rotation_init(struct rotation *rotation, void *ring, uint32_t capacity);

static inline uint32_t rotation_count(const struct rotation *rotation)
{
    return rotation->tail - rotation->head;
}

static inline bool rotation_is_empty(const struct rotation *rotation)
{
    return rotation->head == rotation->tail;
}

/* Puts an item, which is not in it, at the end or at the front. */
static inline void rotation_put_last(struct rotation *rotation, uint32_t item)
{
    rotation->ring[rotation->tail++ & rotation->mask] = item;
}

static inline void rotation_put_first(struct rotation *rotation, uint32_t item)
{
    rotation->ring[--rotation->head & rotation->mask] = item;
}

/* Takes the front out; the rotation must not be empty. */
static inline uint32_t rotation_take_first(struct rotation *rotation)
{
    return rotation->ring[rotation->head++ & rotation->mask];
}

/* The item at a position below the count; 0 is the front. */
static inline uint32_t rotation_at(const struct rotation *rotation, uint32_t position)
{
    return rotation->ring[(rotation->head + position) & rotation->mask];
}

/* Takes an item out if it is in. */
void rotation_remove(struct rotation *rotation, uint32_t item);

#endif
