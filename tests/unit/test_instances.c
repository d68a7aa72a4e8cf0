/* test_instances.c - MIG instances of a scenario: what each has, and which VM goes where. */
#include "run/setup.h"
#include "scenario/scenario.h"
#include "support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A scenario from its text, placed. */
struct world {
    struct scenario scenario;
    struct setup setup;
    struct arena arena;
    struct err_list errors;
    char text[4096];
};

/* The text: GPUs, then VMs. 0, or -1 with the errors. */
static int load(struct world *w, const char *gpus, const char *vms)
{
    *w = (struct world){ 0 };
    arena_init(&w->arena);
    (void)snprintf(w->text, sizeof(w->text), "duration: 10s\n%s\nvms:\n%s\n", gpus, vms);
    struct scenario_source source = { .file = "t", .bytes = w->text, .size = strlen(w->text) };
    if (scenario_load(&source, &w->scenario, &w->errors)) {
        return -1;
    }
    return setup_build(&w->scenario, &w->arena, &w->setup, &w->errors);
}

static void must_load(struct world *w, const char *gpus, const char *vms)
{
    if (load(w, gpus, vms)) {
        fail_msg("%s", w->errors.errors[0].text);
    }
}

static void unload(struct world *w)
{
    scenario_fini(&w->scenario);
    arena_fini(&w->arena);
}

/* "vm>partition ..." in scenario order; "-": refused. */
static void check_places(const struct world *w, const char *want)
{
    char got[1024] = "";
    size_t at = 0;

    for (uint32_t i = 0; i < w->setup.vm_count; i++) {
        const struct setup_vm *vm = &w->setup.vms[i];
        const char *where =
            vm->partition == UINT32_MAX ? "-" : w->setup.partitions[vm->partition].name;
        at += (size_t)snprintf(&got[at], sizeof(got) - at, "%s%s>%s", i ? " " : "", vm->name,
                               where);
    }
    assert_string_equal(got, want);
}

static void check_error(const char *gpus, const char *vms, const char *word)
{
    struct world w;

    assert_int_equal(load(&w, gpus, vms), -1);
    if (!strstr(w.errors.errors[0].text, word)) {
        fail_msg("%s", w.errors.errors[0].text);
    }
    unload(&w);
}

/* --------------------------------------------------------------------- what they have */

/* The H100 is not cut in proportion: 16, 26, 32, 60, 64 and 132 SMs. */
static void instances_have_the_sms_of_the_table(void **state)
{
    static const struct {
        const char *profile;
        uint32_t sms;
        uint32_t eighths; /* Of the bandwidth. */
        uint32_t copy_engines;
        int64_t memory_mib;
    } rows[] = {
        { "1g.10gb", 16, 1, 1, 9984 },  { "1g.20gb", 26, 2, 1, 20096 },
        { "2g.20gb", 32, 2, 2, 20096 }, { "3g.40gb", 60, 4, 2, 40448 },
        { "4g.40gb", 64, 4, 2, 40448 }, { "7g.80gb", 132, 8, 2, 81152 },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        char gpus[256];
        (void)snprintf(gpus, sizeof(gpus),
                       "gpus: [{name: g, device: h100, mig: [{profile: %s}]}]",
                       rows[i].profile);
        must_load(&w, gpus, "  - {name: v}");
        const struct device *part = w.setup.partitions[0].device;
        const struct device *whole = &w.scenario.gpus[0].device;
        assert_int_equal(part->sms, rows[i].sms);
        assert_int_equal(part->memory_bytes, rows[i].memory_mib * MIB);
        assert_int_equal(part->bandwidth_bytes, whole->bandwidth_bytes * rows[i].eighths / 8);
        assert_int_equal(part->copy_engines, rows[i].copy_engines);
        unload(&w);
    }
}

static void instances_have_the_places_of_the_driver(void **state)
{
    static const int32_t want[] = { 0, 2, 3, 4 };
    struct world w;
    (void)state;

    must_load(&w,
              "gpus: [{name: g, device: a100-40gb, mig: [{profile: 2g.10gb}, "
              "{profile: 1g.5gb, start: 2}, {profile: 1g.5gb}, {profile: 3g.20gb}]}]",
              "  - {name: v}");
    for (uint32_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(w.scenario.gpus[0].mig[i].start, want[i]);
    }
    unload(&w);
}

/* ---------------------------------------------------------------------- who goes where */

static void vms_take_free_instances_of_their_profile(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              "gpus: [{name: g, count: 2, device: h100, mig: [{profile: 1g.10gb}, "
              "{name: big, profile: 3g.40gb}, {profile: 1g.10gb}]}]",
              "  - {name: a, count: 3, profile: 1g.10gb}\n"
              "  - {name: b, profile: 3g.40gb}\n"
              "  - {name: c, count: 2, start: 1s, profile: 1g.10gb}");
    check_places(&w, "a0>g0.0 a1>g0.2 a2>g1.0 b>g0.big c0>g1.2 c1>-");
    unload(&w);
}

static void vms_go_to_the_instance_that_they_name(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              "gpus: [{name: g, device: h100, mig: [{name: s, count: 2, profile: 1g.10gb}, "
              "{profile: 3g.40gb}]}]",
              "  - {name: a, instance: s1, profile: 1g.10gb}\n"
              "  - {name: b, instance: s, memory: 2GiB}\n"
              "  - {name: c, instance: 2, memory: 30GiB}\n"
              "  - {name: d, memory: 8GiB}\n"
              "  - {name: e, start: 1s, instance: s}");
    check_places(&w, "a>g.s1 b>g.s0 c>g.2 d>g.2 e>g.s0");
    unload(&w);
}

/* A VM with a MIG profile has its instance for itself, even against VMs without memory. */
static void taken_instances_are_closed(void **state)
{
    (void)state;

    check_error("gpus: [{name: g, device: h100, mig: [{profile: 7g.80gb}]}]",
                "  - {name: a, profile: 7g.80gb}\n  - {name: b}", "its instance is taken");
    check_error("gpus: [{name: g, device: h100, mig: [{profile: 7g.80gb}]}]",
                "  - {name: b}\n  - {name: a, profile: 7g.80gb}", "its instance is taken");
    check_error("gpus: [{name: g, device: h100, mig: [{profile: 1g.10gb, count: 7}]}]",
                "  - {name: a, count: 8, memory: 6GiB}", "not enough free memory");
}

/* Types that are backed by an instance of their own, and types that share one by turns. */
static void vgpu_types_of_instances(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              "gpus: [{name: g, device: a100-40gb, mig: [{profile: 2g.10gb}, "
              "{profile: 1g.5gb}]}]",
              "  - {name: a, profile: A100X-1-5C}\n  - {name: b, profile: A100X-2-10C}");
    check_places(&w, "a>g.1 b>g.0");
    unload(&w);
    check_error("gpus: [{name: g, device: a100-40gb, mig: [{profile: 2g.10gb}]}]",
                "  - {name: b, profile: A100X-2-10C, count: 2}", "its instance is taken");
    check_error("gpus: [{name: g, device: a100-40gb, mig: [{profile: 2g.10gb}]}]",
                "  - {name: a, profile: A100X-1-5C}", "no MIG instance");
    must_load(&w,
              "gpus: [{name: g, device: rtx-pro-6000, mig: [{profile: "
              "1g.24gb+gfx, count: 2}]}]",
              "  - {name: a, count: 4, profile: DC-1-12Q}");
    check_places(&w, "a0>g.0 a1>g.1 a2>g.0 a3>g.1");
    unload(&w);
    check_error("gpus: [{name: g, device: rtx-pro-6000, mig: "
                "[{profile: 1g.24gb+gfx}]}]",
                "  - {name: a, count: 3, profile: DC-1-12Q}", "no more of this profile on one");
}

/* ------------------------------------------------------------------ coming and going */

/* "label@start taken-open-closed-free" in seconds; "*": to the end, "-": never. */
static void check_lives(const struct world *w, const char *want)
{
    char got[2048] = "";
    size_t at = 0;

    for (uint32_t i = 0; i < w->setup.partition_count; i++) {
        const struct partition *p = &w->setup.partitions[i];
        const struct instance_life *life = &p->life;
        const nsec times[] = { life->taken_ns, life->open_ns, life->closed_ns, life->free_ns };
        at += (size_t)snprintf(&got[at], sizeof(got) - at, "%s%s", i ? " " : "",
                               p->instance->label);
        if (life->taken_ns == NSEC_MAX) {
            at += (size_t)snprintf(&got[at], sizeof(got) - at, "-");
            continue;
        }
        at += (size_t)snprintf(&got[at], sizeof(got) - at, "@%d", life->start);
        for (size_t k = 0; k < ARRAY_LEN(times); k++) {
            if (times[k] == NSEC_MAX) {
                at += (size_t)snprintf(&got[at], sizeof(got) - at, "%c*", k ? '-' : ' ');
            } else {
                at += (size_t)snprintf(&got[at], sizeof(got) - at, "%c%g", k ? '-' : ' ',
                                       (double)times[k] / (double)SEC);
            }
        }
    }
    assert_string_equal(got, want);
}

#define GPU(mig, repartition)                                                                  \
    "gpus: [{name: g, device: h100, mig: [" mig "], repartition: {create: 1s, destroy: 2s, "   \
    "" repartition "}}]"

/* Two halves follow on one whole as soon as its VM has left and it has been destroyed. */
static void instances_follow_on_others(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              GPU("{name: all, profile: 7g.80gb, until: 2s}, "
                  "{name: half, profile: 3g.40gb, from: 2s, count: 2}",
                  "admission: queue"),
              "  - {name: a, profile: 7g.80gb, stop: 3s}\n"
              "  - {name: b, start: 7s, profile: 3g.40gb}");
    check_lives(&w, "all@0 0-0-2-5 half0@4 5-6-*-* half1@0 5-6-*-*");
    check_places(&w, "a>g.all b>g.half0");
    unload(&w);
}

/* Without a queue it is refused, although its slices become free later. */
static void instances_are_refused_for_lack_of_room(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              GPU("{name: all, profile: 7g.80gb, until: 2s}, "
                  "{name: half, profile: 3g.40gb, from: 2s}, "
                  "{name: late, profile: 3g.40gb, from: 4s}",
                  "admission: refuse"),
              "  - {name: b, start: 5s, profile: 3g.40gb}");
    check_lives(&w, "all@0 0-0-2-4 half- late@4 4-5-*-*");
    check_places(&w, "b>g.late");
    assert_int_equal(w.setup.instances_missing, 1);
    unload(&w);
}

/* Seven small ones, of which every second goes: there is memory for a 3g, but no room. */
static void holes_keep_out_what_would_fit(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              GPU("{profile: 1g.10gb, start: 0, until: 1s}, {profile: 1g.10gb, start: 1}, "
                  "{profile: 1g.10gb, start: 2, until: 1s}, {profile: 1g.10gb, start: 3}, "
                  "{profile: 1g.10gb, start: 4, until: 1s}, {profile: 1g.10gb, start: 5}, "
                  "{profile: 1g.10gb, start: 6, until: 1s}, "
                  "{name: big, profile: 3g.40gb, from: 4s}, "
                  "{name: four, profile: 1g.20gb, from: 4s}, "
                  "{name: more, profile: 1g.10gb, from: 4s, count: 4}",
                  "admission: refuse"),
              "  - {name: v, instance: 1}");
    check_lives(&w, "0@0 0-0-1-3 1@1 0-0-*-* 2@2 0-0-1-3 3@3 0-0-*-* 4@4 0-0-1-3 "
                    "5@5 0-0-*-* 6@6 0-0-1-3 big- four@6 4-5-*-* more0@4 4-5-*-* "
                    "more1@2 4-5-*-* more2@0 4-5-*-* more3-");
    assert_int_equal(w.setup.instances_missing, 2);
    unload(&w);
}

static void vms_are_evicted_when_the_drain_ends(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              GPU("{name: a, profile: 4g.40gb, until: 2s, sharing: {mode: mps}}, "
                  "{name: b, profile: 4g.40gb, from: 1s}",
                  "drain: 3s, admission: queue"),
              "  - {name: v, instance: a, count: 2, memory: 1GiB}\n"
              "  - {name: w, instance: a, memory: 1GiB, stop: 4s}\n"
              "  - {name: x, instance: a, memory: 1GiB, start: 3s}\n"
              "  - {name: y, instance: b, memory: 1GiB, start: 9s}");
    check_lives(&w, "a@0 0-0-2-7 b@0 7-8-*-*");
    check_places(&w, "v0>g.a v1>g.a w>g.a x>- y>g.b");
    assert_int_equal(w.setup.evicted_count, 2);
    const nsec stops[] = { 5 * SEC, 5 * SEC, 4 * SEC };
    for (uint32_t i = 0; i < ARRAY_LEN(stops); i++) {
        assert_int_equal(w.setup.partitions[0].vms[i].stop_ns, stops[i]);
    }
    unload(&w);
}

/* Given up while it is created, and while it waits. */
static void instances_may_be_given_up_early(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              GPU("{name: a, profile: 7g.80gb, from: 1s, until: 1.5s}, "
                  "{name: b, profile: 7g.80gb, from: 1.2s, until: 3s}, "
                  "{name: c, profile: 7g.80gb, from: 1.3s}",
                  "admission: queue"),
              "  - {name: v, start: 9s}");
    check_lives(&w, "a@0 1-2-2-4 b- c@0 4-5-*-*");
    check_places(&w, "v>g.c");
    unload(&w);
}

/* VMs wait for an instance that is still to come; at time 0 that is an error. */
static void vms_wait_for_instances(void **state)
{
    struct world w;
    (void)state;

    must_load(&w,
              "admission: queue\n" GPU("{name: a, profile: 1g.10gb, from: 3s}", "drain: 1s"),
              "  - {name: v, start: 1s, profile: 1g.10gb}");
    check_places(&w, "v>g.a");
    assert_int_equal(w.setup.partitions[0].vms[0].start_ns, 4 * SEC);
    unload(&w);
    must_load(&w, GPU("{name: a, profile: 1g.10gb, from: 3s}", "drain: 1s"),
              "  - {name: v, start: 1s, profile: 1g.10gb}");
    check_places(&w, "v>-");
    unload(&w);
    check_error(GPU("{name: a, profile: 1g.10gb, from: 3s}", "drain: 1s"),
                "  - {name: v, profile: 1g.10gb}", "its instance is not there");
}

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
        struct world w;
        char gpus[128];
        char vms[64];
        (void)snprintf(gpus, sizeof(gpus),
                       "gpus: [{name: g, device: h100, sharing: {mode: mps, replicas: %u}}]",
                       rows[i].replicas);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u}", rows[i].replicas);
        must_load(&w, gpus, vms);
        for (uint32_t vm = 0; vm < rows[i].replicas; vm++) {
            const struct vm *own = &w.setup.partitions[0].vms[vm];
            assert_int_equal(own->share_ppm, rows[i].percent * 10000);
            assert_int_equal(own->memory_bytes, rows[i].memory_mib * MIB);
        }
        unload(&w);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u}", rows[i].replicas + 1);
        check_error(gpus, vms, "all replicas are taken");
    }
}

static void replicas_limit_memory_under_mps_only(void **state)
{
    struct world w;
    (void)state;

    check_error("gpus: [{name: g, device: h100, sharing: {mode: mps, replicas: 2}}]",
                "  - {name: v, memory: 41GiB}", "a replica has less memory");
    must_load(&w, "gpus: [{name: g, device: h100, sharing: {mode: mps, replicas: 2}}]",
              "  - {name: v, memory: 10GiB}");
    assert_int_equal(w.setup.partitions[0].vms[0].memory_bytes, 10 * GIB);
    unload(&w);
    must_load(&w, "gpus: [{name: g, device: h100, sharing: {replicas: 2}}]",
              "  - {name: v, memory: 41GiB}\n  - {name: w}");
    assert_int_equal(w.setup.partitions[0].vms[1].memory_bytes, 0);
    assert_int_equal(w.setup.partitions[0].vms[1].share_ppm, PPM);
    unload(&w);
    check_error("gpus: [{name: g, device: h100, sharing: {replicas: 2}}]",
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
        struct world w;
        char gpus[128];
        char vms[64];
        (void)snprintf(gpus, sizeof(gpus), "gpus: [{name: g, %s}]", rows[i].gpu);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u}", rows[i].most);
        must_load(&w, gpus, vms);
        unload(&w);
        (void)snprintf(vms, sizeof(vms), "  - {name: v, count: %u}", rows[i].most + 1);
        check_error(gpus, vms, "MPS takes no more clients");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instances_have_the_sms_of_the_table),
        cmocka_unit_test(instances_have_the_places_of_the_driver),
        cmocka_unit_test(vms_take_free_instances_of_their_profile),
        cmocka_unit_test(vms_go_to_the_instance_that_they_name),
        cmocka_unit_test(taken_instances_are_closed),
        cmocka_unit_test(vgpu_types_of_instances),
        cmocka_unit_test(instances_follow_on_others),
        cmocka_unit_test(instances_are_refused_for_lack_of_room),
        cmocka_unit_test(holes_keep_out_what_would_fit),
        cmocka_unit_test(vms_are_evicted_when_the_drain_ends),
        cmocka_unit_test(instances_may_be_given_up_early),
        cmocka_unit_test(vms_wait_for_instances),
        cmocka_unit_test(replicas_have_their_part_rounded_down),
        cmocka_unit_test(replicas_limit_memory_under_mps_only),
        cmocka_unit_test(mps_takes_so_many_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
