/* test_instances.c - MIG instances of a scenario: what each has, and which VM goes where. */
#include "run/setup.h"
#include "scenario/scenario.h"
#include "support/placed.h"
#include "support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
        struct placed w;
        char gpus[256];
        (void)snprintf(gpus, sizeof(gpus),
                       "gpus: [{name: g, device: h100, mig: [{profile: %s}]}]",
                       rows[i].profile);
        placed_must_load(&w, gpus, "  - {name: v}");
        const struct device *part = w.setup.partitions[0].device;
        const struct device *whole = &w.scenario.gpus[0].device;
        assert_int_equal(part->sms, rows[i].sms);
        assert_int_equal(part->memory_bytes, rows[i].memory_mib * MIB);
        assert_int_equal(part->bandwidth_bytes, whole->bandwidth_bytes * rows[i].eighths / 8);
        assert_int_equal(part->copy_engines, rows[i].copy_engines);
        placed_unload(&w);
    }
}

static void instances_have_the_places_of_the_driver(void **state)
{
    static const int32_t want[] = { 0, 2, 3, 4 };
    struct placed w;
    (void)state;

    placed_must_load(&w,
                     "gpus: [{name: g, device: a100-40gb, mig: [{profile: 2g.10gb}, "
                     "{profile: 1g.5gb, start: 2}, {profile: 1g.5gb}, {profile: 3g.20gb}]}]",
                     "  - {name: v}");
    for (uint32_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(w.scenario.gpus[0].mig[i].start, want[i]);
    }
    placed_unload(&w);
}

/* ---------------------------------------------------------------------- who goes where */

static void vms_take_free_instances_of_their_profile(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(&w,
                     "gpus: [{name: g, count: 2, device: h100, mig: [{profile: 1g.10gb}, "
                     "{name: big, profile: 3g.40gb}, {profile: 1g.10gb}]}]",
                     "  - {name: a, count: 3, profile: 1g.10gb}\n"
                     "  - {name: b, profile: 3g.40gb}\n"
                     "  - {name: c, count: 2, start: 1s, profile: 1g.10gb}");
    placed_check_places(&w, "a0>g0.0 a1>g0.2 a2>g1.0 b>g0.big c0>g1.2 c1>-");
    placed_unload(&w);
}

static void vms_go_to_the_instance_that_they_name(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(
        &w,
        "gpus: [{name: g, device: h100, mig: [{name: s, count: 2, profile: 1g.10gb}, "
        "{profile: 3g.40gb}]}]",
        "  - {name: a, instance: s1, profile: 1g.10gb}\n"
        "  - {name: b, instance: s, memory: 2GiB}\n"
        "  - {name: c, instance: 2, memory: 30GiB}\n"
        "  - {name: d, memory: 8GiB}\n"
        "  - {name: e, start: 1s, instance: s}");
    placed_check_places(&w, "a>g.s1 b>g.s0 c>g.2 d>g.2 e>g.s0");
    placed_unload(&w);
}

/* A VM with a MIG profile has its instance for itself, even against VMs without memory. */
static void taken_instances_are_closed(void **state)
{
    (void)state;

    placed_check_error("gpus: [{name: g, device: h100, mig: [{profile: 7g.80gb}]}]",
                       "  - {name: a, profile: 7g.80gb}\n  - {name: b}",
                       "its instance is taken");
    placed_check_error("gpus: [{name: g, device: h100, mig: [{profile: 7g.80gb}]}]",
                       "  - {name: b}\n  - {name: a, profile: 7g.80gb}",
                       "its instance is taken");
    placed_check_error("gpus: [{name: g, device: h100, mig: [{profile: 1g.10gb, count: 7}]}]",
                       "  - {name: a, count: 8, memory: 6GiB}", "not enough free memory");
}

/* Types that are backed by an instance of their own, and types that share one by turns. */
static void vgpu_types_of_instances(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(&w,
                     "gpus: [{name: g, device: a100-40gb, mig: [{profile: 2g.10gb}, "
                     "{profile: 1g.5gb}]}]",
                     "  - {name: a, profile: A100X-1-5C}\n  - {name: b, profile: A100X-2-10C}");
    placed_check_places(&w, "a>g.1 b>g.0");
    placed_unload(&w);
    placed_check_error("gpus: [{name: g, device: a100-40gb, mig: [{profile: 2g.10gb}]}]",
                       "  - {name: b, profile: A100X-2-10C, count: 2}",
                       "its instance is taken");
    placed_check_error("gpus: [{name: g, device: a100-40gb, mig: [{profile: 2g.10gb}]}]",
                       "  - {name: a, profile: A100X-1-5C}", "no MIG instance");
    placed_must_load(&w,
                     "gpus: [{name: g, device: rtx-pro-6000, mig: [{profile: "
                     "1g.24gb+gfx, count: 2}]}]",
                     "  - {name: a, count: 4, profile: DC-1-12Q}");
    placed_check_places(&w, "a0>g.0 a1>g.1 a2>g.0 a3>g.1");
    placed_unload(&w);
    placed_check_error("gpus: [{name: g, device: rtx-pro-6000, mig: "
                       "[{profile: 1g.24gb+gfx}]}]",
                       "  - {name: a, count: 3, profile: DC-1-12Q}",
                       "no more of this profile on one");
}

/* ------------------------------------------------------------------ coming and going */

/* "label@start taken-open-closed-free" in seconds; "*": to the end, "-": never. */
static void check_lives(const struct placed *w, const char *want)
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
    struct placed w;
    (void)state;

    placed_must_load(&w,
                     GPU("{name: all, profile: 7g.80gb, until: 2s}, "
                         "{name: half, profile: 3g.40gb, from: 2s, count: 2}",
                         "admission: queue"),
                     "  - {name: a, profile: 7g.80gb, stop: 3s}\n"
                     "  - {name: b, start: 7s, profile: 3g.40gb}");
    check_lives(&w, "all@0 0-0-2-5 half0@4 5-6-*-* half1@0 5-6-*-*");
    placed_check_places(&w, "a>g.all b>g.half0");
    placed_unload(&w);
}

/* Without a queue it is refused, although its slices become free later. */
static void instances_are_refused_for_lack_of_room(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(&w,
                     GPU("{name: all, profile: 7g.80gb, until: 2s}, "
                         "{name: half, profile: 3g.40gb, from: 2s}, "
                         "{name: late, profile: 3g.40gb, from: 4s}",
                         "admission: refuse"),
                     "  - {name: b, start: 5s, profile: 3g.40gb}");
    check_lives(&w, "all@0 0-0-2-4 half- late@4 4-5-*-*");
    placed_check_places(&w, "b>g.late");
    assert_int_equal(w.setup.instances_missing, 1);
    placed_unload(&w);
}

/* Seven small ones, of which every second goes: there is memory for a 3g, but no room. */
static void holes_keep_out_what_would_fit(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(
        &w,
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
    placed_unload(&w);
}

static void vms_are_evicted_when_the_drain_ends(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(&w,
                     GPU("{name: a, profile: 4g.40gb, until: 2s, sharing: {mode: mps}}, "
                         "{name: b, profile: 4g.40gb, from: 1s}",
                         "drain: 3s, admission: queue"),
                     "  - {name: v, instance: a, count: 2, memory: 1GiB}\n"
                     "  - {name: w, instance: a, memory: 1GiB, stop: 4s}\n"
                     "  - {name: x, instance: a, memory: 1GiB, start: 3s}\n"
                     "  - {name: y, instance: b, memory: 1GiB, start: 9s}");
    check_lives(&w, "a@0 0-0-2-7 b@0 7-8-*-*");
    placed_check_places(&w, "v0>g.a v1>g.a w>g.a x>- y>g.b");
    assert_int_equal(w.setup.evicted_count, 2);
    const nsec stops[] = { 5 * SEC, 5 * SEC, 4 * SEC };
    for (uint32_t i = 0; i < ARRAY_LEN(stops); i++) {
        assert_int_equal(w.setup.partitions[0].vms[i].stop_ns, stops[i]);
    }
    placed_unload(&w);
}

/* Given up while it is created, and while it waits. */
static void instances_may_be_given_up_early(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(&w,
                     GPU("{name: a, profile: 7g.80gb, from: 1s, until: 1.5s}, "
                         "{name: b, profile: 7g.80gb, from: 1.2s, until: 3s}, "
                         "{name: c, profile: 7g.80gb, from: 1.3s}",
                         "admission: queue"),
                     "  - {name: v, start: 9s}");
    check_lives(&w, "a@0 1-2-2-4 b- c@0 4-5-*-*");
    placed_check_places(&w, "v>g.c");
    placed_unload(&w);
}

/* VMs wait for an instance that is still to come; at time 0 that is an error. */
static void vms_wait_for_instances(void **state)
{
    struct placed w;
    (void)state;

    placed_must_load(
        &w, "admission: queue\n" GPU("{name: a, profile: 1g.10gb, from: 3s}", "drain: 1s"),
        "  - {name: v, start: 1s, profile: 1g.10gb}");
    placed_check_places(&w, "v>g.a");
    assert_int_equal(w.setup.partitions[0].vms[0].start_ns, 4 * SEC);
    placed_unload(&w);
    placed_must_load(&w, GPU("{name: a, profile: 1g.10gb, from: 3s}", "drain: 1s"),
                     "  - {name: v, start: 1s, profile: 1g.10gb}");
    placed_check_places(&w, "v>-");
    placed_unload(&w);
    placed_check_error(GPU("{name: a, profile: 1g.10gb, from: 3s}", "drain: 1s"),
                       "  - {name: v, profile: 1g.10gb}", "its instance is not there");
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
