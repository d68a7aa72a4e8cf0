/* test_clients.c - how many VMs share a partition under MPS, and with what part of it: replicas
   of the device plug-in, limits of clients, compute instances. */
#include "run/grid.h"
#include "support/placed.h"
#include "support/test.h"

#include <stdio.h>

/* ------------------------------------------------------------- MPS, and limits of clients */

/* The device plug-in divides whole numbers: of three replicas each has 33 % and, of 80 GiB,
   27306 MiB. */
static void replicas_have_their_part_rounded_down(void **state)
{
    static const struct {
        uint32_t replicas, percent;
        int64_t memory_mib;
    } rows[] = { { 2, 50, 40960 }, { 3, 33, 27306 }, { 7, 14, 11702 }, { 48, 2, 1706 } };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct placed w;
        char gpus[128];
        char vms[64];
        (void)snprintf(gpus, sizeof(gpus),
                       "gpus: [{name: g, device: h100, sharing: {mode: mps, replicas: %u}}]",
                       rows[i].replicas);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u}", rows[i].replicas);
        placed_must_load(&w, gpus, vms);
        for (uint32_t vm = 0; vm < rows[i].replicas; vm++) {
            const struct vm *own = &w.setup.partitions[0].vms[vm];
            assert_int_equal(own->share_ppm, rows[i].percent * 10000);
            assert_int_equal(own->memory_bytes, rows[i].memory_mib * MIB);
        }
        placed_unload(&w);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u}", rows[i].replicas + 1);
        placed_check_error(gpus, vms, "all replicas are taken");
    }
}

static void replicas_limit_memory_under_mps_only(void **state)
{
    struct placed w;
    (void)state;

    placed_check_error("gpus: [{name: g, device: h100, sharing: {mode: mps, replicas: 2}}]",
                       "  - {name: v, memory: 41GiB}", "a replica has less memory");
    placed_must_load(&w, "gpus: [{name: g, device: h100, sharing: {mode: mps, replicas: 2}}]",
                     "  - {name: v, memory: 10GiB}");
    assert_int_equal(w.setup.partitions[0].vms[0].memory_bytes, 10 * GIB);
    placed_unload(&w);
    placed_must_load(&w, "gpus: [{name: g, device: h100, sharing: {replicas: 2}}]",
                     "  - {name: v, memory: 41GiB}\n  - {name: w}");
    assert_int_equal(w.setup.partitions[0].vms[1].memory_bytes, 0);
    assert_int_equal(w.setup.partitions[0].vms[1].share_ppm, PPM);
    placed_unload(&w);
    placed_check_error("gpus: [{name: g, device: h100, sharing: {replicas: 2}}]",
                       "  - {name: v, count: 3}", "all replicas are taken");
}

/* 48 from Volta on, 16 before, in proportion on an instance, or as the scenario says. */
static void mps_takes_so_many_clients(void **state)
{
    static const struct {
        const char *gpu;
        uint32_t most;
    } rows[] = {
        { "device: h100, sharing: {mode: mps}", 48 },
        { "device: gtx-1080, sharing: {mode: mps}", 16 },
        { "device: h100, sharing: {mode: mps, clients: 60}", 60 },
        { "device: h100, mig: [{profile: 1g.10gb, sharing: {mode: mps}}]", 6 },
        { "device: h100, mig: [{profile: 3g.40gb, sharing: {mode: mps}}]", 20 },
        { "device: h100, mig: [{profile: 7g.80gb, sharing: {mode: mps}}]", 48 },
        { "device: h100, mig: [{profile: 1g.10gb, sharing: {mode: mps, clients: 2}}]", 2 },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct placed w;
        char gpus[128];
        char vms[64];
        (void)snprintf(gpus, sizeof(gpus), "gpus: [{name: g, %s}]", rows[i].gpu);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u}", rows[i].most);
        placed_must_load(&w, gpus, vms);
        placed_unload(&w);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u}", rows[i].most + 1);
        placed_check_error(gpus, vms, "MPS takes no more clients");
    }
}

/* ------------------------------------------------------------------ compute instances */

#define MPS_GPU(profile)                                                                       \
    "gpus: [{name: g, device: h100, mig: [{profile: " profile ", sharing: {mode: mps}}]}]"

/* Of the H100's table: a slice has 16 SMs, two 32, and a whole 3g 60. */
static void compute_instances_have_sms_of_their_own(void **state)
{
    static const struct {
        const char *gpu, *profile;
        uint32_t count, sms;
    } rows[] = {
        { MPS_GPU("3g.40gb"), "1c.3g.40gb", 3, 16 },
        { MPS_GPU("3g.40gb"), "2c.3g.40gb", 1, 32 },
        { MPS_GPU("3g.40gb"), "3c.3g.40gb", 1, 60 },
        { MPS_GPU("4g.40gb"), "1c.4g.40gb", 4, 16 },
        { MPS_GPU("4g.40gb"), "2c.4g.40gb", 2, 32 },
        { MPS_GPU("4g.40gb"), "4c.4g.40gb", 1, 64 },
        { MPS_GPU("7g.80gb"), "1c.7g.80gb", 7, 16 },
        { MPS_GPU("7g.80gb"), "2c.7g.80gb", 3, 32 },
        { MPS_GPU("7g.80gb"), "3c.7g.80gb", 2, 60 },
        { MPS_GPU("7g.80gb"), "4c.7g.80gb", 1, 64 },
        { MPS_GPU("2g.20gb"), "1c.2g.20gb", 2, 16 },
        { MPS_GPU("1g.10gb"), "1c.1g.10gb", 1, 16 },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct placed w;
        char vms[64];
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u, profile: %s}", rows[i].count,
                       rows[i].profile);
        placed_must_load(&w, rows[i].gpu, vms);
        const struct partition *p = &w.setup.partitions[0];
        for (uint32_t vm = 0; vm < p->vm_count; vm++) {
            assert_int_equal(grid_sms(p->device->sms, p->vms[vm].share_ppm), rows[i].sms);
        }
        placed_unload(&w);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u, profile: %s}",
                       rows[i].count + 1, rows[i].profile);
        placed_check_error(rows[i].gpu, vms, "too few compute slices left");
    }
}

static void compute_instances_are_not_mixed_with_others(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(&w, MPS_GPU("3g.40gb"),
                     "  - {name: a, profile: 1c.3g.40gb, stop: 5s}\n"
                     "  - {name: b, profile: 2c.3g.40gb}\n"
                     "  - {name: c, start: 1s}\n"
                     "  - {name: d, start: 2s, profile: 1c.3g.40gb}\n"
                     "  - {name: e, start: 6s, profile: 1c.3g.40gb}");
    placed_check_places(&w, "a>g.0 b>g.0 c>- d>- e>g.0");
    placed_unload(&w);
    placed_check_error(MPS_GPU("3g.40gb"), "  - {name: a}\n  - {name: b, profile: 1c.3g.40gb}",
                       "without compute instances");
    placed_check_error(MPS_GPU("3g.40gb"),
                       "  - {name: a, profile: 3g.40gb}\n"
                       "  - {name: b, profile: 1c.3g.40gb}",
                       "its instance is taken");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicas_have_their_part_rounded_down),
        cmocka_unit_test(replicas_limit_memory_under_mps_only),
        cmocka_unit_test(mps_takes_so_many_clients),
        cmocka_unit_test(compute_instances_have_sms_of_their_own),
        cmocka_unit_test(compute_instances_are_not_mixed_with_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
