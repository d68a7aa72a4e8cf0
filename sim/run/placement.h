/*
 * placement.h - which partition a VM gets, and when.
 *
 * Internal to run/; setup.h states the rule, and room.h what fits. Framebuffer is reserved for
 * as long as a VM is present.
 */
#ifndef SIM_RUN_PLACEMENT_H
#define SIM_RUN_PLACEMENT_H

#include "run/setup.h"

struct placement {
    uint32_t partition; /* UINT32_MAX: refused. */
    uint32_t place;     /* Its placement id with mixed sizes; UINT32_MAX: none. */
    nsec start_ns;      /* When it starts; later than wanted if it had to wait. */
    nsec stop_ns;       /* When it stops; earlier than wanted if it was evicted. */
};

/* Decides for every VM of setup->vms. 0, or -1 with the errors: VMs present at time 0 that do
   not fit, and VMs that fit no empty partition. Fills in the lives of MIG instances, and counts
   what was refused and evicted of them. */
int placement_decide(struct setup *setup, struct placement *placements,
                     struct err_list *errors);

#endif
