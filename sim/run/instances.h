/*
 * instances.h - the life of MIG instances that are created and destroyed during a run.
 *
 * Internal to run/, and to placement.c in it. An instance is asked for at its `from`: it takes
 * its slices at once, if they are free, and is open to VMs when `create` has passed; if they
 * are not, it is refused, or waits in its GPU's queue, in the order in which instances were
 * asked for. From its `until` on it takes no more VMs; when the last has left, or when `drain`
 * is over and the rest are evicted, it is destroyed, and `destroy` later its slices are free.
 * One that still waits at its `until` is refused; one that waits at the end never came to be.
 *
 * The slices of an instance are its own from the moment they are taken to the moment they are
 * free. Without a start index it gets the highest start that is free (mig_first_fit): instances
 * never move, so holes may keep out what would fit an empty GPU.
 *
 * At one instant: VMs that stop, then slices that become free, then the ends of drains, then
 * instances that are given up, then those that are asked for, then those that open, then VMs
 * that start.
 */
#ifndef SIM_RUN_INSTANCES_H
#define SIM_RUN_INSTANCES_H

#include "engine/heap.h"
#include "run/setup.h"

#include <stdbool.h>

/* What the placement has to do after a step. */
enum instances_news {
    INSTANCES_NOTHING,
    INSTANCES_OPENED, /* One takes VMs from now on. */
    INSTANCES_EVICT,  /* The VMs in one must leave, now. */
};

struct instance_state;

struct instances {
    struct setup *setup;
    struct instance_state *states; /* By partition; NULL: none changes. */
    struct heap *due;              /* By partition: what happens next. */
};

/* All instances at time 0. Keeps the life of each up to date in setup->partitions. */
void instances_init(struct instances *instances, struct setup *setup, struct arena *arena);

/* Whether a partition takes VMs now. Whole GPUs always do; an instance that is given up at this
   instant does not. */
bool instances_is_open(const struct instances *instances, uint32_t partition, nsec now);

/* When something happens next; NSEC_MAX: never. */
nsec instances_next(const struct instances *instances);

/* It happens, at instances_next. *ret_partition says to which one, unless it is nothing. */
enum instances_news instances_step(struct instances *instances, uint32_t *ret_partition);

/* VMs move into a partition and out of it. */
void instances_enter(struct instances *instances, uint32_t partition);
void instances_leave(struct instances *instances, uint32_t partition, nsec now);

#endif
