/*
 * test_validation.c - what a comparison says of its rows, its intervals and its worst cases,
 * and the figures that are drawn of it.
 *
 * The sample in tests/figures/validation/ has two VMs or more of each regime, and one scenario
 * that was measured twice; `vgpusim validate -o` made it.
 */
#include "output/figures.h"
#include "output/validation.h"
#include "study/worst.h"
#include "support/folder.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOBS = 2000, ROWS_MAX = 8 };

/* A scenario of one VM, as measured, and rows made of it. */
struct fixture {
    struct arena arena;
    struct catalogue catalogue;
    struct calibration calibration;
    struct measured_scenario scenario;
    struct measured_vm vm;
    struct measured_job jobs[JOBS];
};

/* Jobs that come far apart, so that each has the GPU to itself, and take what is random. */
static struct fixture *fixture_create(void)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct err err;
    uint64_t seed = 7;

    arena_init(&f->arena);
    catalogue_init(&f->catalogue, &f->arena);
    assert_int_equal(calibration_of(&f->catalogue, "h100", &f->calibration, &err), 0);
    f->calibration.values[CALIBRATION_LAUNCH_TAIL] = 0.0; /* No chance but that of draws. */
    for (int i = 0; i < JOBS; i++) {
        nsec arrival_ns = i * 20 * MSEC;
        nsec demand_ns = test_between(&seed, MSEC, 2 * MSEC);
        f->jobs[i] = (struct measured_job){ arrival_ns, demand_ns, arrival_ns,
                                            arrival_ns + demand_ns * 11 / 10 };
    }
    f->vm = (struct measured_vm){ .name = "a",
                                  .kernel = "burn",
                                  .blocks = 528,
                                  .sm_percent = 100,
                                  .jobs = f->jobs,
                                  .job_count = JOBS };
    f->scenario = (struct measured_scenario){ .name = "s",
                                              .mode = MEASURED_TIME_SLICED,
                                              .regime = MEASURED_OPEN,
                                              .duration_ns = JOBS * 20 * MSEC,
                                              .vms = &f->vm,
                                              .vm_count = 1 };
    return f;
}

static void fixture_free(struct fixture *f)
{
    arena_fini(&f->arena);
    test_free(f);
}

static void details_have_intervals_and_quantiles(void **state)
{
    struct fixture *f = fixture_create();
    struct measured_set set = { .scenarios = &f->scenario, .scenario_count = 1 };
    struct validate_plan plan = { &f->calibration, MEASURED_ALL, true };
    struct validation v;
    struct err err;
    (void)state;

    assert_int_equal(validate(&set, &plan, &f->arena, &v, &err), 0);
    assert_int_equal(v.row_count, 1);
    const struct validation_row *row = &v.rows[0];
    const struct validation_detail *d = row->detail;
    assert_non_null(d);
    assert_int_equal(d->predicted_count, JOBS);
    /* Uniform between 1.1 and 2.2 ms: a deviation of 0.3175 ms over the root of 2000. */
    double half = (d->high_ns[VALIDATE_MEAN] - d->low_ns[VALIDATE_MEAN]) / 2;
    assert_true(half > 0.5 * 1.96 * 317500 / sqrt(JOBS));
    assert_true(half < 2.0 * 1.96 * 317500 / sqrt(JOBS));
    for (int m = 0; m < VALIDATE_METRICS; m++) {
        assert_true(d->low_ns[m] <= row->measured_ns[m]);
        assert_true(d->high_ns[m] >= row->measured_ns[m]);
        double error = row->predicted_ns[m] - row->measured_ns[m];
        assert_true(d->error_low_ns[m] <= error && error <= d->error_high_ns[m]);
    }
    /* The error of each job is a tenth of it and a constant, so it is known far better. */
    assert_true(d->error_high_ns[VALIDATE_MEAN] - d->error_low_ns[VALIDATE_MEAN] < half / 4);
    assert_true((double)d->measured_quantiles_ns[49] == row->measured_ns[VALIDATE_P50]);
    assert_true((double)d->predicted_quantiles_ns[94] == row->predicted_ns[VALIDATE_P95]);
    for (int p = 1; p < VALIDATE_QUANTILES; p++) {
        assert_true(d->measured_quantiles_ns[p] >= d->measured_quantiles_ns[p - 1]);
    }
    for (int m = 0; m < VALIDATE_METRICS; m++) {
        /* Jobs that have the GPU to themselves take the same whenever they come. */
        assert_true(d->predicted_low_ns[m] == row->predicted_ns[m]);
        assert_true(d->predicted_high_ns[m] == row->predicted_ns[m]);
    }
    assert_true(validation_spreads(&v, MEASURED_OPEN, VALIDATE_P99).max == 0);
    fixture_free(f);
}

/* Two VMs whose jobs come at the same instants: the one that happens to be first differs. */
static void predictions_spread_where_microseconds_decide(void **state)
{
    struct fixture *f = fixture_create();
    struct measured_vm both[2] = { f->vm, f->vm };
    struct measured_set set = { .scenarios = &f->scenario, .scenario_count = 1 };
    struct validate_plan plan = { &f->calibration, MEASURED_ALL, true };
    struct validation v;
    struct validation again;
    struct err err;
    (void)state;

    both[1].name = "b";
    f->scenario.vms = both;
    f->scenario.vm_count = 2;
    assert_int_equal(validate(&set, &plan, &f->arena, &v, &err), 0);
    assert_int_equal(validate(&set, &plan, &f->arena, &again, &err), 0);
    for (int i = 0; i < 2; i++) {
        const struct validation_detail *d = v.rows[i].detail;
        /* In phase the first waits for nothing, and the second always; else each does now and
           then. */
        double width = d->predicted_high_ns[VALIDATE_MEAN] - d->predicted_low_ns[VALIDATE_MEAN];
        assert_true(width > 0.1 * v.rows[i].predicted_ns[VALIDATE_MEAN]);
        assert_memory_equal(d->predicted_high_ns, again.rows[i].detail->predicted_high_ns,
                            sizeof(d->predicted_high_ns));
    }
    fixture_free(f);
}

static struct validation_row row_of(const char *scenario, enum measured_regime regime,
                                    const char *vm, double measured, double predicted)
{
    struct validation_row row = { .scenario = scenario, .regime = regime, .vm = vm };

    row.measured_ns[VALIDATE_MEAN] = measured;
    row.predicted_ns[VALIDATE_MEAN] = predicted;
    return row;
}

static void what_was_measured_twice_is_told(void **state)
{
    struct validation_row rows[] = {
        row_of("x", MEASURED_OPEN, "a", 100, 1),
        row_of("x", MEASURED_OPEN, "b", 200, 1),
        row_of("x_r2", MEASURED_OPEN, "a", 110, 1),
        row_of("x_r2", MEASURED_OPEN, "b", 198, 1),
        row_of("xy_r2", MEASURED_OPEN, "a", 500, 1),
        row_of("x_raw", MEASURED_OPEN, "a", 700, 1),
    };
    struct validation v = { .rows = rows, .row_count = ARRAY_LEN(rows) };
    (void)state;

    struct validation_summary s = validation_repeats(&v, MEASURED_OPEN, VALIDATE_MEAN);
    assert_int_equal(s.vms, 2);
    assert_true(fabs(s.median - 5.5) < 1e-9);
    assert_true(fabs(s.max - 10) < 1e-9);
    assert_int_equal(validation_repeats(&v, MEASURED_CLOSED, VALIDATE_MEAN).vms, 0);
}

static void the_worst_of_each_regime_comes_first(void **state)
{
    static struct measured_job measured[3] = { { 0, 0, 0, 10 },
                                               { 100, 0, 0, 160 },
                                               { 200, 0, 0, 210 } };
    static struct measured_job predicted[2] = { { 0, 0, 0, 10 }, { 100, 0, 0, 110 } };
    static const struct measured_vm vm = { .jobs = measured, .job_count = 3 };
    const struct validation_detail detail = { .measured = &vm,
                                              .predicted = predicted,
                                              .predicted_count = 2 };
    struct validation_row rows[] = {
        row_of("c", MEASURED_CLOSED, "a", 100, 101), row_of("o", MEASURED_OPEN, "a", 100, 101),
        row_of("o", MEASURED_OPEN, "b", 10, 12),     row_of("o2", MEASURED_OPEN, "a", 100, 110),
        row_of("m", MEASURED_MPS_OPEN, "a", 10, 7),
    };
    struct validation v = { .rows = rows, .row_count = ARRAY_LEN(rows) };
    struct worst_case cases[2];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rows[i].detail = &detail;
    }
    assert_int_equal(worst_cases(&v, cases, 2), 2);
    assert_int_equal(cases[0].row, 4);
    assert_int_equal(cases[1].row, 2);
    assert_int_equal(cases[1].first, 1);
    assert_int_equal(cases[1].vm_count, 2);
    /* Six of the longer mean latencies about the second job. */
    assert_in_range(cases[1].from_ns, 70, 80);
    assert_int_equal(cases[1].to_ns - cases[1].from_ns, 73);
}

static const char *const figure_names[] = { "validation", "validation_regimes",
                                            "validation_quantiles",
                                            "validation_quantile_errors",
                                            "validation_timelines" };

static const char *const figure_labels[][4] = {
    { "time-sliced, 15 VMs", "applications, 2 VMs", "p99 latency", "95 % intervals" },
    { "time-sliced closed", "8 VMs", "Absolute error (%)", "measurements made twice" },
    { "MPS open, 2 VMs", "Predicted (ms)", "Measured (ms)", "circles: medians" },
    { "time-sliced mixed, 8 VMs", "Quantile (%)", "Error (%)", "median over the VMs" },
    { "mps_burn50_stream50: measured", "predicted, s 3.02 ms (-49.9 %)", "Time since", "(ms)" },
};

/* A folder with the sample's files, or with their headers only. */
static void copy_sample(char folder[FOLDER_PATH_MAX], const char *name, bool is_empty)
{
    static const char *const files[] = { "validation.csv", "regimes.csv", "quantiles.csv",
                                         "quantile_errors.csv", "timelines.csv" };
    const char *scratch = getenv("TEST_TMPDIR");

    snprintf(folder, FOLDER_PATH_MAX, "%s/%s", scratch ? scratch : "/tmp", name);
    mkdir(folder, 0777);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char path[FOLDER_PATH_MAX];
        struct text text;
        snprintf(path, sizeof(path), "tests/figures/validation/%s", files[i]);
        folder_read(path, &text);
        size_t size =
            is_empty ? (size_t)(strchr(text.bytes, '\n') - text.bytes) + 1 : text.size;
        folder_write(folder, files[i], text.bytes, size);
        text_fini(&text);
    }
}

static void draw(const char *folder)
{
    struct err err = { 0 };
    int result = validation_draw(folder, "some_device: 23 VMs", &err);

    if (result == FIGURES_NO_GNUPLOT) {
        print_message("skipped: %s\n", err.text);
        skip();
    }
    if (result) {
        fail_msg("%s", err.text);
    }
}

static void every_figure_is_well_formed_and_labelled(void **state)
{
    char folder[FOLDER_PATH_MAX];
    char path[FOLDER_PATH_MAX + 64];
    (void)state;

    copy_sample(folder, "good", false);
    draw(folder);
    for (size_t i = 0; i < ARRAY_LEN(figure_names); i++) {
        struct text file;
        snprintf(path, sizeof(path), "%s/%s.svg", folder, figure_names[i]);
        folder_read(path, &file);
        markup_check(file.bytes);
        assert_non_null(strstr(file.bytes, "some_device: 23 VMs"));
        assert_null(strstr(file.bytes, "nan"));
        for (size_t k = 0; k < ARRAY_LEN(figure_labels[i]); k++) {
            if (!strstr(file.bytes, figure_labels[i][k])) {
                fail_msg("%s lacks '%s'", figure_names[i], figure_labels[i][k]);
            }
        }
        text_fini(&file);
        snprintf(path, sizeof(path), "%s/%s.png", folder, figure_names[i]);
        folder_read(path, &file);
        assert_true(file.size > 20000);
        assert_memory_equal(file.bytes, "\x89PNG\r\n\x1a\n", 8);
        text_fini(&file);
    }
}

static void nothing_to_compare_is_drawn_as_such(void **state)
{
    char folder[FOLDER_PATH_MAX];
    char path[FOLDER_PATH_MAX + 64];
    (void)state;

    copy_sample(folder, "empty", true);
    draw(folder);
    for (size_t i = 0; i < ARRAY_LEN(figure_names); i++) {
        struct text file;
        snprintf(path, sizeof(path), "%s/%s.svg", folder, figure_names[i]);
        folder_read(path, &file);
        assert_non_null(strstr(file.bytes, "nothing to compare"));
        text_fini(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(details_have_intervals_and_quantiles),
        cmocka_unit_test(predictions_spread_where_microseconds_decide),
        cmocka_unit_test(what_was_measured_twice_is_told),
        cmocka_unit_test(the_worst_of_each_regime_comes_first),
        cmocka_unit_test(every_figure_is_well_formed_and_labelled),
        cmocka_unit_test(nothing_to_compare_is_drawn_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
