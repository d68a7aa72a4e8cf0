/*
 * room.h - what of a partition is taken, and whether one more VM fits.
 *
 * Internal to run/. Framebuffer is never oversold. For the vendor's profiles its maximum
 * decides, as long as all are of one size: their nominal sizes may add up to a little more than
 * the card has. On a GPU with mixed sizes (vgpu_sizes) each vGPU takes a range of the
 * framebuffer that begins at one of the places that the vendor's table gives its size: the
 * lowest that is free, or the one that the VM asks for. The driver's limits of 32 vGPUs on a
 * whole GPU, 48 on one with MIG and 12 on an instance hold whatever the memory.
 */
#ifndef SIM_RUN_ROOM_H
#define SIM_RUN_ROOM_H

#include "base/text.h"
#include "run/setup.h"

enum { ROOM_UNITS_MAX = 320 }; /* GiB of a GPU with mixed sizes. */

/* No place, where a place is expected. */
#define ROOM_NO_PLACE UINT32_MAX

/* What is taken of a partition. */
struct room {
    int64_t memory_bytes;    /* Reserved by the VMs present. */
    uint32_t vms;            /* Present. */
    uint32_t vendor_vms;     /* Of them, with a vendor's profile. */
    int64_t vendor_bytes;    /* Size of those; the last one's where sizes may mix. */
    bool is_whole;           /* One VM has the instance for itself. */
    uint32_t compute_slices; /* Of an instance, taken by compute instances. */
    uint64_t taken[ROOM_UNITS_MAX / 64]; /* With mixed sizes: a bit for each GiB. */
};

/* A VM that looks for room in a partition. */
struct guest {
    const struct vm_entry *vm;
    const struct partition *partition;
    const struct vgpu_placement
        *places;                 /* On a GPU with mixed sizes; NULL: its size has none. */
    uint32_t vgpus_beside;       /* On the other instances of the same GPU. */
    struct catalogue *catalogue; /* What may be asked for other types; NULL: nothing. */
};

/* Whether a VM may use a partition at all: by the names of GPU and instance that it gives, and
   by its profile. */
bool room_suits(const struct partition *partition, const struct setup *setup,
                const struct vm_entry *vm);

/* Why the guest does not fit now; NULL if it does. */
const char *room_obstacle(const struct room *room, const struct guest *guest);

/* Takes room for a guest that fits. Returns the place that it got, or ROOM_NO_PLACE. */
uint32_t room_take(struct room *room, const struct guest *guest);

/* Gives back what room_take took. */
void room_give(struct room *room, const struct guest *guest, uint32_t place);

/* Appends what would fit now instead, as ", 8 GiB free; L40S-8Q would fit". */
void room_put_alternative(const struct room *room, const struct guest *guest,
                          const struct gpu_entry *gpu, struct text *text);

#endif
