#include "catalogue/describe.h"

#include "base/units.h"
#include "catalogue/tables.h"

#include <inttypes.h>
#include <string.h>

/* Memory as people say it: 80GiB, 4.75GiB, 512MiB. */
static void put_memory(struct text *text, int64_t bytes, int width)
{
    char unit = bytes >= GIB ? 'G' : 'M';
    double value = (double)bytes / (double)(bytes >= GIB ? GIB : MIB);
    struct text word;

    text_init(&word);
    if (bytes > 0) {
        text_printf(&word, "%.4g%ciB", value, unit);
    } else {
        text_put(&word, "-");
    }
    text_printf(text, "%*s", width, word.bytes);
    text_fini(&word);
}

/* A number, or - where it is not known. */
static void put_count(struct text *text, uint32_t count, int width)
{
    if (count > 0) {
        text_printf(text, "%*" PRIu32, width, count);
    } else {
        text_printf(text, "%*s", width, "-");
    }
}

/* --------------------------------------------------------------------------------- devices */

static const char *vgpu_word(const struct catalogue_device *device)
{
    return device->has_vgpu ? "vgpu" : device->passes_for ? "unlock" : "-";
}

void describe_devices(struct catalogue *catalogue, bool header, struct text *text)
{
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(catalogue, &count);

    if (header) {
        text_printf(text, "%-24s %4s %10s %9s %-4s %-7s %-9s %-7s %s\n", "NAME", "SMS",
                    "MEMORY", "GB/S", "MIG", "VGPU", "SWITCH", "FROM", "BOARD");
    }
    for (size_t i = 0; i < count; i++) {
        const struct device *device = &devices[i].device;
        text_printf(text, "%-24s ", device->name);
        put_count(text, device->sms, 4);
        put_memory(text, device->memory_bytes, 11);
        put_count(text, (uint32_t)(device->bandwidth_bytes / SEC), 10);
        text_printf(text, " %-4s %-7s %-9s %-7s %s\n", devices[i].has_mig ? "mig" : "-",
                    vgpu_word(&devices[i]), device->has_switch ? "measured" : "assumed",
                    devices[i].remembered ? "memory" : "source", devices[i].board);
    }
}

/* -------------------------------------------------------------------------------- profiles */

static const char *backing_word(enum vgpu_backing backing)
{
    static const char *const words[] = { "time-sliced", "mig", "mig-sliced" };
    return words[backing];
}

static void put_type_line(struct text *text, const struct vgpu_type *type, uint32_t vms_max)
{
    text_printf(text, "%-18s %-11s", type->profile, backing_word(type->backing));
    put_memory(text, type->framebuffer_bytes, 10);
    put_count(text, vms_max, 5);
    put_count(text, type->vms_max_mixed, 6);
    text_printf(text, "    - %-8s %s\n", type->derived ? "derived" : "table", type->board);
}

static void put_profile_line(struct text *text, const struct mig_profile *profile)
{
    static const char *const verified[] = { "read", "partly", "derived" };

    text_printf(text, "%-18s %-11s", profile->name, "instance");
    put_memory(text, profile->memory_bytes, 10);
    put_count(text, profile->instances_max, 5);
    text_printf(text, "%6s", "-");
    put_count(text, profile->sms, 5);
    text_printf(text, " %-8s %s\n", verified[profile->verified], profile->board);
}

int describe_profiles(struct catalogue *catalogue, const char *device, bool header,
                      struct text *text, struct err *err)
{
    const struct catalogue_device *only =
        device ? catalogue_find_device(catalogue, device) : NULL;
    size_t count;

    if (device && !only) {
        return catalogue_device(catalogue, device, &only, err);
    }
    if (header) {
        text_printf(text, "%-18s %-11s%10s%5s%6s%5s %-8s %s\n", "NAME", "KIND", "MEMORY", "MAX",
                    "MIXED", "SMS", "FROM", "BOARD");
    }
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        uint32_t vms_max = only ? catalogue_vms_max(only, &types[i]) : types[i].vms_max;
        if (vms_max > 0) {
            put_type_line(text, &types[i], vms_max);
        }
    }
    const struct mig_profile *profiles = catalogue_mig_all(catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        if (!only || strcmp(only->board, profiles[i].board) == 0) {
            put_profile_line(text, &profiles[i]);
        }
    }
    return 0;
}
