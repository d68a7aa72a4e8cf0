/*
 * memory.h - what of a vGPU's framebuffer its guest sees.
 *
 * The profile's size is what a vGPU takes on the host. The driver keeps a part of it; the
 * tables have that for most types. NVIDIA AI Enterprise's guide gives an upper estimate for any
 * type:
 *
 *     size / 16 + 16 MiB + ECC + page retirement + compression
 *
 * with ECC a sixteenth of the size where it is on and the memory is not HBM2, page retirement
 * 128 MiB (Maxwell: 4 MiB) by the type's maximum, and compression on types of 12 GiB and more
 * of Turing boards.
 */
#ifndef SIM_CATALOGUE_MEMORY_H
#define SIM_CATALOGUE_MEMORY_H

#include "catalogue/catalogue.h"

/* The upper estimate of what the driver keeps of a type's framebuffer on a device. */
int64_t vgpu_kept_estimate(const struct catalogue_device *device, const struct vgpu_type *type);

/* What the guest may use: as the tables say, else the size without the estimate. */
int64_t vgpu_guest_bytes(const struct catalogue_device *device, const struct vgpu_type *type);

#endif
