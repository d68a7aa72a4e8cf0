/*
 * The model that the speed is measured with (tests/bench/model_b.yaml) does what it should.
 * Over many seeds its mean latency is 33.7 ms, with a standard deviation of 0.43 ms between
 * runs of 6000 s, p99 is 232 ms, and a job takes 2.905 slices; the hand-written loops of
 * tests/bench agree.
 */
#include "support/simulate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const double MS_IN_NS = 1e-6;

static void bench_model_b_has_its_expected_outcome(void **state)
{
    char scenario[4096];
    double jobs = 0;
    double sum_ms = 0;
    double p99_ms = 0;
    (void)state;

    FILE *file = fopen("tests/bench/model_b.yaml", "rb");
    assert_non_null(file);
    size_t size = fread(scenario, 1, sizeof(scenario) - 1, file);
    fclose(file);
    scenario[size] = '\0';
    simulate_run("model_b", scenario, "");

    struct sheet vms = simulate_read("model_b", "vms.csv");
    assert_int_equal(vms.row_count, 16);
    for (uint32_t row = 0; row < vms.row_count; row++) {
        double done = sheet_number(&vms, row, "jobs_done");
        jobs += done;
        sum_ms += done * sheet_number(&vms, row, "latency_mean_ns") * MS_IN_NS;
        p99_ms += sheet_number(&vms, row, "latency_p99_ns") * MS_IN_NS / 16;
    }
    sheet_fini(&vms);
    struct sheet engines = simulate_read("model_b", "engines.csv");
    double slices = sheet_number(&engines, 0, "stays") / jobs;
    sheet_fini(&engines);

    print_message("mean %.3f ms, p99 %.1f ms, %.4f slices a job\n", sum_ms / jobs, p99_ms,
                  slices);
    assert_true(fabs(sum_ms / jobs - 33.7) < 4 * 0.43);
    assert_true(fabs(p99_ms - 232) < 0.06 * 232);
    assert_true(fabs(slices - 2.905) < 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bench_model_b_has_its_expected_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
