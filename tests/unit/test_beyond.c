/* test_beyond.c - what goes beyond the measurements is named, and nothing else is. */
#include "metrics/beyond.h"

#include "base/csv.h"
#include "scenario/language.h"
#include "support/folder.h"
#include "support/sample.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three VMs on a measured device, within all bounds; tests change one thing. */
struct fixture {
    struct sample sample;
    struct arena arena;
    struct summary summary;
    struct catalogue_device device;
    struct phase phases[2]; /* Of both entries. */
    struct mig_entry instance;
    struct vm many[64];
    uint32_t many_setup[64];
};

static struct engine_sharing *compute_of(struct fixture *f)
{
    return &f->sample.gpu.sharing.engines[ENGINE_COMPUTE];
}

static struct fixture *fixture_create(void)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    sample_init(&f->sample);
    arena_init(&f->arena);
    f->device.device = (struct device){ .name = "h100-80gb",
                                        .sms = 132,
                                        .has_switch = true,
                                        .switch_cost = { .preempt_ns = 190 * USEC } };
    f->device.device.mps.is_measured = true;
    f->sample.gpu.device = f->device.device;
    f->sample.gpu.catalogue = &f->device;
    f->sample.gpu.sharing.mode = SHARING_TIME_SLICED;
    compute_of(f)->slice_ns = 2 * MSEC;
    compute_of(f)->switch_cost = f->device.device.switch_cost;
    for (int i = 0; i < 2; i++) {
        f->phases[i] = (struct phase){ .kind = PHASE_COMPUTE,
                                       .demand = { .kind = AMOUNT_CONSTANT, .mean = 5e6 } };
        f->sample.workloads[i].workload.phases = &f->phases[i];
        f->sample.workloads[i].workload.phase_count = 1;
    }
    f->summary = (struct summary){ .setup = &f->sample.setup,
                                   .units = &f->sample.unit,
                                   .unit_count = 1 };
    return f;
}

static void check(struct fixture *f, const char *wanted)
{
    const char *found = beyond_measured(&f->summary, 0, &f->arena);

    if (!wanted) {
        if (found) {
            fail_msg("said: %s", found);
        }
    } else if (!found || !strstr(found, wanted)) {
        fail_msg("'%s' lacks '%s'", found ? found : "nothing", wanted);
    }
    if (found) {
        assert_null(strstr(found, ", ,"));
        assert_int_equal(strncmp(found, "gpu0: outside of what was measured", 34), 0);
    }
    arena_fini(&f->arena);
    test_free(f);
}

static void make_mps(struct fixture *f)
{
    f->sample.gpu.sharing.mode = SHARING_MPS;
}

static void make_unmeasured(struct fixture *f)
{
    f->sample.gpu.catalogue = NULL;
    f->sample.gpu.device.has_switch = false;
}

/* All of them VMs of the first entry. */
static void make_many(struct fixture *f, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        f->many[i] = (struct vm){ .index = i, .share_ppm = PPM / 2, .stop_ns = NSEC_MAX };
    }
    f->sample.partition.vms = f->many;
    f->sample.partition.setup_vms = f->many_setup;
    f->sample.partition.vm_count = count;
}

static void within_the_bounds_nothing_is_said(void **state)
{
    (void)state;
    struct fixture *f = fixture_create();
    make_many(f, 32);
    check(f, NULL);

    f = fixture_create();
    make_mps(f);
    make_many(f, 8);
    f->phases[0].blocks = 132;
    f->phases[1].memory_bound_ppm = PPM;
    check(f, NULL);

    /* More, but not at once. */
    f = fixture_create();
    make_many(f, 40);
    for (uint32_t i = 0; i < 40; i++) {
        f->many[i].start_ns = i / 20 * SEC;
        f->many[i].stop_ns = (i / 20 + 1) * SEC;
    }
    check(f, NULL);
}

static void turns_beyond_are_named(void **state)
{
    (void)state;
    struct fixture *f = fixture_create();
    make_many(f, 40);
    check(f, "real GPUs: 40 VMs by turns (at most 32)");

    f = fixture_create();
    compute_of(f)->slice_ns = MSEC / 2;
    check(f, "slices of 0.5 ms (2.1 ms)");

    f = fixture_create();
    compute_of(f)->switch_cost.preempt_ns = MSEC;
    check(f, "switches of 1 ms (0.19 ms, 0.14 to 0.27 ms by what runs)");

    f = fixture_create();
    compute_of(f)->switch_cost.preempt_ns = 250 * USEC;
    check(f, NULL);

    f = fixture_create();
    for (int i = 0; i < 3; i++) {
        f->sample.vm_workloads[i].is_open = true;
    }
    f->sample.engine.utilisation_percent = 97.4;
    check(f, "a load of 97 % (at most 95 %)");

    f = fixture_create(); /* A closed loop fills the rest. */
    f->sample.engine.utilisation_percent = 97.4;
    check(f, NULL);
}

static void kernels_that_overrun_slices_are_named(void **state)
{
    (void)state;
    struct fixture *f = fixture_create();
    f->sample.gpu.device.preemption = PREEMPTION_KERNEL;
    check(f, "kernels of 5 ms that cannot be preempted, longer than the slice");

    f = fixture_create();
    f->sample.gpu.device.preemption = PREEMPTION_KERNEL;
    f->phases[0].kernel_ns = MSEC;
    f->phases[1].kernel_ns = MSEC;
    check(f, NULL);

    f = fixture_create();
    f->phases[1].has_preemption = true;
    f->phases[1].preemption = PREEMPTION_KERNEL;
    check(f, "kernels of 5 ms");

    /* A trace knows its lengths; a pareto has none on average. */
    f = fixture_create();
    f->phases[1].has_preemption = true;
    f->phases[1].preemption = PREEMPTION_KERNEL;
    f->phases[1].demand = (struct amount){ .kind = AMOUNT_TRACE };
    check(f, NULL);

    f = fixture_create();
    f->phases[1].has_preemption = true;
    f->phases[1].preemption = PREEMPTION_KERNEL;
    f->phases[1].demand = (struct amount){ .kind = AMOUNT_PARETO, .scale = MSEC, .shape = 1 };
    check(f, "that cannot be preempted, longer than the slice");
}

static void devices_without_measurements_are_named(void **state)
{
    (void)state;
    struct fixture *f = fixture_create();
    f->device.device.has_switch = false;
    f->sample.gpu.device = f->device.device;
    f->sample.gpu.device.name = "l40s";
    compute_of(f)->switch_cost = assumed_switch;
    check(f, "what a switch costs on l40s (assumed)");

    f = fixture_create();
    make_unmeasured(f);
    compute_of(f)->switch_cost = assumed_switch;
    f->phases[0].kind = PHASE_COPY_IN;
    check(f, "what a switch costs on this device (assumed), copies on this device");

    f = fixture_create(); /* One VM never switches. */
    make_unmeasured(f);
    compute_of(f)->switch_cost = assumed_switch;
    f->sample.partition.vm_count = 1;
    check(f, NULL);

    f = fixture_create(); /* Who gives the costs knows them. */
    make_unmeasured(f);
    compute_of(f)->switch_cost.preempt_ns = 5 * MSEC;
    check(f, NULL);

    f = fixture_create();
    f->sample.partition.instance = &f->instance;
    check(f, "real GPUs: MIG instances");

    f = fixture_create();
    f->sample.gpu.thermal.is_on = true;
    f->sample.gpu.faults.reset_ns = SEC;
    check(f, "real GPUs: heat and the clocks that follow it, faults");

    f = fixture_create();
    f->phases[0].kind = PHASE_ENCODE;
    check(f, "encode and decode engines");
}

static void mps_beyond_is_named(void **state)
{
    (void)state;
    struct fixture *f = fixture_create();
    make_mps(f);
    make_many(f, 9);
    check(f, "9 MPS clients (at most 8)");

    f = fixture_create();
    make_mps(f);
    f->sample.partition_vms[1].share_ppm = PPM / 20;
    check(f, "shares of 5 % (at least 10 %)");

    f = fixture_create();
    make_mps(f);
    f->phases[0].blocks = 64;
    f->phases[1].blocks = 1000;
    check(f, "grids of 64 blocks (at least 132), grids of 1000 blocks (at most 528)");

    f = fixture_create();
    make_mps(f);
    f->phases[0].memory_bound_ppm = PPM / 2;
    check(f, "kernels that memory binds in part");

    f = fixture_create();
    make_many(f, 5);
    f->phases[0].kind = PHASE_COPY_OUT;
    check(f, "copies of 5 VMs (at most 4)");
}

/* What a scenario of the index has. */
struct scenario_row {
    char name[64];
    char mode[16];
    uint32_t vms;
    double load; /* Percent: of Poisson arrivals. */
};

static struct scenario_row *row_of(struct scenario_row *rows, uint32_t *count, const char *name)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    snprintf(rows[*count].name, sizeof(rows[0].name), "%s", name);
    return &rows[(*count)++];
}

enum { SCENARIO, MODE, VM = 3, RATE = 6, DEMAND = 11, BLOCKS, SHARE, COLUMNS };

static double most(double a, double b)
{
    return a > b ? a : b;
}

static void the_bounds_are_those_of_the_index(void **state)
{
    static struct scenario_row rows[512];
    struct csv_field row[COLUMNS];
    uint32_t count = 0;
    double share = 100;
    double blocks[2] = { 1e9, 0 };
    double vms[3] = { 0 };
    double load[2] = { 0 };
    struct text text;
    struct csv csv;
    struct err err;
    (void)state;

    folder_read("tests/hardware/index.csv", &text);
    csv_init(&csv, "index.csv", text.bytes, text.size);
    assert_int_equal(csv_row(&csv, row, COLUMNS, &err), COLUMNS);
    assert_string_equal(row[SHARE].text, "sm_percent");
    while (csv_row(&csv, row, COLUMNS, &err) == COLUMNS) {
        struct scenario_row *of = row_of(rows, &count, row[SCENARIO].text);
        snprintf(of->mode, sizeof(of->mode), "%s", row[MODE].text);
        of->vms++;
        of->load += atof(row[RATE].text) * atof(row[DEMAND].text) / 10;
        if (strcmp(of->mode, "mps") == 0) {
            share = -most(-share, -atof(row[SHARE].text));
            blocks[0] = -most(-blocks[0], -atof(row[BLOCKS].text));
            blocks[1] = most(blocks[1], atof(row[BLOCKS].text));
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        int kind = strcmp(rows[i].mode, "mps") == 0 ? 1 : strcmp(rows[i].mode, "copy") ? 0 : 2;
        vms[kind] = most(vms[kind], rows[i].vms);
        load[kind % 2] = most(load[kind % 2], rows[i].load);
    }
    assert_int_equal((int)vms[0], BEYOND_TURNS_VMS);
    assert_int_equal((int)vms[1], BEYOND_MPS_CLIENTS);
    assert_int_equal((int)vms[2], BEYOND_COPY_VMS);
    assert_int_equal((int)(load[0] + 0.5), BEYOND_TURNS_LOAD_PERCENT);
    assert_int_equal((int)(load[1] + 0.5), BEYOND_MPS_LOAD_PERCENT);
    assert_int_equal((int)share, BEYOND_MPS_SHARE_PERCENT);
    assert_int_equal((int)blocks[0], BEYOND_MPS_BLOCKS_MIN);
    assert_int_equal((int)blocks[1], BEYOND_MPS_BLOCKS_MAX);
    text_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_the_bounds_nothing_is_said),
        cmocka_unit_test(turns_beyond_are_named),
        cmocka_unit_test(kernels_that_overrun_slices_are_named),
        cmocka_unit_test(devices_without_measurements_are_named),
        cmocka_unit_test(mps_beyond_is_named),
        cmocka_unit_test(the_bounds_are_those_of_the_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
