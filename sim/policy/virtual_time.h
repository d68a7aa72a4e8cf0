/*
 * virtual_time.h - service divided by weight, without a remainder that gets lost.
 *
 * Virtual time is in nanoseconds at the weight VM_WEIGHT_ONE: a VM of weight 200 pays half a
 * nanosecond for each one that it runs. A year of service at weight 1 still fits.
 */
#ifndef SIM_POLICY_VIRTUAL_TIME_H
#define SIM_POLICY_VIRTUAL_TIME_H

#include "model/vm.h"

/* What ran_ns costs a VM of that weight (or all VMs of that sum of weights). *carry is what was
   left over before, below `weight`, and becomes what is left over now. */
static inline nsec virtual_time(nsec ran_ns, uint32_t weight, uint32_t *carry)
{
    nsec scaled = ran_ns * VM_WEIGHT_ONE + *carry;

    *carry = (uint32_t)(scaled % weight);
    return scaled / weight;
}

#endif
