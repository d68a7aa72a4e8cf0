/* test_catalogue_data.c - the tables hold together: keys, boards, sums, marks. */
#include "base/arena.h"
#include "base/units.h"
#include "catalogue/catalogue.h"
#include "catalogue/memory.h"
#include "catalogue/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct catalogue catalogue;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    catalogue_init(&catalogue, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void keys_are_unique(void **state)
{
    static const size_t rows[TABLE_COUNT] = { 113, 960, 71, 127, 384, 9 };
    (void)state;

    for (enum table_id id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = tables_get(&catalogue, id);
        assert_true(table->count >= rows[id]);
        for (size_t i = 0; i < table->count; i++) {
            assert_int_equal(table_find_key(table, table_row(table, i), 0), i);
        }
    }
}

/* A name or an alias means one device only, and has the form that scenarios use. */
static void device_names_are_unique(void **state)
{
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        char words[256];
        size_t length = strlen(devices[i].device.name) + strlen(devices[i].aliases) + 1;
        assert_true(length < sizeof(words));
        strcpy(words, devices[i].device.name);
        strcat(words, " ");
        strcat(words, devices[i].aliases);
        for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
            assert_ptr_equal(catalogue_find_device(&catalogue, word), &devices[i]);
            assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                             strlen(word));
        }
        assert_true(i == 0 || strcmp(devices[i - 1].device.name, devices[i].device.name) < 0);
    }
}

static void devices_are_plausible(void **state)
{
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct device *device = &devices[i].device;
        if (strcmp(device->name, "l2") == 0) {
            continue; /* Nobody has said what it has. */
        }
        assert_in_range(device->sms, 1, 256);
        assert_in_range(device->memory_bytes, 2 * GIB, 192 * GIB);
        assert_true(device->bandwidth_bytes == 0 || device->bandwidth_bytes > 10 * SEC);
        assert_true(device->bandwidth_bytes < 10000 * SEC);
        assert_in_range(device->copy_engines, 1, 2);
        assert_in_range(device->blocks_per_sm, 4, 8);
        assert_true(devices[i].source[0] != '\0');
        assert_true(device->switch_cost.restore_ns <= device->switch_cost.idle_ns);
        assert_int_equal(devices[i].has_mig, devices[i].mig_instances_max > 0);
        if (devices[i].passes_for) {
            assert_non_null(tables_device_of_board(&catalogue, devices[i].passes_for));
            assert_false(devices[i].has_vgpu);
        }
    }
}

/* Boards that are known by their profiles only; see the data's README. */
static bool is_known_gap(const char *board)
{
    static const char *const gaps[] = { "A10M", "H100 SXM5 94GB", "GB200 186GB", "GB300 278GB",
                                        "B300 269GB" };
    for (size_t i = 0; i < ARRAY_LEN(gaps); i++) {
        if (strcmp(board, gaps[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void every_board_is_a_device(void **state)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct catalogue_device *device =
            tables_device_of_board(&catalogue, types[i].board);
        assert_int_equal(device == NULL, is_known_gap(types[i].board));
        assert_true(!device || device->has_vgpu);
    }
    const struct mig_profile *profiles = catalogue_mig_all(&catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_device *device =
            tables_device_of_board(&catalogue, profiles[i].board);
        assert_int_equal(device == NULL, is_known_gap(profiles[i].board));
        assert_true(!device || device->has_mig);
    }
}

/* A type's maximum fits the memory of its board: in equal size, as the vendor allows. */
static void vgpu_maxima_fit_the_memory(void **state)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct vgpu_type *type = &types[i];
        const struct catalogue_device *device = tables_device_of_board(&catalogue, type->board);
        assert_true(type->vms_max_mixed <= type->vms_max);
        assert_true(type->vms_max_instance <= VGPU_INSTANCE_MAX);
        assert_true(type->vms_max <= (type->mig_slices ? VGPU_GPU_MIG_MAX : VGPU_GPU_MAX));
        assert_true(type->guest_bytes <= type->framebuffer_bytes + 32 * MIB);
        assert_in_range(type->frl_fps, 30, 144);
        assert_non_null(strchr("QBAC", type->series));
        assert_true(type->licence[0] != '\0');
        assert_int_equal(type->backing == VGPU_TIME_SLICED, type->mig_slices == 0);
        if (device) {
            /* Nominal sizes reach above what the board reports, by less than 3 %: the maximum
               decides, not the sum. */
            wide taken = (wide)type->framebuffer_bytes * type->vms_max;
            assert_true(taken * 100 <= (wide)device->device.memory_bytes * 103);
        }
    }
}

static void vgpu_profile_names_are_unique(void **state)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(catalogue_find_vgpu_type(&catalogue, types[i].profile), &types[i]);
        assert_ptr_equal(catalogue_find_vgpu_type(&catalogue, types[i].name), &types[i]);
    }
}

static void mixed_sizes_are_as_the_types_say(void **state)
{
    size_t device_count;
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &device_count);
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < device_count; i++) {
        bool mixed = false;
        for (size_t k = 0; k < count; k++) {
            mixed |=
                types[k].vms_max_mixed > 0 && strcmp(types[k].board, devices[i].board) == 0;
        }
        assert_int_equal(devices[i].device.mixed_sizes, mixed);
    }
}

/* Ids of a size do not overlap each other, lie on the GPU, and are as many as allowed. */
static void placements_are_legal(void **state)
{
    const struct table *table = tables_get(&catalogue, TABLE_VGPU_PLACEMENTS);
    (void)state;

    for (size_t i = 0; i < table->count; i++) {
        const struct vgpu_placement *row = table_row(table, i);
        assert_int_equal(row->id_count, row->vms_max_mixed);
        assert_true(row->vms_max_mixed <= row->vms_max);
        assert_true((wide)row->size * GIB >= row->framebuffer_bytes);
        for (uint32_t k = 0; k < row->id_count; k++) {
            uint32_t next = k + 1 < row->id_count ? row->ids[k + 1] : row->gpu_gib;
            assert_true(row->ids[k] + row->size <= next);
        }
        assert_true(row->vms_max * row->size <= row->gpu_gib);
    }
}

/* mig-rules: starts lie on the axis, the maximum alone is what the starts allow. */
static void mig_starts_are_legal(void **state)
{
    size_t count;
    const struct mig_profile *profiles = catalogue_mig_all(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct mig_profile *profile = &profiles[i];
        bool rtx = strstr(profile->board, "RTX PRO 6000") != NULL;
        uint32_t axis = strcmp(profile->board, "A30") == 0 ? 4 : rtx ? 12 : 8;
        uint32_t held = 0;
        uint32_t free_from = 0;
        for (uint32_t k = 0; k < profile->start_count; k++) {
            assert_true(profile->starts[k] + profile->size <= axis);
            if (profile->starts[k] >= free_from) {
                held++;
                free_from = profile->starts[k] + profile->size;
            }
        }
        assert_true(profile->instances_max == held || profile->instances_max == 1);
        assert_true(profile->source[0] != '\0');
    }
}

static const struct mig_profile *profile_of(const char *device, const char *name)
{
    const struct mig_profile *found = NULL;
    struct err err;

    assert_int_equal(catalogue_mig_profile(&catalogue,
                                           catalogue_find_device(&catalogue, device), name,
                                           &found, &err),
                     0);
    return found;
}

/* The sums that the MIG rules name for A100 40GB and H100 80GB. */
static void mig_sums_are_as_published(void **state)
{
    static const struct {
        const char *device, *name;
        uint32_t sms, times, sum, mib, copy_engines;
    } rows[] = {
        { "a100-40gb", "1g.5gb", 14, 7, 98, 4864, 1 },
        { "a100-40gb", "1g.10gb", 14, 4, 56, 9856, 1 },
        { "a100-40gb", "2g.10gb", 28, 3, 84, 9856, 2 },
        { "a100-40gb", "3g.20gb", 42, 2, 84, 19968, 3 },
        { "a100-40gb", "4g.20gb", 56, 1, 56, 19968, 4 },
        { "a100-40gb", "7g.40gb", 98, 1, 98, 40192, 7 },
        { "h100-80gb", "1g.10gb", 16, 7, 112, 9984, 1 },
        { "h100-80gb", "1g.20gb", 26, 4, 104, 20096, 1 },
        { "h100-80gb", "2g.20gb", 32, 3, 96, 20096, 2 },
        { "h100-80gb", "3g.40gb", 60, 2, 120, 40448, 3 },
        { "h100-80gb", "4g.40gb", 64, 1, 64, 40448, 4 },
        { "h100-80gb", "7g.80gb", 132, 1, 132, 81152, 8 },
        { "h100-pcie-80gb", "3g.40gb", 46, 2, 92, 40448, 3 },
        { "h200-141gb", "1g.18gb", 16, 7, 112, 16384, 1 },
        { "h200-141gb", "1g.35gb", 26, 4, 104, 33280, 1 },
        { "h200-141gb", "3g.71gb", 60, 2, 120, 71424, 3 },
        { "h200-141gb", "7g.141gb", 132, 1, 132, 143360, 8 },
        { "a30", "1g.6gb", 14, 4, 56, 5952, 1 },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct mig_profile *profile = profile_of(rows[i].device, rows[i].name);
        assert_int_equal(profile->sms, rows[i].sms);
        assert_int_equal(profile->instances_max, rows[i].times);
        assert_int_equal(profile->sms * profile->instances_max, rows[i].sum);
        assert_int_equal(profile->memory_bytes, rows[i].mib * MIB);
        assert_int_equal(profile->copy_engines, rows[i].copy_engines);
    }
}

/* No instance has more than its GPU, and what is not known is marked as not verified. */
static void mig_profiles_fit_their_device(void **state)
{
    size_t count;
    const struct mig_profile *profiles = catalogue_mig_all(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct mig_profile *profile = &profiles[i];
        const struct catalogue_device *device =
            tables_device_of_board(&catalogue, profile->board);
        if (profile->sms == 0 || profile->memory_bytes == 0) {
            assert_int_not_equal(profile->verified, MIG_VERIFIED);
        }
        if (device) {
            assert_true(profile->sms <= device->device.sms);
            assert_true(profile->memory_bytes * profile->instances_max <=
                        device->device.memory_bytes);
            assert_true(profile->instances_max <= device->mig_instances_max);
        }
    }
}

static void unlocked_devices_agree_with_the_map(void **state)
{
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct unlock_entry *entry = catalogue_unlock(&catalogue, devices[i].pci_id);
        if (devices[i].passes_for) {
            assert_non_null(entry);
            assert_string_equal(entry->passes_for, devices[i].passes_for);
        }
    }
}

static void doubtful_figures_are_marked(void **state)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    const struct mig_profile *profiles;
    size_t derived = 0;
    (void)state;

    for (size_t i = 0; i < count; i++) {
        bool says_so = strstr(types[i].source, "floor(") || strstr(types[i].source, "derived");
        assert_true(types[i].derived || !says_so);
        derived += types[i].derived;
    }
    assert_int_equal(derived, 80);
    profiles = catalogue_mig_all(&catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        assert_true(profiles[i].verified != MIG_VERIFIED ||
                    !strstr(profiles[i].source, "analogy"));
    }
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(devices[i].remembered, strstr(devices[i].source, "memory") != NULL);
    }
}

/* What the driver keeps and what the guest sees are the size: exactly for all types that say
   both, but for twelve of 1 GiB whose parts are 32 MiB more. And before GPUs had a system
   processor the driver kept a sixteenth and 64 MiB. */
static void guest_and_reservation_are_the_size(void **state)
{
    size_t count;
    size_t exact = 0;
    size_t more = 0;
    size_t by_rule = 0;
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct vgpu_type *type = &types[i];
        int64_t parts = type->guest_bytes + type->reservation_bytes + type->gsp_heap_bytes;
        by_rule += type->reservation_bytes == type->framebuffer_bytes / 16 + 64 * MIB;
        if (type->guest_bytes > 0 && type->reservation_bytes + type->gsp_heap_bytes > 0) {
            exact += parts == type->framebuffer_bytes;
            more += parts == type->framebuffer_bytes + 32 * MIB;
        }
    }
    assert_int_equal(exact, 739);
    assert_int_equal(more, 12);
    assert_int_equal(by_rule, 568);
}

static int64_t kept_mib(const char *profile)
{
    const struct vgpu_type *type = catalogue_find_vgpu_type(&catalogue, profile);

    assert_non_null(type);
    return vgpu_kept_estimate(tables_device_of_board(&catalogue, type->board), type) / MIB;
}

/* size / 16 + 16 + ECC + 128 / maximum + compression, in MiB. */
static void vendors_estimate_has_its_parts(void **state)
{
    (void)state;
    assert_int_equal(kept_mib("T4-16C"), 1024 + 16 + 1024 + 128 + 28);
    assert_int_equal(kept_mib("T4-4C"), 256 + 16 + 256 + 32);
    assert_int_equal(kept_mib("RTX8000-48C"), 3072 + 16 + 3072 + 128 + 238);
    assert_int_equal(kept_mib("M10-1Q"), 64 + 16);           /* Maxwell, no ECC: 4 / 8. */
    assert_int_equal(kept_mib("V100-16C"), 1024 + 16 + 128); /* HBM2: ECC costs nothing. */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_unique),
        cmocka_unit_test(device_names_are_unique),
        cmocka_unit_test(devices_are_plausible),
        cmocka_unit_test(every_board_is_a_device),
        cmocka_unit_test(vgpu_maxima_fit_the_memory),
        cmocka_unit_test(vgpu_profile_names_are_unique),
        cmocka_unit_test(mixed_sizes_are_as_the_types_say),
        cmocka_unit_test(placements_are_legal),
        cmocka_unit_test(mig_starts_are_legal),
        cmocka_unit_test(mig_sums_are_as_published),
        cmocka_unit_test(mig_profiles_fit_their_device),
        cmocka_unit_test(unlocked_devices_agree_with_the_map),
        cmocka_unit_test(doubtful_figures_are_marked),
        cmocka_unit_test(guest_and_reservation_are_the_size),
        cmocka_unit_test(vendors_estimate_has_its_parts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
