#include "catalogue/formats.h"

#include "base/units.h"
#include "catalogue/catalogue.h"
#include "catalogue/thermal.h"

#include <string.h>

enum { THREADS_PER_BLOCK = 256 };

#define COLUMN(text, of_kind, at) .name = (text), .kind = COLUMN_##of_kind, .offset = (at)

/* clang-format off */
#define DEVICE(field) offsetof(struct catalogue_device, field)
static const struct column device_columns[] = {
    { COLUMN("name", TEXT, DEVICE(device.name)), .required = true, .key = true },
    { COLUMN("gpu", TEXT, DEVICE(board)), .required = true },
    { COLUMN("aliases", TEXT, DEVICE(aliases)) },
    { COLUMN("architecture", TEXT, DEVICE(architecture)) },
    { COLUMN("die", TEXT, DEVICE(die)) },
    { COLUMN("sm_count", COUNT, DEVICE(device.sms)) },
    { .name = "cuda_cores", .kind = COLUMN_SKIP },
    { COLUMN("threads_per_sm", COUNT, DEVICE(device.blocks_per_sm)) },
    { COLUMN("memory_mib", MIB, DEVICE(device.memory_bytes)), .required = true },
    { COLUMN("memory_type", TEXT, DEVICE(memory_type)) },
    { COLUMN("mem_bandwidth_gbps", GIGA, DEVICE(device.bandwidth_bytes)) },
    { COLUMN("boost_mhz", COUNT, DEVICE(clock_mhz)) },
    { .name = "fp32_tflops", .kind = COLUMN_SKIP },
    { COLUMN("tdp_w", COUNT, DEVICE(power_w)) },
    { COLUMN("ecc", YES, DEVICE(device.ecc)) },
    { COLUMN("copy_engines", COUNT, DEVICE(copy_engines)) },
    { COLUMN("nvenc", COUNT, DEVICE(encoders)) },
    { COLUMN("nvdec", COUNT, DEVICE(decoders)) },
    { COLUMN("mig", YES, DEVICE(has_mig)) },
    { COLUMN("mig_max_instances", COUNT, DEVICE(mig_instances_max)) },
    { COLUMN("class", TEXT, DEVICE(segment)) },
    { COLUMN("vgpu_supported", TEXT, DEVICE(vgpu_supported)) },
    { COLUMN("mixed_sizes", YES, DEVICE(device.mixed_sizes)) },
    { COLUMN("unlocks_as", TEXT, DEVICE(passes_for)) },
    { COLUMN("pci_device_id", HEX, DEVICE(pci_id)) },
    { COLUMN("pci_id_confirmed_by", TEXT, DEVICE(pci_source)) },
    { COLUMN("spec_source", TEXT, DEVICE(source)) },
    { COLUMN("note", TEXT, DEVICE(note)) },
};

static const char *const backings[] = { "time-sliced", "MIG", "MIG time-sliced", NULL };

#define TYPE(field) offsetof(struct vgpu_type, field)
static const struct column vgpu_type_columns[] = {
    { COLUMN("gpu", TEXT, TYPE(board)), .required = true },
    { COLUMN("type", TEXT, TYPE(name)), .required = true, .key = true },
    { COLUMN("series", LETTER, TYPE(series)), .required = true },
    { COLUMN("framebuffer_mib", MIB, TYPE(framebuffer_bytes)), .required = true },
    { COLUMN("guest_fb_mib", MIB, TYPE(guest_bytes)) },
    { COLUMN("fb_reservation_mib", MIB, TYPE(reservation_bytes)) },
    { COLUMN("max_instances_per_gpu", COUNT, TYPE(vms_max)), .required = true },
    { COLUMN("max_instances_mixed_size", COUNT, TYPE(vms_max_mixed)) },
    { COLUMN("max_instances_per_gi", COUNT, TYPE(vms_max_instance)) },
    { .name = "gpus_per_board", .kind = COLUMN_SKIP },
    { COLUMN("displays", COUNT, TYPE(displays)) },
    { COLUMN("max_resolution", TEXT, TYPE(resolution_max)) },
    { COLUMN("max_pixels", LARGE, TYPE(pixels_max)) },
    { COLUMN("frl_fps", COUNT, TYPE(frl_fps)) },
    { COLUMN("frl_enabled", KNOWN, TYPE(frl_enabled)) },
    { COLUMN("cuda", KNOWN, TYPE(cuda)) },
    { COLUMN("ecc", KNOWN, TYPE(ecc)) },
    { .name = "multi_vgpu_per_vm", .kind = COLUMN_SKIP },
    { .name = "multi_vgpu_exclusive", .kind = COLUMN_SKIP },
    { COLUMN("encoder_capacity_pct", COUNT, TYPE(encoder_percent)) },
    { COLUMN("gsp_heap_mib", MIB, TYPE(gsp_heap_bytes)) },
    { COLUMN("backing", WORD, TYPE(backing)), .words = backings },
    { COLUMN("mig_slices", COUNT, TYPE(mig_slices)) },
    { COLUMN("license", TEXT, TYPE(licence)) },
    { COLUMN("type_id", COUNT, TYPE(type_id)) },
    { .name = "pgpu_device_id", .kind = COLUMN_SKIP },
    { .name = "vgpu_subsystem_id", .kind = COLUMN_SKIP },
    { COLUMN("derived", YES, TYPE(derived)) },
    { COLUMN("source", TEXT, TYPE(source)), .required = true },
};

#define PLACEMENT(field) offsetof(struct vgpu_placement, field)
static const struct column vgpu_placement_columns[] = {
    { COLUMN("gpu_fb_gib", COUNT, PLACEMENT(gpu_gib)), .required = true, .key = true },
    { COLUMN("architecture_group", TEXT, PLACEMENT(architectures)), .required = true,
      .key = true },
    { COLUMN("vgpu_fb_mib", MIB, PLACEMENT(framebuffer_bytes)), .required = true, .key = true },
    { COLUMN("placement_size", COUNT, PLACEMENT(size)), .required = true },
    { COLUMN("max_equal_size", COUNT, PLACEMENT(vms_max)), .required = true },
    { COLUMN("max_mixed_size", COUNT, PLACEMENT(vms_max_mixed)), .required = true },
    { COLUMN("placement_ids", LIST, PLACEMENT(ids)), .required = true,
      .list_max = VGPU_PLACEMENTS_MAX, .list_count_offset = PLACEMENT(id_count) },
    { COLUMN("source", TEXT, PLACEMENT(source)), .required = true },
};

static const char *const verified_words[] = { "yes", "partly", "derived", NULL };

#define PROFILE(field) offsetof(struct mig_profile, field)
static const struct column mig_profile_columns[] = {
    { COLUMN("gpu", TEXT, PROFILE(board)), .required = true, .key = true },
    { COLUMN("profile", TEXT, PROFILE(name)), .required = true, .key = true },
    { COLUMN("compute_slices", COUNT, PROFILE(compute_slices)), .required = true },
    { COLUMN("memory_slices", COUNT, PROFILE(memory_slices)) },
    { COLUMN("memory_mib", MIB, PROFILE(memory_bytes)) },
    { COLUMN("sm_count", COUNT, PROFILE(sms)) },
    { COLUMN("copy_engines", COUNT, PROFILE(copy_engines)) },
    { COLUMN("nvdec", COUNT, PROFILE(decoders)) },
    { COLUMN("nvenc", COUNT, PROFILE(encoders)) },
    { COLUMN("nvjpg", COUNT, PROFILE(jpeg_decoders)) },
    { COLUMN("ofa", COUNT, PROFILE(optical_flow)) },
    { COLUMN("max_instances", COUNT, PROFILE(instances_max)), .required = true },
    { COLUMN("placement_starts", LIST, PROFILE(starts)), .required = true,
      .list_max = MIG_STARTS_MAX, .list_count_offset = PROFILE(start_count) },
    { COLUMN("placement_size", COUNT, PROFILE(size)), .required = true },
    { COLUMN("profile_id", TEXT, PROFILE(profile_id)) },
    { COLUMN("requires", TEXT, PROFILE(requires)) },
    { COLUMN("verified", WORD, PROFILE(verified)), .required = true, .words = verified_words },
    { COLUMN("source", TEXT, PROFILE(source)), .required = true },
    { COLUMN("note", TEXT, PROFILE(note)) },
};

static const char *const unlock_kinds[] = { "rule", "device", NULL };

#define UNLOCK(field) offsetof(struct unlock_entry, field)
static const struct column unlock_columns[] = {
    { COLUMN("kind", WORD, UNLOCK(kind)), .required = true, .key = true,
      .words = unlock_kinds },
    { COLUMN("id_low", HEX, UNLOCK(id_low)), .required = true, .key = true },
    { COLUMN("id_high", HEX, UNLOCK(id_high)), .required = true, .key = true },
    { COLUMN("name", TEXT, UNLOCK(name)), .key = true },
    { COLUMN("die", TEXT, UNLOCK(die)) },
    { COLUMN("architecture", TEXT, UNLOCK(architecture)) },
    { COLUMN("spoofed_card", TEXT, UNLOCK(passes_for)) },
    { COLUMN("spoofed_device_id", HEX, UNLOCK(passes_for_id)) },
    { COLUMN("spoofed_subsystem_id", TEXT, UNLOCK(passes_for_subsystem)) },
    { COLUMN("works", TEXT, UNLOCK(works)) },
    { .name = "community_driver_branch", .kind = COLUMN_SKIP },
    { COLUMN("note", TEXT, UNLOCK(note)) },
    { COLUMN("source", TEXT, UNLOCK(source)), .required = true },
};

#define MEASURED(field) offsetof(struct measured, field)
static const struct column measured_columns[] = {
    { COLUMN("device", TEXT, MEASURED(device)), .required = true, .key = true },
    { COLUMN("key", TEXT, MEASURED(key)), .required = true, .key = true },
    { COLUMN("value", NUMBER, MEASURED(value)), .required = true },
    { COLUMN("unit", TEXT, MEASURED(unit)) },
    { COLUMN("source", TEXT, MEASURED(source)), .required = true },
};
/* clang-format on */

/* Volta brought more clients, and shares. */
static uint32_t mps_clients_max(const char *architecture)
{
    static const char *const earlier[] = { "Kepler", "Maxwell", "Pascal" };

    for (size_t i = 0; i < ARRAY_LEN(earlier); i++) {
        if (strcmp(architecture, earlier[i]) == 0) {
            return MPS_CLIENTS_MAX_BEFORE;
        }
    }
    return MPS_CLIENTS_MAX;
}

static int finish_device(void *row, struct place place, struct err *err)
{
    struct catalogue_device *found = row;
    struct device *device = &found->device;
    (void)place;
    (void)err;

    device->blocks_per_sm /= THREADS_PER_BLOCK;
    /* Every GPU of the table can copy; where nobody says with how many engines, one is what
       is certain. Beyond two, the rest would serve directions that a job does not have. */
    device->copy_engines = found->copy_engines >= 2 ? 2 : 1;
    device->mps_clients_max = mps_clients_max(found->architecture);
    found->has_vgpu = strcmp(found->vgpu_supported, "yes") == 0;
    found->remembered = strstr(found->source, "memory") != NULL;
    if (found->passes_for[0] == '\0') {
        found->passes_for = NULL;
    }
    return 0;
}

static int finish_vgpu_type(void *row, struct place place, struct err *err)
{
    struct vgpu_type *type = row;
    const char *space = strrchr(type->name, ' ');

    if (type->backing == VGPU_MIG_TIME_SLICED && type->vms_max_instance == 0) {
        return err_at(err, place,
                      "max_instances_per_gi is empty; a type that is backed by a "
                      "MIG instance and time-sliced needs it");
    }
    type->profile = space ? space + 1 : type->name;
    return 0;
}

static int finish_mig_profile(void *row, struct place place, struct err *err)
{
    const struct mig_profile *profile = row;
    uint32_t last = profile->starts[profile->start_count - 1];

    if (profile->size > MIG_AXIS_MAX || last + profile->size > MIG_AXIS_MAX) {
        return err_at(err, place, "profile %s ends behind slice %d of the placement axis",
                      profile->name, MIG_AXIS_MAX);
    }
    return 0;
}

static int finish_unlock(void *row, struct place place, struct err *err)
{
    const struct unlock_entry *entry = row;

    if (entry->id_low > entry->id_high) {
        return err_at(err, place, "id_low is 0x%x, which is above id_high 0x%x", entry->id_low,
                      entry->id_high);
    }
    return 0;
}

static int finish_thermal(void *row, struct place place, struct err *err)
{
    return thermal_check_row(row, place, err);
}

#define COLUMNS(list) .columns = (list), .column_count = ARRAY_LEN(list)

const struct table_format catalogue_formats[TABLE_COUNT] = {
    [TABLE_DEVICES] = { .file = "gpus.csv",
                        COLUMNS(device_columns),
                        .row_size = sizeof(struct catalogue_device),
                        .group_offset = DEVICE(device.name),
                        .finish = finish_device },
    [TABLE_VGPU_TYPES] = { .file = "vgpu_types.csv",
                           COLUMNS(vgpu_type_columns),
                           .row_size = sizeof(struct vgpu_type),
                           .group_offset = TYPE(board),
                           .finish = finish_vgpu_type },
    [TABLE_VGPU_PLACEMENTS] = { .file = "vgpu_placements.csv",
                                COLUMNS(vgpu_placement_columns),
                                .row_size = sizeof(struct vgpu_placement),
                                .group_offset = PLACEMENT(architectures) },
    [TABLE_MIG_PROFILES] = { .file = "mig_profiles.csv",
                             COLUMNS(mig_profile_columns),
                             .row_size = sizeof(struct mig_profile),
                             .group_offset = PROFILE(board),
                             .finish = finish_mig_profile },
    [TABLE_UNLOCK] = { .file = "unlock_map.csv",
                       COLUMNS(unlock_columns),
                       .row_size = sizeof(struct unlock_entry),
                       .group_offset = UNLOCK(passes_for),
                       .finish = finish_unlock },
    [TABLE_MEASURED] = { .file = "measured.csv",
                         COLUMNS(measured_columns),
                         .row_size = sizeof(struct measured),
                         .group_offset = MEASURED(device) },
    [TABLE_THERMAL] = { .file = "thermal.csv",
                        COLUMNS(measured_columns),
                        .row_size = sizeof(struct measured),
                        .group_offset = MEASURED(device),
                        .finish = finish_thermal },
};
