/*
 * reach.h - the GPUs and MIG instances that a VM may go to, summed up.
 *
 * Internal to scenario/.
 */
#ifndef SIM_SCENARIO_REACH_H
#define SIM_SCENARIO_REACH_H

#include "scenario/scenario.h"

#include <stdbool.h>
#include <stdint.h>

struct reach {
    uint32_t partitions;
    bool any_mps;
    uint32_t replicas; /* Of one of them under mps; 0: of none. */
    const struct device
        *without_shares; /* One whose MPS knows no shares, under mps; or NULL. */
};

/* Of a VM that may go anywhere, and of any VM. */
struct reach reach_anywhere(const struct scenario *scenario);
struct reach reach_of(const struct scenario *scenario, const struct vm_entry *vm,
                      const struct reach *anywhere);

#endif
