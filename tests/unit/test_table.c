/* test_table.c - the first screen: aligned, within 80 columns, folded when there are many. */
#include "output/table.h"

#include "metrics/gather.h"
#include "support/sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sample sample;
static struct arena arena;
static char screen[65536];

static int setup(void **state)
{
    (void)state;
    sample_init(&sample);
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void check_width(void)
{
    for (const char *line = screen; *line; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") > TABLE_WIDTH) {
            fail_msg("%zu columns: %.*s", strcspn(line, "\n"), (int)strcspn(line, "\n"), line);
        }
    }
}

/* Writes the table into `screen`. */
static void show(void)
{
    const char *top = getenv("TEST_TMPDIR");
    char path[4096];
    struct summary summary;
    struct err err;
    static struct out out;

    gather_summary(&(struct gather_input){ .setup = &sample.setup,
                                           .units = &sample.unit,
                                           .warmup_ns = SEC },
                   &arena, &summary);
    (void)snprintf(path, sizeof(path), "%s/table.txt", top ? top : "/tmp");
    assert_int_equal(out_open(&out, path, &err), 0);
    table_write(&out, &summary);
    assert_int_equal(out_close(&out, &err), 0);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    screen[fread(screen, 1, sizeof(screen) - 1, f)] = '\0';
    (void)fclose(f);
    check_width();
}

static void check_line(const char *line)
{
    char wanted[256];

    (void)snprintf(wanted, sizeof(wanted), "\n%s\n", line);
    if (!strstr(screen, wanted)) {
        fail_msg("no line \"%s\" in:\n%s", line, screen);
    }
}

static void times_have_three_digits(void **state)
{
    const struct {
        double ns;
        const char *text;
    } rows[] = {
        { 0, "0ns" },       { 999, "999ns" },   { 999.6, "1.00us" },  { 1234, "1.23us" },
        { 9996, "10.0us" }, { 99960, "100us" }, { 33.7e6, "33.7ms" }, { 999.6e6, "1.00s" },
        { 61e9, "61.0s" },  { 5e12, "5000s" },  { NAN, "-" },
    };
    char text[TABLE_TIME_SIZE];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(table_time(text, rows[i].ns), rows[i].text);
    }
}

static void the_screen_of_a_sample(void **state)
{
    (void)state;
    show();
    assert_string_equal(
        screen,
        "sample\n"
        "What does a sample look like?\n"
        "10s simulated, 1s of it warm-up, seed 1\n"
        "gpu0: device, exclusive\n"
        "\n"
        "VM                 jobs    mean           p50     p95     p99       share%  due%\n"
        "desktop0            990  10.0ms +-5%   10.0ms  20.0ms  30.0ms +-8%    22.2  33.3\n"
        "desktop1            990  11.0ms +-5%   11.0ms  21.0ms  31.0ms +-8%    33.3  33.3\n"
        "trainer             990  12.0ms +-4%   12.0ms  22.0ms  32.0ms +-8%    44.4  33.3\n"
        "+- half of a 95 % interval; due%: the share that the VM is entitled to\n"
        "desktop frames: 5.0 % of the deadlines missed (worst VM 5.0 %); at least 60.0\n"
        "  frames/s, 1 % low 25.0\n"
        "\n"
        "gpu0 compute: 90.0 % used, 4.4 % switching, 5.6 % idle\n"
        "gpu0 fairness (Jain): 0.930 over all VMs; in windows of 100ms mean 0.900, least\n"
        "  0.500\n"
        "\n"
        "SLO desktop latency_p95 <= 25ms: met (worst desktop1: 21.0ms)\n"
        "SLO trainer throughput >= 10/s: met (trainer: 110/s)\n"
        "warning: desktop (both VMs): 0.6 % of the jobs were dropped\n"
        "warning: trainer: 0.6 % of the jobs were dropped\n");
}

static void unknown_numbers_are_dashes(void **state)
{
    (void)state;
    struct workload_summary *w = &sample.vm_workloads[0];

    w->done = 0;
    w->latency_mean_ns = NAN;
    w->mean_low_ns = NAN;
    w->p99_high_ns = -1;
    memset(w->has_quantile, 0, sizeof(w->has_quantile));
    w->quantile_ns[QUANTILE_P95] = -1;
    w->deadline_missed = 100;
    sample.vm_workloads[1].frames_low_1_percent = 24;
    sample.unit.jain_backlogged = 0.875;
    sample.unit.backlogged_count = 2;
    sample.engine.totals.lost_ns = 9 * SEC / 100;
    show();
    check_line(
        "desktop0              0       -             -       -       -         22.2  33.3");
    check_line(
        "SLO desktop latency_p95 <= 25ms: missed by 1 of 2 VMs (worst desktop0: no job)");
    check_line(
        "desktop frames: 7.5 % of the deadlines missed (worst VM 10.0 %); at least 60.0");
    check_line("  frames/s, 1 % low 24.0");
    check_line("gpu0 compute: 90.0 % used, 4.4 % switching, 1.0 % lost, 5.6 % idle");
    check_line(
        "gpu0 fairness (Jain): 0.930 over all VMs, 0.875 over the 2 that always had work;");
}

static void long_texts_are_wrapped(void **state)
{
    (void)state;
    sample.scenario.question = "How does a question look that goes on and on, well beyond the "
                               "eighty columns of a terminal?";
    sample.vms[1].name = "a-desktop-with-a-long-name-17";
    show();
    check_line(
        "How does a question look that goes on and on, well beyond the eighty columns of");
    check_line("a terminal?");
    assert_non_null(strstr(screen, "\na-desk..ame-17      990"));
}

static void many_vms_are_folded(void **state)
{
    enum { VMS = 13 };
    static struct vm_summary vms[VMS];
    static struct workload_summary workloads[VMS];
    static struct setup_vm setup_vms[VMS];
    (void)state;

    for (uint32_t i = 0; i < VMS; i++) {
        workloads[i] = sample.vm_workloads[0];
        workloads[i].quantile_ns[QUANTILE_P95] += i * 5 % VMS * MSEC;
        vms[i] = sample.vms[0];
        vms[i].id = i;
        vms[i].workloads = &workloads[i];
        vms[i].name = i == 0 ? "first" : i == 5 ? "last" : "other";
        setup_vms[i] = (struct setup_vm){ .name = vms[i].name, .entry = 0 };
    }
    sample.entries[0].count = VMS;
    sample.scenario.vm_count = 1;
    sample.scenario.slo_count = 0;
    sample.setup.vms = setup_vms;
    sample.setup.vm_count = VMS;
    sample.unit.vms = vms;
    sample.unit.vm_count = VMS;
    show();
    check_line("desktop: 13 VMs, best and worst p95 (vms.csv has all)");
    assert_non_null(strstr(screen, "\nfirst  "));
    assert_non_null(strstr(screen, "\nlast  "));
    assert_null(strstr(screen, "other"));
}

static void many_gpus_are_folded(void **state)
{
    static struct unit_summary units[9];
    static struct partition partitions[9];
    static struct engine_summary engines[9];
    struct unit_summary *unit = units;
    (void)state;

    for (int i = 0; i < 9; i++) {
        engines[i] = sample.engine;
        engines[i].utilisation_percent = 50 + i;
        units[i] = (struct unit_summary){ .gpu = "gpu",
                                          .engines = &engines[i],
                                          .engine_count = 1,
                                          .fairness = &sample.fairness };
        partitions[i] = sample.partition;
    }
    unit[0].vms = sample.vms;
    unit[0].vm_count = 3;
    sample.setup.partitions = partitions;
    sample.setup.partition_count = 9;
    struct summary summary;
    gather_summary(&(struct gather_input){ .setup = &sample.setup, .units = units }, &arena,
                   &summary);
    static struct out out;
    struct err err;
    assert_int_equal(out_open(&out, "/dev/null", &err), 0);
    table_write(&out, &summary);
    out.buffer[out.used] = '\0';
    assert_non_null(strstr(out.buffer, "\n9 GPUs or instances, compute: 54.0 % used (50.0 to "
                                       "58.0), 4.4 % switching\n"));
    assert_int_equal(out_close(&out, &err), 0);
}

static void workloads_have_rows_of_their_own(void **state)
{
    static struct workload_summary both[2];
    static struct workload_entry entries[2];
    (void)state;

    entries[0] = sample.workloads[1];
    entries[1] = sample.workloads[1];
    sample.entries[1].workloads = entries;
    sample.entries[1].workload_count = 2;

    both[0] = sample.vm_workloads[2];
    both[1] = sample.vm_workloads[2];
    both[1].name = "eval";
    sample.vms[2].workloads = both;
    sample.vms[2].workload_count = 2;
    show();
    assert_non_null(strstr(screen, "\ntrainer/train       990"));
    assert_non_null(strstr(screen, "\ntrainer/eval        990"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(times_have_three_digits),
        WITH(the_screen_of_a_sample),
        WITH(unknown_numbers_are_dashes),
        WITH(long_texts_are_wrapped),
        WITH(many_vms_are_folded),
        WITH(many_gpus_are_folded),
        WITH(workloads_have_rows_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
