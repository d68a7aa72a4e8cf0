#include "catalogue/catalogue.h"

#include "base/assert.h"
#include "base/nearest.h"
#include "base/text.h"
#include "catalogue/tables.h"

#include <stdio.h>
#include <string.h>

static const void *first_row(const struct table *table, size_t *ret_count)
{
    *ret_count = table->count;
    return table->rows;
}

/* Whether `word` is one of the words in `list`, which spaces separate. */
static bool is_word_of(const char *word, const char *list)
{
    size_t length = strlen(word);

    for (const char *at = list; *at != '\0';) {
        size_t next = strcspn(at, " ");
        if (next == length && strncmp(at, word, length) == 0) {
            return length > 0;
        }
        at += next + (at[next] == ' ');
    }
    return false;
}

/* ------------------------------------------------------------------------------- devices */

const struct catalogue_device *catalogue_devices(struct catalogue *catalogue, size_t *ret_count)
{
    return first_row(tables_get(catalogue, TABLE_DEVICES), ret_count);
}

const struct catalogue_device *catalogue_find_device(struct catalogue *catalogue,
                                                     const char *name)
{
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(catalogue, &count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(devices[i].device.name, name) == 0 || is_word_of(name, devices[i].aliases)) {
            return &devices[i];
        }
    }
    return NULL;
}

/* Devices whose names begin with what was asked for, as a100 does for a100-40gb. */
static void put_family(struct text *text, struct catalogue *catalogue, const char *name)
{
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(catalogue, &count);
    size_t length = strlen(name);

    for (size_t i = 0; i < count && length > 0; i++) {
        if (strncmp(devices[i].device.name, name, length) == 0 &&
            devices[i].device.name[length] == '-') {
            text_printf(text, "%s%s", text->size ? ", " : "", devices[i].device.name);
        }
    }
}

static int refuse_device(struct catalogue *catalogue, const char *name, struct err *err)
{
    struct nearest nearest;
    struct text family;
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(catalogue, &count);

    nearest_init(&nearest, name);
    for (size_t i = 0; i < count; i++) {
        nearest_offer(&nearest, devices[i].device.name);
    }
    text_init(&family);
    put_family(&family, catalogue, name);
    if (family.size > 0) {
        (void)err_set(err, ERR_SCENARIO, "no device is called %.60s; there are %s", name,
                      family.bytes);
    } else if (nearest_best(&nearest)) {
        (void)err_set(err, ERR_SCENARIO, "no device is called \"%.60s\"; did you mean %s?",
                      name, nearest_best(&nearest));
    } else {
        (void)err_set(err, ERR_SCENARIO,
                      "no device is called \"%.60s\"; `vgpusim list devices` has all %zu", name,
                      count);
    }
    text_fini(&family);
    return -1;
}

int catalogue_device(struct catalogue *catalogue, const char *name,
                     const struct catalogue_device **ret, struct err *err)
{
    const struct catalogue_device *found = catalogue_find_device(catalogue, name);

    if (!found) {
        return refuse_device(catalogue, name, err);
    }
    if (found->device.sms == 0) {
        return err_set(err, ERR_SCENARIO,
                       "how many SMs %s has is not known; describe the device inline, or add "
                       "a row to a gpus.csv of your own (--catalogue)",
                       found->device.name);
    }
    *ret = found;
    return 0;
}

/* ----------------------------------------------------------------------------- vGPU types */

const struct vgpu_type *catalogue_vgpu_types(struct catalogue *catalogue, size_t *ret_count)
{
    return first_row(tables_get(catalogue, TABLE_VGPU_TYPES), ret_count);
}

/* The vendor's tables say GRID or NVIDIA in front of the same types, by release. */
static const char *without_brand(const char *profile)
{
    static const char *const brands[] = { "GRID ", "NVIDIA " };

    for (size_t i = 0; i < ARRAY_LEN(brands); i++) {
        size_t length = strlen(brands[i]);
        if (strncmp(profile, brands[i], length) == 0) {
            return profile + length;
        }
    }
    return profile;
}

const struct vgpu_type *catalogue_find_vgpu_type(struct catalogue *catalogue,
                                                 const char *profile)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);
    const char *plain = without_brand(profile);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(types[i].profile, plain) == 0 || strcmp(types[i].name, profile) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

bool catalogue_vgpu_fits(const struct catalogue_device *device, const struct vgpu_type *type)
{
    return catalogue_vms_max(device, type) > 0;
}

uint32_t catalogue_vms_max(const struct catalogue_device *device, const struct vgpu_type *type)
{
    if (!device->is_relabelled && strcmp(device->board, type->board) == 0) {
        return type->vms_max;
    }
    if (!device->passes_for || strcmp(device->passes_for, type->board) != 0) {
        return 0;
    }
    int64_t free = device->device.memory_bytes - device->reserve_bytes;
    int64_t held = free > 0 ? free / type->framebuffer_bytes : 0;
    return held < type->vms_max ? (uint32_t)held : type->vms_max;
}

/* A device without types of its own, and none that it passes for. */
static bool has_types(struct catalogue *catalogue, const struct catalogue_device *device)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);

    for (size_t i = 0; i < count; i++) {
        if (catalogue_vgpu_fits(device, &types[i])) {
            return true;
        }
    }
    return false;
}

static int refuse_unknown_type(struct catalogue *catalogue,
                               const struct catalogue_device *device, const char *profile,
                               struct err *err)
{
    struct nearest nearest;
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);

    nearest_init(&nearest, without_brand(profile));
    for (size_t i = 0; i < count; i++) {
        if (!device || catalogue_vgpu_fits(device, &types[i])) {
            nearest_offer(&nearest, types[i].profile);
        }
    }
    if (nearest_best(&nearest)) {
        return err_set(err, ERR_SCENARIO, "no vGPU type is called \"%.60s\"; did you mean %s?",
                       profile, nearest_best(&nearest));
    }
    return err_set(err, ERR_SCENARIO,
                   "no vGPU type is called \"%.60s\"; `vgpusim list profiles` has them all",
                   profile);
}

/* The device's own type of the same size and series: L40S-4Q for T4-4Q. */
static const struct vgpu_type *sibling(struct catalogue *catalogue,
                                       const struct catalogue_device *device,
                                       const struct vgpu_type *type)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);

    for (size_t i = 0; i < count; i++) {
        if (types[i].series == type->series && types[i].backing == type->backing &&
            types[i].framebuffer_bytes == type->framebuffer_bytes &&
            catalogue_vgpu_fits(device, &types[i])) {
            return &types[i];
        }
    }
    return NULL;
}

/* "8 P40-1Q, 4 P40-2Q or 1 P40-8Q": what of the type's series the device holds. */
static void put_what_fits(struct text *text, struct catalogue *catalogue,
                          const struct catalogue_device *device, const struct vgpu_type *like)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);

    for (size_t i = 0; i < count; i++) {
        const struct vgpu_type *type = &types[i];
        if (type->series == like->series && strcmp(type->board, like->board) == 0 &&
            type->backing == like->backing && catalogue_vgpu_fits(device, type)) {
            text_printf(text, "%s%u %s", text->size > 0 ? ", " : "",
                        catalogue_vms_max(device, type), type->profile);
        }
    }
}

/* One of the board that the unlocked card passes for, but too large for the card. */
static int refuse_large_type(struct catalogue *catalogue, const struct catalogue_device *device,
                             const struct vgpu_type *type, struct err *err)
{
    struct text fits;

    text_init(&fits);
    put_what_fits(&fits, catalogue, device, type);
    (void)err_set(err, ERR_SCENARIO,
                  "vGPU type %s takes %lld MiB; %s, which passes for a %s, has only %lld MiB "
                  "itself%s%s%s",
                  type->profile, (long long)(type->framebuffer_bytes / MIB),
                  device->device.name, device->passes_for,
                  (long long)((device->device.memory_bytes - device->reserve_bytes) / MIB),
                  fits.size > 0 ? "; of that series it holds " : ", which holds none of them",
                  fits.bytes ? fits.bytes : "", fits.size > 0 ? " (one of these)" : "");
    text_fini(&fits);
    return -1;
}

static int refuse_foreign_type(struct catalogue *catalogue,
                               const struct catalogue_device *device,
                               const struct vgpu_type *type, struct err *err)
{
    const struct catalogue_device *owner = tables_device_of_board(catalogue, type->board);
    const struct vgpu_type *own = sibling(catalogue, device, type);
    char has[160];
    const char *name = device->device.name;

    if (device->is_relabelled) {
        snprintf(has, sizeof(has), "; unlocked, it passes for a %s", device->passes_for);
    } else if (own) {
        snprintf(has, sizeof(has), "; that size of %s is %s", name, own->profile);
    } else if (!has_types(catalogue, device)) {
        snprintf(has, sizeof(has), "; %s has no vGPU types", name);
    } else {
        snprintf(has, sizeof(has), "; `vgpusim list profiles %s` has those of %s", name, name);
    }
    if (device->passes_for && strcmp(device->passes_for, type->board) == 0) {
        return refuse_large_type(catalogue, device, type, err);
    }
    return err_set(err, ERR_SCENARIO, "vGPU type %s is one of %s%s%s%s, not of %s%s",
                   type->profile, type->board, owner ? " (device " : "",
                   owner ? owner->device.name : "", owner ? ")" : "", name, has);
}

int catalogue_vgpu_type(struct catalogue *catalogue, const struct catalogue_device *device,
                        const char *profile, const struct vgpu_type **ret, struct err *err)
{
    const struct vgpu_type *type = catalogue_find_vgpu_type(catalogue, profile);

    if (!type) {
        return refuse_unknown_type(catalogue, device, profile, err);
    }
    if (device && !catalogue_vgpu_fits(device, type)) {
        return refuse_foreign_type(catalogue, device, type, err);
    }
    *ret = type;
    return 0;
}

uint32_t vgpu_sharers_max(const struct vgpu_type *type)
{
    switch (type->backing) {
    case VGPU_TIME_SLICED:
        return type->vms_max;
    case VGPU_MIG:
        return 1;
    case VGPU_MIG_TIME_SLICED:
        break;
    }
    return type->vms_max_instance;
}

nsec vgpu_slice_ns(uint32_t sharers_max)
{
    assert(sharers_max > 0);
    return sharers_max <= 8 ? 2 * MSEC : 1 * MSEC;
}

uint32_t vgpu_frequency_hz(uint32_t sharers_max)
{
    assert(sharers_max > 0);
    return sharers_max <= 8 ? 480 : 960;
}

/* ------------------------------------------------------------------- mixed-size placement */

/* From Blackwell on there is a rule instead of a table: id j of M is floor(region * j / M). */
static const struct vgpu_placement *ruled_placement(struct catalogue *catalogue,
                                                    const struct catalogue_device *device,
                                                    const struct vgpu_type *type)
{
    uint64_t region = (uint64_t)(device->device.memory_bytes / GIB);

    if (type->vms_max > VGPU_PLACEMENTS_MAX || type->framebuffer_bytes % GIB != 0) {
        return NULL;
    }
    struct vgpu_placement *placement = arena_take(catalogue->arena, 1, sizeof(*placement));
    *placement = (struct vgpu_placement){
        .gpu_gib = (uint32_t)region,
        .architectures = device->architecture,
        .framebuffer_bytes = type->framebuffer_bytes,
        .size = (uint32_t)(type->framebuffer_bytes / GIB),
        .vms_max = type->vms_max,
        .vms_max_mixed = type->vms_max,
        .id_count = type->vms_max,
        .source = "computed by the driver's rule for Blackwell and later",
    };
    for (uint32_t j = 0; j < type->vms_max; j++) {
        placement->ids[j] = (uint32_t)(region * j / type->vms_max);
    }
    return placement;
}

const struct vgpu_placement *catalogue_vgpu_placement(struct catalogue *catalogue,
                                                      const struct catalogue_device *device,
                                                      const struct vgpu_type *type)
{
    size_t count;
    const struct vgpu_placement *rows =
        first_row(tables_get(catalogue, TABLE_VGPU_PLACEMENTS), &count);

    if (!device->device.mixed_sizes || type->backing != VGPU_TIME_SLICED) {
        return NULL;
    }
    if (strcmp(device->architecture, "Blackwell") == 0) {
        return ruled_placement(catalogue, device, type);
    }
    for (size_t i = 0; i < count; i++) {
        if ((int64_t)rows[i].gpu_gib * GIB == device->device.memory_bytes &&
            rows[i].framebuffer_bytes == type->framebuffer_bytes &&
            is_word_of(device->architecture, rows[i].architectures)) {
            return &rows[i];
        }
    }
    return NULL;
}
