/*
 * explain.c - describe_name: all that is known of one entry, and how well.
 */
#include "base/units.h"
#include "catalogue/describe.h"
#include "catalogue/explain_unlock.h"
#include "catalogue/memory.h"
#include "catalogue/tables.h"

#include <inttypes.h>
#include <string.h>

enum { WIDTH = 80, LABEL_WIDTH = 15 };

static void put_label(struct text *text, const char *label)
{
    text_printf(text, "  %-*s ", LABEL_WIDTH - 3, label);
}

static void put_bytes(struct text *text, int64_t bytes)
{
    if (bytes >= GIB) {
        text_printf(text, "%.4g GiB", (double)bytes / (double)GIB);
    } else {
        text_printf(text, "%.4g MiB", (double)bytes / (double)MIB);
    }
}

/* A line `label count`, or "not known". */
static void put_count_line(struct text *text, const char *label, uint32_t count)
{
    put_label(text, label);
    if (count > 0) {
        text_printf(text, "%" PRIu32 "\n", count);
    } else {
        text_put(text, "not known\n");
    }
}

static void put_text_line(struct text *text, const char *label, const char *words)
{
    if (words[0] != '\0') {
        put_label(text, label);
        text_printf(text, "%s\n", words);
    }
}

static double ms_of(nsec time)
{
    return (double)time / (double)MSEC;
}

/* ---------------------------------------------------------------------------------- device */

static void put_engines(struct text *text, const struct catalogue_device *device)
{
    put_label(text, "engines");
    text_put(text, "compute");
    if (device->copy_engines > 0) {
        text_printf(text, ", %" PRIu32 " copy (%" PRIu32 " modelled)", device->copy_engines,
                    device->device.copy_engines);
    } else {
        text_put(text, ", copy (how many is not known; 1 assumed)");
    }
    text_printf(text, ", %" PRIu32 " encode, %" PRIu32 " decode\n", device->encoders,
                device->decoders);
}

static void put_sharing(struct text *text, const struct device *device)
{
    put_label(text, "switch");
    if (device->has_switch) {
        text_printf(text, "preempt %.6gms, idle %.6gms, restore %.6gms (measured)\n",
                    ms_of(device->switch_cost.preempt_ns), ms_of(device->switch_cost.idle_ns),
                    ms_of(device->switch_cost.restore_ns));
    } else {
        text_put(text, "not measured; the scenario language has a default\n");
    }
    put_label(text, "slice");
    if (device->slice_ns > 0) {
        text_printf(text, "%.7gms (measured, contexts without a vGPU)\n",
                    ms_of(device->slice_ns));
    } else {
        text_put(text, "not measured\n");
    }
}

/* How many of each series the device takes, and where they come from. */
static void put_vgpu_types(struct text *text, struct catalogue *catalogue,
                           const struct catalogue_device *device)
{
    size_t count;
    size_t taken = 0;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);

    for (size_t i = 0; i < count; i++) {
        taken += catalogue_vgpu_fits(device, &types[i]);
    }
    put_label(text, "vGPU types");
    text_printf(text, "%zu", taken);
    if (device->passes_for) {
        text_printf(text, ", when unlocked, as a %s and as far as its memory goes",
                    device->passes_for);
    }
    text_printf(text, "%s\n", device->device.mixed_sizes ? ", sizes may be mixed" : "");
}

static void put_mig_names(struct text *text, struct catalogue *catalogue,
                          const struct catalogue_device *device)
{
    size_t count;
    const struct mig_profile *profiles = catalogue_mig_profiles(catalogue, device, &count);

    if (count == 0) {
        return;
    }
    put_label(text, "MIG");
    for (size_t i = 0; i < count; i++) {
        text_printf(text, "%s%s", i ? ", " : "", profiles[i].name);
    }
    text_put(text, "\n");
}

static void put_rows(struct text *text, struct catalogue *catalogue, enum table_id id,
                     const struct catalogue_device *device)
{
    const struct table *measured = tables_get(catalogue, id);

    for (size_t i = 0; i < measured->count; i++) {
        const struct measured *row = table_row(measured, i);
        if (strcmp(row->device, device->device.name) == 0) {
            put_label(text, id == TABLE_MEASURED ? "measured" : "thermal");
            text_printf(text, "%s %.12g: %s\n", row->key, row->value, row->source);
        }
    }
}

static void put_device(struct text *text, struct catalogue *catalogue,
                       const struct catalogue_device *found)
{
    const struct device *device = &found->device;

    text_printf(text, "%s: device, %s, %s %s, %s\n", device->name, found->board,
                found->architecture, found->die, found->segment);
    put_text_line(text, "also", found->aliases);
    put_count_line(text, "SMs", device->sms);
    put_label(text, "memory");
    put_bytes(text, device->memory_bytes);
    text_printf(text, "%s%s", found->memory_type[0] ? " of " : "", found->memory_type);
    text_put(text, device->ecc ? ", with ECC\n" : ", without ECC\n");
    put_label(text, "bandwidth");
    if (device->bandwidth_bytes > 0) {
        text_printf(text, "%.6g GB/s\n", (double)device->bandwidth_bytes / 1e9);
    } else {
        text_put(text, "not known\n");
    }
    put_engines(text, found);
    put_sharing(text, device);
    put_vgpu_types(text, catalogue, found);
    explain_unlock(text, catalogue, found);
    put_mig_names(text, catalogue, found);
    put_label(text, "source");
    text_printf(text, "%s%s\n", found->source,
                found->remembered ? " (written down from memory: for models of relative "
                                    "speed, not for citation)"
                                  : "");
    if (found->pci_id > 0) {
        put_label(text, "PCI id");
        text_printf(text, "0x%04" PRIx32 " (%s)\n", found->pci_id, found->pci_source);
    }
    put_rows(text, catalogue, TABLE_MEASURED, found);
    put_rows(text, catalogue, TABLE_THERMAL, found);
    put_text_line(text, "note", found->note);
}

/* -------------------------------------------------------------------------------- vGPU type */

static const char *answer(enum known known)
{
    static const char *const words[] = { "not known", "no", "yes" };
    return words[known];
}

static void put_maxima(struct text *text, const struct vgpu_type *type)
{
    uint32_t sharers = vgpu_sharers_max(type);

    put_label(text, "maximum");
    text_printf(text, "%" PRIu32 " per GPU", type->vms_max);
    if (type->vms_max_mixed > 0) {
        text_printf(text, ", %" PRIu32 " with mixed sizes", type->vms_max_mixed);
    }
    if (type->vms_max_instance > 0) {
        text_printf(text, ", %" PRIu32 " per MIG instance", type->vms_max_instance);
    }
    text_put(text, type->derived ? " (derived)\n" : "\n");
    put_label(text, "slice");
    text_printf(text,
                "%.6gms by the vendor's rule, %" PRIu32 " Hz under adaptive round robin\n",
                ms_of(vgpu_slice_ns(sharers)), vgpu_frequency_hz(sharers));
}

static void put_backing(struct text *text, const struct vgpu_type *type)
{
    put_label(text, "backed by");
    if (type->backing == VGPU_TIME_SLICED) {
        text_put(text, "the whole GPU, by turns\n");
        return;
    }
    text_printf(text, "a MIG instance of %" PRIu32 " compute slice%s, %s\n", type->mig_slices,
                type->mig_slices == 1 ? "" : "s",
                type->backing == VGPU_MIG ? "alone" : "by turns");
}

static void put_type_memory(struct text *text, const struct catalogue_device *device,
                            const struct vgpu_type *type)
{
    put_label(text, "memory");
    put_bytes(text, type->framebuffer_bytes);
    text_put(text, " on the host, ");
    if (type->guest_bytes > 0) {
        put_bytes(text, type->guest_bytes);
        text_put(text, " for the guest\n");
    } else {
        text_put(text, "for the guest not known\n");
    }
    put_label(text, "reserved");
    if (type->reservation_bytes > 0) {
        put_bytes(text, type->reservation_bytes + type->gsp_heap_bytes);
        text_put(text, " for the driver");
    } else {
        text_put(text, "not known");
    }
    if (device) {
        text_put(text, "; ");
        put_bytes(text, vgpu_kept_estimate(device, type));
        text_printf(text, " by the vendor's formula%s\n", device->device.ecc ? ", ECC on" : "");
    } else {
        text_put(text, "\n");
    }
}

/* Where it may lie beside vGPUs of other sizes. */
static void put_type_places(struct text *text, struct catalogue *catalogue,
                            const struct catalogue_device *device, const struct vgpu_type *type)
{
    const struct vgpu_placement *places =
        device ? catalogue_vgpu_placement(catalogue, device, type) : NULL;

    if (!places) {
        return;
    }
    put_label(text, "places");
    for (uint32_t i = 0; i < places->id_count; i++) {
        text_printf(text, "%s%" PRIu32, i ? ", " : "", places->ids[i]);
    }
    text_printf(text, " with mixed sizes (%s)\n", places->source);
}

static void put_type(struct text *text, struct catalogue *catalogue,
                     const struct vgpu_type *type)
{
    const struct catalogue_device *device = tables_device_of_board(catalogue, type->board);

    text_printf(text, "%s: vGPU type of %s (%s%s), written %s by the vendor\n", type->profile,
                type->board, device ? "device " : "not a device here",
                device ? device->device.name : "", type->name);
    put_type_memory(text, device, type);
    put_maxima(text, type);
    put_backing(text, type);
    put_type_places(text, catalogue, device, type);
    put_label(text, "displays");
    text_printf(text, "%" PRIu32 ", up to %s", type->displays, type->resolution_max);
    if (type->pixels_max > 0) {
        text_printf(text, ", %" PRId64 " pixels over all", type->pixels_max);
    }
    text_put(text, "\n");
    put_label(text, "frame limit");
    text_printf(text, "%" PRIu32 " frames/s under best effort, on: %s\n", type->frl_fps,
                answer(type->frl_enabled));
    put_label(text, "CUDA");
    text_printf(text, "%s; ECC: %s\n", answer(type->cuda), answer(type->ecc));
    if (type->encoder_percent > 0) {
        put_label(text, "encoders");
        text_printf(text, "%" PRIu32 " %% of the GPU's\n", type->encoder_percent);
    }
    put_text_line(text, "licence", type->licence);
    if (type->type_id > 0) {
        put_label(text, "type id");
        text_printf(text, "nvidia-%" PRIu32 "\n", type->type_id);
    }
    put_text_line(text, "source", type->source);
}

/* ------------------------------------------------------------------------------ MIG profile */

static void put_starts(struct text *text, const struct mig_profile *profile)
{
    put_label(text, "placement");
    text_printf(text, "%" PRIu32 " slice%s, from", profile->size,
                profile->size == 1 ? "" : "s");
    for (uint32_t i = 0; i < profile->start_count; i++) {
        text_printf(text, "%s %" PRIu32, i ? "," : "", profile->starts[i]);
    }
    text_printf(text, "; at most %" PRIu32 "\n", profile->instances_max);
}

static void put_profile(struct text *text, struct catalogue *catalogue,
                        const struct mig_profile *profile)
{
    static const char *const verified[] = { "read from a listing",
                                            "partly read, partly derived",
                                            "derived from a sibling board" };
    const struct catalogue_device *device = tables_device_of_board(catalogue, profile->board);

    text_printf(text, "%s: MIG profile of %s (%s%s)\n", profile->name, profile->board,
                device ? "device " : "not a device here", device ? device->device.name : "");
    put_count_line(text, "SMs", profile->sms);
    put_label(text, "memory");
    if (profile->memory_bytes > 0) {
        put_bytes(text, profile->memory_bytes);
        text_put(text, "\n");
    } else {
        text_put(text, "not known\n");
    }
    put_starts(text, profile);
    put_label(text, "engines");
    text_printf(text,
                "%" PRIu32 " copy, %" PRIu32 " encode, %" PRIu32 " decode, %" PRIu32
                " JPEG, %" PRIu32 " optical flow\n",
                profile->copy_engines, profile->encoders, profile->decoders,
                profile->jpeg_decoders, profile->optical_flow);
    put_text_line(text, "condition", profile->requires);
    put_label(text, "source");
    text_printf(text, "%s (%s)\n", profile->source, verified[profile->verified]);
    put_text_line(text, "note", profile->note);
}

/* Without regard to the width of lines. */
static bool put_name(struct catalogue *catalogue, const char *name, struct text *text)
{
    const struct catalogue_device *device = catalogue_find_device(catalogue, name);
    bool found = false;
    size_t count;

    if (device) {
        put_device(text, catalogue, device);
        return true;
    }
    const struct mig_profile *profiles = catalogue_mig_all(catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            put_profile(text, catalogue, &profiles[i]);
            found = true;
        }
    }
    const struct vgpu_type *type = found ? NULL : catalogue_find_vgpu_type(catalogue, name);
    if (type) {
        put_type(text, catalogue, type);
    }
    return found || type;
}

bool describe_name(struct catalogue *catalogue, const char *name, struct text *text)
{
    struct text lines;

    text_init(&lines);
    bool found = put_name(catalogue, name, &lines);
    text_put_wrapped(text, lines.bytes, WIDTH, LABEL_WIDTH);
    text_fini(&lines);
    return found;
}
