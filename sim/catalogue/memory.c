#include "catalogue/memory.h"

#include <string.h>

/* Beyond the others, in MiB. */
static const struct {
    const char *type;
    int64_t mib;
} compression[] = {
    { "T4-16C", 28 },        { "RTX6000-12C", 32 },  { "RTX6000-24C", 104 },
    { "RTX8000-12C", 32 },   { "RTX8000-16C", 64 },  { "RTX8000-24C", 96 },
    { "RTX8000-48C", 238 },  { "RTX6000P-12C", 32 }, { "RTX6000P-24C", 104 },
    { "RTX8000P-12C", 32 },  { "RTX8000P-16C", 64 }, { "RTX8000P-24C", 96 },
    { "RTX8000P-48C", 238 },
};

static int64_t compression_bytes(const struct vgpu_type *type)
{
    for (size_t i = 0; i < ARRAY_LEN(compression); i++) {
        if (strcmp(compression[i].type, type->profile) == 0) {
            return compression[i].mib * MIB;
        }
    }
    return 0;
}

int64_t vgpu_kept_estimate(const struct catalogue_device *device, const struct vgpu_type *type)
{
    bool is_maxwell = strcmp(device->architecture, "Maxwell") == 0;
    bool is_hbm = strncmp(device->memory_type, "HBM", 3) == 0;
    int64_t sixteenth = type->framebuffer_bytes / 16;

    return sixteenth + 16 * MIB + (device->device.ecc && !is_hbm ? sixteenth : 0) +
           (is_maxwell ? 4 : 128) * MIB / type->vms_max + compression_bytes(type);
}

int64_t vgpu_guest_bytes(const struct catalogue_device *device, const struct vgpu_type *type)
{
    return type->guest_bytes > 0 ? type->guest_bytes
                                 : type->framebuffer_bytes - vgpu_kept_estimate(device, type);
}
