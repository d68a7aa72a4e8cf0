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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instances_have_the_sms_of_the_table),
        cmocka_unit_test(instances_have_the_places_of_the_driver),
        cmocka_unit_test(vms_take_free_instances_of_their_profile),
        cmocka_unit_test(vms_go_to_the_instance_that_they_name),
        cmocka_unit_test(taken_instances_are_closed),
        cmocka_unit_test(vgpu_types_of_instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
