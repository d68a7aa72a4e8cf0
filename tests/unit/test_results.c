/* test_results.c - the files of a result, byte for byte where they are short. */
#include "output/results.h"

#include "metrics/gather.h"
#include "output/out.h"
#include "support/sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

static struct sample sample;
static struct arena arena;
static struct summary summary;
static struct err err;
static char folder[2048];
static char content[65536];

static int setup(void **state)
{
    const char *top = getenv("TEST_TMPDIR");
    (void)state;

    sample_init(&sample);
    arena_init(&arena);
    (void)snprintf(folder, sizeof(folder), "%s/results/sample", top ? top : "/tmp");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void write_all(void)
{
    gather_summary(&(struct gather_input){ .setup = &sample.setup,
                                           .units = &sample.unit,
                                           .warmup_ns = SEC },
                   &arena, &summary);
    assert_int_equal(results_write(&summary, folder, &err), 0);
}

static const char *read_back(const char *name)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    content[fread(content, 1, sizeof(content) - 1, f)] = '\0';
    (void)fclose(f);
    return content;
}

/* Line n of a file, from 1. */
static const char *line_of(const char *name, int n)
{
    char *line = (char *)(uintptr_t)read_back(name);

    for (; n > 1; n--) {
        line = strchr(line, '\n');
        assert_non_null(line);
        line++;
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static void sheets_are_as_promised(void **state)
{
    (void)state;
    write_all();
    assert_string_equal(read_back("engines.csv"),
                        "gpu,engine,busy_ns,switch_ns,lost_ns,wasted_ns,idle_ns,stays,switches,"
                        "utilisation_percent\n"
                        "gpu0,compute,8100000000,400000000,0,1000,500000000,4000,3000,90\n");
    assert_string_equal(read_back("fairness.csv"), "gpu,window_ns,windows,jain_mean,jain_min\n"
                                                   "gpu0,100000000,90,0.9,0.5\n"
                                                   "gpu0,200000000,0,,\n");
    assert_string_equal(read_back("timeline.csv"),
                        "gpu,engine,vm,switch_start_ns,run_start_ns,run_end_ns\n"
                        "gpu0,compute,desktop0,1000000000,1000000070,1000002000\n"
                        "gpu0,compute,trainer,1000002000,1000002100,1000004000\n");
    assert_string_equal(line_of("windows.csv", 2), "gpu0,1000000000,5000000000,,6000000,0.95");
    assert_string_equal(line_of("windows.csv", 5),
                        "gpu0,1000000000,5000000000,trainer,3000000,");
    assert_string_equal(line_of("windows.csv", 6), "gpu0,5000000000,10000000000,,15000000,");
    assert_string_equal(line_of("distribution.csv", 2),
                        "desktop0,frames,10000000,500,50.5050505");
    assert_string_equal(line_of("distribution.csv", 3), "desktop0,frames,40000000,490,100");
}

static void vms_begin_as_promised(void **state)
{
    (void)state;
    sample.vm_workloads[1].has_quantile[QUANTILE_P99] = false;
    write_all();
    const char *head =
        "vm,workload,gpu,jobs_arrived,jobs_done,latency_mean_ns,latency_p50_ns,latency_p90_ns,"
        "latency_p95_ns,latency_p99_ns,latency_max_ns,slowdown_mean,service_ns,share_percent,";
    assert_memory_equal(line_of("vms.csv", 1), head, strlen(head));
    assert_string_equal(
        line_of("vms.csv", 2),
        "desktop0,frames,gpu0,1000,990,10000000,10000000,15000000,20000000,30000000,40000000,"
        "1.5,2000000000,22.2222222,1000000,2000000,6000000,0,1000000,33.3333,6,50,9500000,"
        "10500000,28000000,33000000,60,25");
    /* Too few jobs for p99. */
    head = "desktop1,frames,gpu0,1000,990,11000000,11000000,16000000,21000000,,41000000,";
    assert_memory_equal(line_of("vms.csv", 3), head, strlen(head));
    assert_string_equal(
        line_of("vms.csv", 4),
        "trainer,train,gpu0,1000,990,12000000,12000000,17000000,22000000,32000000,42000000,"
        "1.5,4000000000,44.4444444,1000000,2000000,8000000,0,1000000,33.3333,6,,11500000,"
        "12500000,30000000,35000000,,");
}

static void a_vm_without_jobs_has_empty_cells(void **state)
{
    (void)state;
    sample.vm_workloads[0] = (struct workload_summary){
        .name = "frames",
        .latency_mean_ns = NAN,
        .mean_low_ns = NAN,
        .mean_high_ns = NAN,
        .p99_low_ns = -1,
        .p99_high_ns = -1,
        .quantile_ns = { -1, -1, -1, -1 },
        .max_ns = -1,
        .slowdown_mean = NAN,
        .service_ns = -1,
        .trend = NAN,
        .frames_per_second = NAN,
        .frames_low_1_percent = NAN,
    };
    write_all();
    assert_string_equal(line_of("vms.csv", 2),
                        "desktop0,frames,gpu0,0,0,,,,,,,,,22.2222222,,,,,,33.3333,0,,,,,,,");
}

static void refused_vms_have_no_row(void **state)
{
    (void)state;
    sample.unit.vm_count = 2;
    sample.setup.refused_count = 1;
    sample.fairness.window_count = 0;
    write_all();
    assert_null(strstr(read_back("vms.csv"), "trainer"));
    assert_null(strstr(read_back("distribution.csv"), "trainer"));
}

static void names_are_quoted(void **state)
{
    (void)state;
    sample.vms[0].name = "desk,\"top\"";
    sample.scenario.name = "\xff\"\n";
    write_all();
    assert_memory_equal(line_of("vms.csv", 2), "\"desk,\"\"top\"\"\",frames,", 22);
    json_t *root = json_loads(read_back("summary.json"), 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "name")), "?\"\n");
    json_decref(root);
}

static double real_at(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void the_summary_says_the_same(void **state)
{
    (void)state;
    sample.scenario.seed = UINT64_MAX;
    write_all();
    assert_non_null(strstr(read_back("summary.json"), "\"seed\": 18446744073709551615,\n"));
    sample.scenario.seed = 1;
    write_all();
    json_t *root = json_loads(read_back("summary.json"), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_true(real_at(root, "seed") == 1);
    assert_true(real_at(root, "warmup_ns") == 1e9);
    json_t *vms = json_object_get(root, "vms");
    assert_int_equal(json_array_size(vms), 3);
    json_t *trainer = json_array_get(vms, 2);
    assert_true(real_at(trainer, "latency_p99_ns") == 32e6);
    assert_true(real_at(trainer, "share_percent") == 44.4444444);
    assert_true(real_at(trainer, "jobs_unfinished") == 4);
    assert_true(json_is_null(json_object_get(trainer, "deadline_missed")));
    json_t *gpu = json_array_get(json_object_get(root, "gpus"), 0);
    assert_true(json_is_null(json_object_get(gpu, "jain_backlogged")));
    assert_true(real_at(json_array_get(json_object_get(gpu, "engines"), 0), "idle_ns") == 5e8);
    json_t *slo = json_array_get(json_object_get(root, "slo"), 0);
    assert_true(json_is_true(json_object_get(slo, "met")));
    assert_true(real_at(slo, "max") == 25e6);
    assert_int_equal(json_array_size(json_object_get(root, "warnings")), 2);
    json_decref(root);
}

static void run_facts_are_apart(void **state)
{
    const struct run_facts facts = { "1.2.3", 0.25, 2, 6460000 };
    (void)state;

    assert_int_equal(results_write_run(&facts, folder, &err), 0);
    assert_string_equal(read_back("run.json"),
                        "{\"version\": \"1.2.3\", \"wall_seconds\": 0.25, "
                        "\"threads\": 2, \"events\": 6460000}\n");
    assert_int_equal(results_write_text(folder, "effective.yaml", "a: 1\n", 5, &err), 0);
    assert_string_equal(read_back("effective.yaml"), "a: 1\n");
}

static void failures_are_told(void **state)
{
    char path[4096];
    char part[8192];
    (void)state;

    write_all();
    (void)snprintf(path, sizeof(path), "%s/summary.json", folder);
    (void)snprintf(part, sizeof(part), "%s.%ld.part", path, (long)getpid());
    assert_int_equal(symlink("/dev/full", part), 0);
    assert_int_equal(results_write(&summary, folder, &err), -1);
    assert_int_equal(err.kind, ERR_WRITE);
    assert_non_null(strstr(err.text, "summary.json: No space left on device"));
    assert_int_equal(results_write(&summary, "/proc/none", &err), -1);
    assert_int_equal(err.kind, ERR_CREATE);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(sheets_are_as_promised),
        WITH(vms_begin_as_promised),
        WITH(a_vm_without_jobs_has_empty_cells),
        WITH(refused_vms_have_no_row),
        WITH(names_are_quoted),
        WITH(the_summary_says_the_same),
        WITH(run_facts_are_apart),
        WITH(failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
