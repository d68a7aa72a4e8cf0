/* test_catalogue.c - looking things up, what is said when they are not there, and a user's
   own files. */
#include "base/arena.h"
#include "base/units.h"
#include "catalogue/catalogue.h"

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

static const struct catalogue_device *device_of(const char *name)
{
    const struct catalogue_device *found = NULL;
    struct err err = { 0 };

    assert_int_equal(catalogue_device(&catalogue, name, &found, &err), 0);
    return found;
}

/* The error of a failing lookup. */
static const char *device_error(const char *name)
{
    static struct err err;
    const struct catalogue_device *found = NULL;

    assert_int_equal(catalogue_device(&catalogue, name, &found, &err), -1);
    assert_null(found);
    assert_int_equal(err.kind, ERR_SCENARIO);
    return err.text;
}

static const char *type_error(const char *device, const char *profile)
{
    static struct err err;
    const struct vgpu_type *found = NULL;

    assert_int_equal(catalogue_vgpu_type(&catalogue, device_of(device), profile, &found, &err),
                     -1);
    assert_null(found);
    return err.text;
}

static void devices_are_found_by_name_and_alias(void **state)
{
    static const struct {
        const char *name, *board;
        uint32_t sms;
        int64_t memory_mib;
    } rows[] = {
        { "h100-80gb", "H100 SXM5 80GB", 132, 81920 },
        { "h100", "H100 SXM5 80GB", 132, 81920 },
        { "h200-141gb", "H200 SXM5 141GB", 132, 143771 },
        { "h200", "H200 SXM5 141GB", 132, 143771 },
        { "a100-40gb", "A100 SXM4 40GB", 108, 40960 },
        { "a100-80gb", "A100 SXM4 80GB", 108, 81920 },
        { "a30", "A30", 56, 24576 },
        { "t4", "Tesla T4", 40, 16384 },
        { "l40s", "L40S", 142, 49152 },
        { "gtx-1080", "GeForce GTX 1080", 20, 8192 },
        { "p40", "Tesla P40", 30, 24576 },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct catalogue_device *found = device_of(rows[i].name);
        assert_string_equal(found->board, rows[i].board);
        assert_int_equal(found->device.sms, rows[i].sms);
        assert_int_equal(found->device.memory_bytes, rows[i].memory_mib * MIB);
    }
    assert_null(catalogue_find_device(&catalogue, ""));
    assert_null(catalogue_find_device(&catalogue, " "));
    assert_null(catalogue_find_device(&catalogue, "h100 h100-sxm5-80gb"));
}

/* 2^21, but for what the clock does not tell. */
static void assert_slice(nsec slice_ns)
{
    assert_in_range(slice_ns, 2097000, 2097300);
}

static void measured_devices_have_costs(void **state)
{
    const struct device *h100 = &device_of("h100")->device;
    double value = -1;
    (void)state;

    assert_true(h100->has_switch);
    assert_slice(h100->slice_ns);
    assert_in_range(h100->switch_cost.preempt_ns, 150 * USEC, 264 * USEC);
    assert_in_range(h100->switch_cost.idle_ns, 90 * USEC, 150 * USEC);
    assert_in_range(h100->switch_cost.restore_ns, 6 * USEC, 63 * USEC);
    assert_in_range(h100->copy_bandwidth_bytes, 50 * SEC, 55 * SEC);
    assert_slice(device_of("h200")->device.slice_ns);
    assert_false(device_of("t4")->device.has_switch);
    assert_int_equal(device_of("t4")->device.slice_ns, 0);
    assert_true(catalogue_measured(&catalogue, "h100-80gb", "slice_ns", &value));
    assert_slice((nsec)value);
    assert_false(catalogue_measured(&catalogue, "h100-80gb", "colour", &value));
    assert_false(catalogue_measured(&catalogue, "t4", "slice_ns", &value));
    assert_slice((nsec)value);
}

static void measured_devices_have_traits_of_mps(void **state)
{
    const struct device *h100 = &device_of("h100")->device;
    const struct mig_profile *profile;
    struct device instance;
    struct err err;
    (void)state;

    assert_true(h100->mps.is_measured && device_of("h200")->device.mps.is_measured);
    assert_true(h100->mps.leak > 0.0 && h100->mps.leak < 0.1);
    assert_true(h100->mps.alone > 1.02 && h100->mps.alone < 1.05);
    assert_true(h100->mps.bend > 2.0 && h100->mps.tail < 1.0);
    assert_false(device_of("l40s")->device.mps.is_measured);
    /* What is assumed of others is what was measured of the H100. */
    assert_float_equal(h100->mps.leak, mps_assumed.leak, 0.001);
    assert_float_equal(h100->mps.alone, mps_assumed.alone, 0.001);
    assert_float_equal(h100->mps.latency, mps_assumed.latency, 0.001);
    assert_float_equal(h100->mps.bandwidth, mps_assumed.bandwidth, 0.001);
    assert_int_equal(h100->mps_clients_max, 48);
    assert_int_equal(device_of("quadro-gv100")->device.mps_clients_max, 48);
    assert_int_equal(device_of("p40")->device.mps_clients_max, 16);
    assert_int_equal(
        catalogue_mig_profile(&catalogue, device_of("h100"), "3g.40gb", &profile, &err), 0);
    assert_int_equal(
        catalogue_mig_device(&catalogue, device_of("h100"), profile, &instance, &err), 0);
    assert_int_equal(instance.mps_clients_max, 20); /* 48 * 3 / 7 */
    assert_true(instance.mps.is_measured);
}

static void unknown_devices_are_explained(void **state)
{
    (void)state;
    assert_string_equal(device_error("L40S"),
                        "no device is called \"L40S\"; did you mean l40s?");
    assert_string_equal(device_error("h100-80g"),
                        "no device is called \"h100-80g\"; did you mean h100-80gb?");
    assert_string_equal(device_error("a100"),
                        "no device is called a100; there are a100-40gb, a100-80gb, "
                        "a100-pcie-40gb, a100-pcie-80gb");
    assert_string_equal(device_error("voodoo2"), "no device is called \"voodoo2\"; "
                                                 "`vgpusim list devices` has all 113");
    assert_non_null(strstr(device_error(""), "has all"));
    assert_non_null(strstr(device_error("l2"), "how many SMs l2 has is not known"));
}

static void vgpu_types_are_found_with_and_without_brand(void **state)
{
    static const char *const names[] = { "L40S-8Q", "NVIDIA L40S-8Q", "GRID L40S-8Q" };
    const struct vgpu_type *type = NULL;
    struct err err;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(
            catalogue_vgpu_type(&catalogue, device_of("l40s"), names[i], &type, &err), 0);
        assert_string_equal(type->profile, "L40S-8Q");
        assert_int_equal(type->framebuffer_bytes, 8 * GIB);
        assert_int_equal(type->vms_max, 6);
        assert_int_equal(type->frl_fps, 60);
        assert_int_equal(type->series, 'Q');
    }
    assert_int_equal(catalogue_vgpu_type(&catalogue, NULL, "T4-4Q", &type, &err), 0);
    assert_string_equal(type->name, "GRID T4-4Q");
    assert_int_equal(type->vms_max, 4);
}

static void foreign_vgpu_types_are_explained(void **state)
{
    (void)state;
    assert_string_equal(
        type_error("l40s", "T4-4Q"),
        "vGPU type T4-4Q is one of Tesla T4 (device t4), not of l40s; that size "
        "of l40s is L40S-4Q");
    assert_string_equal(type_error("rtx-4090", "T4-4Q"),
                        "vGPU type T4-4Q is one of Tesla T4 (device t4), not of rtx-4090; "
                        "rtx-4090 has no vGPU types");
    assert_string_equal(type_error("t4", "L40S-48Q"),
                        "vGPU type L40S-48Q is one of L40S (device l40s), not of t4; "
                        "`vgpusim list profiles t4` has those of t4");
    assert_string_equal(type_error("l40s", "l40s-8q"),
                        "no vGPU type is called \"l40s-8q\"; did you mean L40S-8Q?");
    assert_string_equal(
        type_error("l40s", "large"),
        "no vGPU type is called \"large\"; `vgpusim list profiles` has them all");
}

/* A GTX 1080 passes for a P40 and has 8 GiB of its own. */
static void unlocked_cards_take_what_their_memory_holds(void **state)
{
    const struct catalogue_device *card = device_of("gtx-1080");
    const struct vgpu_type *type = NULL;
    struct err err;
    (void)state;

    assert_string_equal(card->passes_for, "Tesla P40");
    assert_int_equal(catalogue_vgpu_type(&catalogue, card, "P40-2Q", &type, &err), 0);
    assert_int_equal(type->vms_max, 12);
    assert_int_equal(catalogue_vms_max(card, type), 4);
    assert_int_equal(catalogue_vms_max(device_of("p40"), type), 12);
    assert_int_equal(catalogue_vms_max(device_of("t4"), type), 0);
    assert_string_equal(type_error("gtx-1080", "P40-24Q"),
                        "vGPU type P40-24Q takes 24576 MiB; gtx-1080, which passes for a Tesla "
                        "P40, has only 8192 MiB itself; of that series it holds 8 P40-1Q, 4 "
                        "P40-2Q, 2 P40-3Q, 2 P40-4Q, 1 P40-6Q, 1 P40-8Q (one of these)");
    assert_int_equal(catalogue_unlock(&catalogue, 0x1b80)->kind, UNLOCK_DEVICE);
    assert_string_equal(catalogue_unlock(&catalogue, 0x1b80)->passes_for, "Tesla P40");
    assert_int_equal(catalogue_unlock(&catalogue, 0x1b8f)->kind, UNLOCK_RULE);
    assert_null(catalogue_unlock(&catalogue, 0x0001));
}

static void vendor_slices_follow_the_maximum(void **state)
{
    (void)state;
    assert_int_equal(vgpu_slice_ns(1), 2 * MSEC);
    assert_int_equal(vgpu_slice_ns(8), 2 * MSEC);
    assert_int_equal(vgpu_slice_ns(9), 1 * MSEC);
    assert_int_equal(vgpu_sharers_max(catalogue_find_vgpu_type(&catalogue, "T4-1Q")), 16);
    assert_int_equal(vgpu_sharers_max(catalogue_find_vgpu_type(&catalogue, "DC-1-2Q")), 12);
    assert_int_equal(vgpu_sharers_max(catalogue_find_vgpu_type(&catalogue, "A100-1-5C")), 1);
    assert_int_equal(vgpu_frequency_hz(8), 480);
    assert_int_equal(vgpu_frequency_hz(9), 960);
}

static void mixed_placements_are_found(void **state)
{
    const struct vgpu_type *type = NULL;
    struct err err;
    (void)state;

    assert_int_equal(catalogue_vgpu_type(&catalogue, device_of("l40s"), "L40S-8Q", &type, &err),
                     0);
    const struct vgpu_placement *places =
        catalogue_vgpu_placement(&catalogue, device_of("l40s"), type);
    assert_non_null(places);
    assert_int_equal(places->id_count, 4);
    assert_int_equal(places->ids[1], 16);
    assert_int_equal(places->size, 8);
    assert_int_equal(catalogue_vgpu_type(&catalogue, device_of("t4"), "T4-4Q", &type, &err), 0);
    assert_null(catalogue_vgpu_placement(&catalogue, device_of("t4"), type));
}

static void mig_profiles_become_devices(void **state)
{
    const struct catalogue_device *h100 = device_of("h100");
    const struct mig_profile *profile = NULL;
    struct device instance;
    struct err err;
    (void)state;

    assert_int_equal(catalogue_mig_profile(&catalogue, h100, "3g.40gb", &profile, &err), 0);
    assert_int_equal(catalogue_mig_device(&catalogue, h100, profile, &instance, &err), 0);
    assert_string_equal(instance.name, "3g.40gb");
    assert_int_equal(instance.sms, 60);
    assert_int_equal(instance.memory_bytes, 40448 * MIB);
    assert_int_equal(instance.bandwidth_bytes, h100->device.bandwidth_bytes / 2);
    assert_int_equal(instance.copy_engines, 2);
    assert_int_equal(instance.slice_ns, h100->device.slice_ns);
    assert_int_equal(catalogue_mig_profile(&catalogue, h100, "1g.10gb", &profile, &err), 0);
    assert_int_equal(catalogue_mig_device(&catalogue, h100, profile, &instance, &err), 0);
    assert_int_equal(instance.copy_engines, 1);
    assert_int_equal(instance.bandwidth_bytes, h100->device.bandwidth_bytes / 8);

    assert_int_equal(catalogue_mig_profile(&catalogue, h100, "1g.5gb", &profile, &err), -1);
    assert_string_equal(err.text, "h100-80gb has no MIG profile \"1g.5gb\"; it has 1g.10gb, "
                                  "1g.10gb+me, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb");
    assert_int_equal(
        catalogue_mig_profile(&catalogue, device_of("t4"), "1g.5gb", &profile, &err), -1);
    assert_string_equal(err.text, "MIG profile 1g.5gb: t4 cannot be split by MIG");
    const struct catalogue_device *b200 = device_of("b200");
    assert_int_equal(catalogue_mig_profile(&catalogue, b200, "3g.90gb", &profile, &err), 0);
    assert_int_equal(catalogue_mig_device(&catalogue, b200, profile, &instance, &err), -1);
    assert_non_null(strstr(err.text, "is not known"));
}

static void mig_names_are_told_from_vgpu_names(void **state)
{
    (void)state;
    assert_true(mig_is_profile_name("1g.10gb"));
    assert_true(mig_is_profile_name("7g.80gb"));
    assert_true(mig_is_profile_name("1g.24gb+gfx"));
    assert_false(mig_is_profile_name("L40S-8Q"));
    assert_false(mig_is_profile_name("g.10gb"));
    assert_false(mig_is_profile_name("1g"));
    assert_false(mig_is_profile_name(""));
}

/* ----------------------------------------------------------------------- files of a user */

static int add(struct catalogue *own, const char *path, const char *text, struct err *err)
{
    struct catalogue_file file = { path, text, strlen(text) };
    return catalogue_add(own, &file, err);
}

static void own_files_add_and_replace(void **state)
{
    struct catalogue own;
    struct err err = { 0 };
    const struct vgpu_type *type = NULL;
    const struct mig_profile *profile = NULL;
    size_t count;
    (void)state;

    catalogue_init(&own, &arena);
    assert_int_equal(add(&own, "my/gpus.csv",
                         "name,gpu,sm_count,memory_mib,mig,mig_max_instances\n"
                         "bigchip,Big Chip,200,100000,yes,2\nl2,L2,58,24576,no,\n",
                         &err),
                     0);
    assert_int_equal(add(&own, "my/measured.csv",
                         "device,key,value,unit,source\n"
                         "bigchip,slice_ns,3000000,ns,mine\nbigchip,heat,1.5,K,mine\n",
                         &err),
                     0);
    assert_int_equal(add(&own, "my/vgpu_types.csv",
                         "gpu,type,series,framebuffer_mib,max_instances_per_gpu,source\n"
                         "Big Chip,BIG-5Q,Q,5120,19,mine\nL40S,NVIDIA L40S-5Q,Q,5120,9,mine\n",
                         &err),
                     0);
    assert_int_equal(add(&own, "my/mig_profiles.csv",
                         "gpu,profile,compute_slices,max_instances,placement_starts,"
                         "placement_size,verified,source\n"
                         "A100 PCIe 40GB,1g.x,1,1,0,1,derived,mine\n",
                         &err),
                     0);
    const struct catalogue_device *big = catalogue_find_device(&own, "bigchip");
    assert_int_equal(big->device.sms, 200);
    assert_int_equal(big->device.slice_ns, 3000000);
    assert_int_equal(catalogue_find_device(&own, "l2")->device.sms, 58);
    assert_slice(catalogue_find_device(&own, "h100")->device.slice_ns);
    assert_int_equal(catalogue_vgpu_type(&own, big, "BIG-5Q", &type, &err), 0);
    assert_int_equal(type->vms_max, 19);
    assert_int_equal(catalogue_mig_profile(&own, catalogue_find_device(&own, "a100-pcie-40gb"),
                                           "1g.x", &profile, &err),
                     0);
    assert_int_equal(profile - catalogue_mig_all(&own, &count), 7);
    assert_int_equal(count, 128);
    const struct catalogue_device *devices = catalogue_devices(&own, &count);
    assert_int_equal(count, 114);
    for (size_t i = 1; i < count; i++) {
        assert_true(strcmp(devices[i - 1].device.name, devices[i].device.name) < 0);
    }
}

static void own_files_are_checked(void **state)
{
    static const struct {
        const char *path, *text;
        uint32_t line, column;
        const char *want;
    } cases[] = {
        { "gpu.csv", "", 0, 0, "none of the catalogue's tables" },
        { "gpus.csv", "", 1, 1, "the file is empty" },
        { "gpus.csv", "name,gpu\n", 1, 1, "column memory_mib is missing" },
        { "gpus.csv", "name,gpu,memory_mib,sm_cuont\n", 1, 21, "did you mean sm_count?" },
        { "gpus.csv", "name,gpu,memory_mib,zzzzz\n", 1, 21,
          "gpus.csv has no column \"zzzzz\"" },
        { "gpus.csv", "name,gpu,gpu,memory_mib\n", 1, 10, "column gpu comes twice" },
        { "gpus.csv", "name,gpu,memory_mib\na,b\n", 2, 1, "the row has 2 fields, not 3" },
        { "gpus.csv", "name,gpu,memory_mib\na,,1\n", 2, 3, "gpu is empty" },
        { "gpus.csv", "name,gpu,memory_mib\na,b,0\n", 2, 5, "must be more than 0" },
        { "gpus.csv", "name,gpu,memory_mib\na,b,1GiB\n", 2, 5, "must be a whole number" },
        { "gpus.csv", "name,gpu,memory_mib\na,b,-1\n", 2, 5, "must be a whole number" },
        { "gpus.csv", "name,gpu,memory_mib,ecc\na,b,1,maybe\n", 2, 7, "must be yes or no" },
        { "gpus.csv", "name,gpu,memory_mib\na,b,1\na,c,2\n", 0, 0,
          "rows 1 and 2 have the same" },
        { "mig_profiles.csv",
          "gpu,profile,compute_slices,max_instances,placement_starts,placement_size,verified,"
          "source\nX,1g.x,1,1,\"4,2\",1,yes,mine\n",
          2, 12, "list of rising whole numbers" },
        { "mig_profiles.csv",
          "gpu,profile,compute_slices,max_instances,placement_starts,placement_size,verified,"
          "source\nX,1g.x,1,1,12,8,yes,mine\n",
          2, 1, "ends behind slice 16" },
        { "measured.csv", "device,key,value,source\nh100-80gb,slice_ns,fast,x\n", 2, 20,
          "must be a decimal number" },
        { "measured.csv", "device,key,value,source\nh100-80bg,slice_ns,1,x\n", 0, 0,
          "did you mean h100-80gb?" },
        { "measured.csv", "device,key,value,source\nh100-80gb,switch_idle_ns,1,x\n", 0, 0,
          "is above its" },
        { "measured.csv", "device,key,value,source\nh100-80gb,mps_leak,1.5,x\n", 0, 0,
          "mps_leak of h100-80gb is 1.5; it must be between 0 and 1" },
        { "measured.csv", "device,key,value,source\nl40s,mps_leak,0.3,x\n", 0, 0,
          "l40s has some of the mps_ traits, but not all of them" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct catalogue own;
        struct err err = { 0 };
        catalogue_init(&own, &arena);
        assert_int_equal(add(&own, cases[i].path, cases[i].text, &err), -1);
        assert_non_null(strstr(err.text, cases[i].want));
        assert_int_equal(err.place.line, cases[i].line);
        assert_int_equal(err.place.column, cases[i].column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_found_by_name_and_alias),
        cmocka_unit_test(measured_devices_have_costs),
        cmocka_unit_test(measured_devices_have_traits_of_mps),
        cmocka_unit_test(unknown_devices_are_explained),
        cmocka_unit_test(vgpu_types_are_found_with_and_without_brand),
        cmocka_unit_test(foreign_vgpu_types_are_explained),
        cmocka_unit_test(unlocked_cards_take_what_their_memory_holds),
        cmocka_unit_test(vendor_slices_follow_the_maximum),
        cmocka_unit_test(mixed_placements_are_found),
        cmocka_unit_test(mig_profiles_become_devices),
        cmocka_unit_test(mig_names_are_told_from_vgpu_names),
        cmocka_unit_test(own_files_add_and_replace),
        cmocka_unit_test(own_files_are_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
