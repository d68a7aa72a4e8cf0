/* test_room.c - vGPUs on GPUs: sizes, places, limits, and what would fit instead. */
#include "run/setup.h"
#include "scenario/scenario.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 20000 };

static struct arena arena;
static struct catalogue catalogue;

/* A scenario from text, placed. */
struct world {
    char text[TEXT_MAX];
    struct scenario scenario;
    struct setup setup;
    struct err_list errors;
};

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

/* Loads and places; -1 with w->errors. */
static int build(struct world *w, const char *gpus, const char *vms)
{
    struct scenario_source source = { .file = "room.yaml", .catalogue = &catalogue };

    (void)snprintf(w->text, TEXT_MAX, "duration: 1s\ngpus:\n%s\nvms:\n%s\n", gpus, vms);
    source.bytes = w->text;
    source.size = strlen(w->text);
    if (scenario_load(&source, &w->scenario, &w->errors)) {
        return -1;
    }
    return setup_build(&w->scenario, &w->scenario.arena, &w->setup, &w->errors);
}

static void check_refused(const char *gpus, const char *vms, const char *words)
{
    struct world w = { .setup = { 0 } };

    assert_int_equal(build(&w, gpus, vms), -1);
    if (!strstr(w.errors.errors[0].text, words)) {
        fail_msg("%s", w.errors.errors[0].text);
    }
    scenario_fini(&w.scenario);
}

static void must_build(struct world *w, const char *gpus, const char *vms)
{
    if (build(w, gpus, vms)) {
        fail_msg("%s", w->errors.errors[0].text);
    }
}

static void check_places(const char *gpus, const char *vms, const uint32_t *want)
{
    struct world w = { .setup = { 0 } };

    must_build(&w, gpus, vms);
    for (uint32_t i = 0; i < w.setup.vm_count; i++) {
        assert_int_equal(w.setup.vms[i].place, want[i]);
    }
    scenario_fini(&w.scenario);
}

/* ---------------------------------------------------------------------------- mixed sizes */

#define L40S "  - {name: g, device: l40s}"

static void mixed_sizes_lie_where_the_table_says(void **state)
{
    const uint32_t want[] = { 0, 24, 36, 44 };
    const uint32_t asked[] = { 24, 0, 12, UINT32_MAX };
    (void)state;

    check_places(L40S,
                 "  - {name: a, profile: L40S-24Q}\n"
                 "  - {name: b, profile: L40S-12Q}\n"
                 "  - {name: c, profile: L40S-4Q, count: 2}",
                 want);
    check_places(L40S,
                 "  - {name: a, profile: L40S-24Q, placement_id: 24}\n"
                 "  - {name: b, profile: L40S-12Q}\n"
                 "  - {name: c, profile: L40S-12Q, placement_id: 12}",
                 asked);
}

static void mixed_sizes_may_leave_memory_unusable(void **state)
{
    (void)state;
    check_refused(L40S,
                  "  - {name: a, profile: L40S-24Q}\n"
                  "  - {name: b, profile: L40S-4Q, count: 5}",
                  "b4 does not fit at time 0: there is enough free memory, but no place for "
                  "its size in it (g has 48 GiB, 40 GiB of it reserved by 5 VMs; b4 needs 4 "
                  "GiB; 8 GiB are free, and L40S-2Q would fit)");
}

static void place_that_is_asked_for_must_be_legal_and_free(void **state)
{
    (void)state;
    check_refused(L40S,
                  "  - {name: a, profile: L40S-24Q}\n"
                  "  - {name: b, profile: L40S-4Q, placement_id: 4}",
                  "b does not fit at time 0: its placement_id is none of those of its size");
    check_refused(L40S,
                  "  - {name: a, profile: L40S-24Q}\n"
                  "  - {name: b, profile: L40S-4Q, placement_id: 8}",
                  "b does not fit at time 0: another vGPU lies where its placement_id is");
    check_refused("  - {name: g, device: t4}", "  - {name: a, profile: T4-4Q, placement_id: 4}",
                  "no GPU that it may use has vgpu_sizes: mixed");
}

/* One size stays in equal-size mode, which holds more; mixed mode can be asked for. */
static void one_size_needs_no_places(void **state)
{
    struct world w = { .setup = { 0 } };
    (void)state;

    must_build(&w, L40S, "  - {name: a, profile: L40S-4Q, count: 12}");
    assert_int_equal(w.setup.vms[11].place, UINT32_MAX);
    scenario_fini(&w.scenario);
    check_refused("  - {name: g, device: l40s, vgpu_sizes: mixed}",
                  "  - {name: a, profile: L40S-4Q, count: 9}", "a8 does not fit at time 0");
}

static void sizes_do_not_mix_where_they_may_not(void **state)
{
    (void)state;
    check_refused("  - {name: g, device: l40s, vgpu_sizes: one}",
                  "  - {name: a, profile: L40S-8Q}\n  - {name: b, profile: L40S-4Q}",
                  "b does not fit at time 0: a GPU with vgpu_sizes: one takes vGPUs of one");
    check_refused("  - {name: g, device: t4}",
                  "  - {name: a, profile: T4-8Q}\n  - {name: b, profile: T4-4Q}",
                  "b does not fit at time 0: a GPU takes vGPUs of one size only (g has 16 GiB, "
                  "8 GiB of it reserved by 1 VM; b needs 4 GiB; 8 GiB are free, and T4-8Q "
                  "would fit)");
    check_refused("  - {name: g, device: t4, vgpu_sizes: mixed}", "  - {name: a}",
                  "t4 takes vGPUs of one size only");
    check_refused("  - {name: g, device: l40s, vgpu_sizes: mixed,\n"
                  "     sharing: {policy: fixed_share}}",
                  "  - {name: a}", "vgpu_sizes: mixed and fixed_share");
    check_refused("  - {name: g, device: l40s, sharing: {policy: fixed_share}}",
                  "  - {name: a, profile: L40S-8Q}\n  - {name: b, profile: L40S-4Q}",
                  "b does not fit at time 0: fixed_share takes vGPUs of one size only");
}

/* Series of one size may mix, as the drivers since vGPU 17 allow. */
static void series_of_one_size_mix(void **state)
{
    struct world w = { .setup = { 0 } };
    (void)state;

    must_build(&w, "  - {name: g, device: t4}",
               "  - {name: a, profile: T4-4Q, count: 2}\n"
               "  - {name: b, profile: T4-4C, count: 2}");
    scenario_fini(&w.scenario);
}

/* --------------------------------------------------------------------------------- limits */

/* As many of every type as the vendor says fit on its GPU, and not one more. */
static void every_type_fits_as_often_as_the_vendor_says(void **state)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    size_t devices_count;
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &devices_count);
    uint32_t tried = 0;
    (void)state;

    for (size_t i = 0; i < devices_count; i++) {
        for (size_t k = 0; k < count; k += 5) {
            const struct vgpu_type *type = &types[k];
            char gpus[200];
            char vms[200];
            if (type->backing != VGPU_TIME_SLICED || devices[i].device.sms == 0 ||
                strcmp(type->board, devices[i].board) != 0) {
                continue;
            }
            struct world w = { .setup = { 0 } };
            (void)snprintf(gpus, sizeof(gpus), "  - {name: g, device: %s}",
                           devices[i].device.name);
            (void)snprintf(vms, sizeof(vms), "  - {name: v, profile: %s, count: %u}",
                           type->profile, type->vms_max);
            must_build(&w, gpus, vms);
            scenario_fini(&w.scenario);
            (void)snprintf(vms, sizeof(vms), "  - {name: v, profile: %s, count: %u}",
                           type->profile, type->vms_max + 1);
            check_refused(gpus, vms, "the vendor allows no more of this profile on one GPU");
            tried++;
        }
    }
    assert_true(tried > 80);
}

/* 12 in an instance, 48 on the GPU. */
static void instances_have_limits_of_their_own(void **state)
{
    struct world w = { .setup = { 0 } };
    (void)state;

    must_build(&w,
               "  - name: g\n    device: rtx-pro-6000\n"
               "    mig: [{profile: 1g.24gb+gfx, count: 4}]",
               "  - {name: v, profile: DC-1-2Q, count: 48}");
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(w.setup.partitions[i].vm_count, 12);
    }
    scenario_fini(&w.scenario);
    check_refused("  - name: g\n    device: rtx-pro-6000\n"
                  "    mig: [{profile: 1g.24gb+gfx}]",
                  "  - {name: v, profile: DC-1-2Q, count: 13}", "v12 does not fit at time 0");
}

/* A VM that names no GPU goes to one that has its type. */
static void vgpus_go_to_devices_of_their_type(void **state)
{
    struct world w = { .setup = { 0 } };
    (void)state;

    must_build(&w, "  - {name: a, device: t4}\n  - {name: b, device: l40s}",
               "  - {name: v, profile: L40S-16Q, count: 3}\n  - {name: t, profile: T4-4Q}");
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(w.setup.vms[i].partition, 1);
    }
    assert_int_equal(w.setup.vms[3].partition, 0);
    scenario_fini(&w.scenario);
}

/* Without a profile the memory decides, and the answer is how much is free. */
static void refusal_says_what_is_free(void **state)
{
    (void)state;
    check_refused("  - {name: g, device: t4}",
                  "  - {name: a, memory: 10GiB}\n  - {name: b, memory: 7GiB}",
                  "b does not fit at time 0: there is not enough free memory (g has 16 GiB, 10 "
                  "GiB of it reserved by 1 VM; b needs 7 GiB; 6 GiB are free)");
    check_refused("  - {name: g, device: t4}",
                  "  - {name: a, profile: T4-16Q}\n  - {name: b, profile: T4-16Q}",
                  "0 GiB are free, and no vGPU type of another size would fit");
}

/* At every instant of random lives on a GPU with mixed sizes no two vGPUs overlap. */
static void places_never_overlap(void **state)
{
    static const struct {
        const char *name;
        uint32_t size;
    } types[] = { { "L40S-1Q", 1 },   { "L40S-3Q", 3 },   { "L40S-4Q", 4 },  { "L40S-6Q", 6 },
                  { "L40S-12Q", 12 }, { "L40S-16Q", 16 }, { "L40S-24Q", 24 } };
    uint64_t seed = 5;
    (void)state;

    for (int round = 0; round < 60; round++) {
        struct world w = { .setup = { 0 } };
        uint32_t sizes[40];
        char vms[8000] = "";
        for (uint32_t i = 0; i < 40; i++) {
            size_t type = (size_t)test_between(&seed, 0, ARRAY_LEN(types) - 1);
            int64_t start = test_between(&seed, 1, 60);
            size_t used = strlen(vms);
            sizes[i] = types[type].size;
            (void)snprintf(vms + used, sizeof(vms) - used,
                           "  - {name: v%u, profile: %s, start: %dms, stop: %dms}\n", i,
                           types[type].name, (int)start,
                           (int)(start + test_between(&seed, 1, 60)));
        }
        must_build(&w, round % 2 ? L40S : L40S "\nadmission: queue", vms);
        for (nsec now = 0; now < 130 * MSEC; now += MSEC) {
            uint64_t taken = 0;
            for (uint32_t i = 0; i < w.setup.vm_count; i++) {
                const struct setup_vm *own = &w.setup.vms[i];
                if (own->partition == UINT32_MAX) {
                    continue;
                }
                const struct vm *vm = &w.setup.partitions[0].vms[own->index];
                if (vm->start_ns > now || now >= vm->stop_ns) {
                    continue;
                }
                uint64_t range = ((UINT64_C(1) << sizes[i]) - 1) << own->place;
                assert_true((taken & range) == 0 && own->place + sizes[i] <= 48);
                taken |= range;
            }
        }
        assert_true(w.setup.refused_count < 40);
        scenario_fini(&w.scenario);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixed_sizes_lie_where_the_table_says),
        cmocka_unit_test(mixed_sizes_may_leave_memory_unusable),
        cmocka_unit_test(place_that_is_asked_for_must_be_legal_and_free),
        cmocka_unit_test(one_size_needs_no_places),
        cmocka_unit_test(sizes_do_not_mix_where_they_may_not),
        cmocka_unit_test(series_of_one_size_mix),
        cmocka_unit_test(every_type_fits_as_often_as_the_vendor_says),
        cmocka_unit_test(instances_have_limits_of_their_own),
        cmocka_unit_test(vgpus_go_to_devices_of_their_type),
        cmocka_unit_test(refusal_says_what_is_free),
        cmocka_unit_test(places_never_overlap),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
