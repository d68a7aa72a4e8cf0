/*
 * rotation.h - the queue of ready VMs that round-robin policies turn round.
 *
 * A VM is in it at most once. Everything takes constant time. The memory is part of the
 * policy's state.
 */
#ifndef SIM_POLICY_ROTATION_H
#define SIM_POLICY_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rotation {
    struct {
        uint32_t next, previous; /* Item + 1; 0: none. */
        bool in;
    } * links;     /* [capacity]; the caller's memory, zeroed. */
    uint32_t head; /* Item + 1; 0: empty. */
    uint32_t tail;
};

/* Bytes that links need for items 0..capacity-1. */
size_t rotation_links_size(uint32_t capacity);

bool rotation_is_empty(const struct rotation *rotation);
bool rotation_has(const struct rotation *rotation, uint32_t item);

/* Puts an item, which is not in it, at the end or at the front. */
void rotation_put_last(struct rotation *rotation, uint32_t item);
void rotation_put_first(struct rotation *rotation, uint32_t item);

/* Takes the front out; the rotation must not be empty. */
uint32_t rotation_take_first(struct rotation *rotation);

/* Takes an item out if it is in. */
void rotation_remove(struct rotation *rotation, uint32_t item);

#endif
