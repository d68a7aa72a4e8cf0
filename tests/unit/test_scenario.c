/* What a scenario becomes, and that hostile ones are refused soon. */
#include "cli/report.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUICKLY_SECONDS = 20 };

#define HEAD "duration: 1s\ngpus: [{name: g, device: l40s}]\n"

static int load(const char *bytes, size_t size, struct scenario *ret, struct err_list *errors)
{
    struct scenario_source source = { .file = "t.yaml", .bytes = bytes, .size = size };

    return scenario_load(&source, ret, errors);
}

static void must_load(const char *text, struct scenario *ret)
{
    struct err_list errors;

    if (load(text, strlen(text), ret, &errors)) {
        fail_msg("%s", errors.errors[0].text);
    }
}

/* ------------------------------------------------------------------------- what it becomes */

static void defaults_are_those_of_the_language(void **state)
{
    struct scenario s;

    (void)state;
    must_load(HEAD "vms: [{name: v, weight: 300}, {name: w, weight: 7, priority: 9}]\n", &s);
    assert_string_equal(s.name, "t");
    assert_string_equal(s.question, "");
    assert_int_equal(s.seed, 1);
    assert_int_equal(s.warmup_ns, 0);
    assert_int_equal(s.admission, ADMISSION_REFUSE);
    const struct sharing *sharing = &s.gpus[0].sharing;
    const struct engine_sharing *compute = &sharing->engines[ENGINE_COMPUTE];
    assert_int_equal(sharing->mode, SHARING_TIME_SLICED);
    assert_string_equal(compute->policy->name, "best_effort");
    assert_int_equal(compute->slice_ns, 2 * MSEC);
    assert_int_equal(compute->slice_origin, ORIGIN_ASSUMED);
    assert_int_equal(compute->switch_cost.preempt_ns, 150 * USEC);
    assert_int_equal(compute->switch_cost.idle_ns, 100 * USEC);
    assert_int_equal(compute->switch_cost.restore_ns, 30 * USEC);
    assert_int_equal(compute->switch_origin, ORIGIN_ASSUMED);
    assert_string_equal(sharing->engines[ENGINE_ENCODE].policy->name, "fifo");
    assert_int_equal(sharing->engines[ENGINE_ENCODE].switch_cost.preempt_ns, 0);
    assert_int_equal(s.vms[0].priority, 255);
    assert_int_equal(s.vms[0].stop_ns, NSEC_MAX);
    assert_int_equal(s.vms[0].schedule.maximum_ppm, PPM);
    assert_int_equal(s.vms[1].priority, 9);
    assert_int_equal(s.vms[1].gpu_index, UINT32_MAX);
    scenario_fini(&s);
}

/* By the table of the vendor's guide: 2 ms up to 8 VMs, else 1 ms; 480 or 960 Hz. */
static void slices_follow_the_vendor(void **state)
{
    static const struct {
        const char *policy;
        const char *profile;
        nsec slice_ns;
    } rows[] = {
        { "best_effort", "L40S-8Q", 2 * MSEC },  { "round_robin", "L40S-6Q", 2 * MSEC },
        { "best_effort", "L40S-4Q", MSEC },      { "equal_share", "L40S-8Q", SEC / 480 },
        { "fixed_share", "L40S-1B", SEC / 960 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[300];
        struct scenario s;
        (void)snprintf(text, sizeof(text),
                       "duration: 1s\ngpus: [{name: g, device: l40s, sharing: {policy: %s}}]\n"
                       "vms: [{name: v, profile: %s}]\n",
                       rows[i].policy, rows[i].profile);
        must_load(text, &s);
        const struct engine_sharing *compute = &s.gpus[0].sharing.engines[ENGINE_COMPUTE];
        assert_int_equal(compute->slice_ns, rows[i].slice_ns);
        assert_int_equal(compute->slice_origin, ORIGIN_VENDOR);
        scenario_fini(&s);
    }
}

static void bytes_become_time(void **state)
{
    struct scenario s;

    (void)state;
    must_load("duration: 1s\n"
              "gpus: [{name: g, device: {sm: 4, memory: 1GiB, copy_bandwidth: 3GB/s}}]\n"
              "vms: [{name: v, workloads: [{arrival: {poisson: 1/s}, job: [{copy_in: 10MB},"
              " {copy_out: {exponential: 6MB}}, {copy_in: 5us}]}]}]\n",
              &s);
    const struct phase *phases = s.vms[0].workloads[0].workload.phases;
    assert_true(phases[0].demand.mean == 3333333.0);
    assert_true(fabs(phases[1].demand.mean - 2e6) < 1e-6);
    assert_true(phases[2].demand.mean == 5000.0);
    assert_true(s.vms[0].workloads[0].demands[0].amount.mean == 1e7);
    scenario_fini(&s);
}

static void rates_become_gaps(void **state)
{
    struct scenario s;

    (void)state;
    must_load(HEAD
              "vms: [{name: v, workloads: [{arrival: {periodic: 60/s, jitter: 2ms},"
              " job: [{compute: {weibull: {mean: 4ms, shape: 2}}}], deadline: 16.67ms}]}]\n",
              &s);
    const struct workload *workload = &s.vms[0].workloads[0].workload;
    assert_true(workload->arrival.period_ns == 1e9 / 60.0);
    assert_int_equal(workload->arrival.jitter.kind, AMOUNT_UNIFORM);
    assert_true(workload->arrival.jitter.high == 2e6);
    assert_int_equal(workload->deadline_ns, 16670000);
    assert_int_equal(workload->queue_limit, UINT32_MAX);
    /* The mean of a weibull of shape 2 is scale * sqrt(pi) / 2. */
    assert_true(fabs(workload->phases[0].demand.scale - 4e6 / 0.886226925452758) < 1e-3);
    scenario_fini(&s);
}

static int read_trace(void *context, const char *path, struct arena *arena,
                      struct file_bytes *ret, struct err *err)
{
    static const char text[] = "vm,arrival_ms,demand_ns\na,10,6.5\nb,11,8\na,30.5,94999e-4\n";

    (void)context;
    (void)path;
    (void)arena;
    (void)err;
    *ret = (struct file_bytes){ text, sizeof(text) - 1 };
    return 0;
}

static void traces_are_cut_scaled_and_repeated(void **state)
{
    static const char text[] =
        "duration: 100ms\ngpus: [{name: g, device: l40s}]\nvms: [{name: v, workloads: ["
        "{arrival: {trace: {file: x.csv, vm: a, arrival: arrival_ms}}},"
        "{arrival: {trace: {file: x.csv, vm: a, arrival: arrival_ms, speed: 2, repeat: yes}}}"
        "]}]\n";
    static const nsec want[] = { 5000000,  15250000, 25500000, 35750000, 46000000,
                                 56250000, 66500000, 76750000, 87000000, 97250000 };
    struct scenario_source source = {
        .file = "t.yaml",
        .bytes = text,
        .size = sizeof(text) - 1,
        .reader = { .read = read_trace },
    };
    struct scenario s;
    struct err_list errors;

    (void)state;
    assert_int_equal(scenario_load(&source, &s, &errors), 0);
    const struct arrival *once = &s.vms[0].workloads[0].workload.arrival;
    assert_int_equal(once->time_count, 2);
    assert_int_equal(once->times_ns[1], 30500000);
    assert_int_equal(once->demands_ns[0], 7); /* Halves up. */
    assert_int_equal(once->demands_ns[1], 9);
    assert_int_equal(s.vms[0].workloads[0].workload.phases[0].demand.kind, AMOUNT_TRACE);
    const struct arrival *again = &s.vms[0].workloads[1].workload.arrival;
    assert_true(again->time_count >= ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(again->times_ns[i], want[i]);
        assert_int_equal(again->demands_ns[i], i % 2 ? 9 : 7);
    }
    assert_int_equal(s.file_count, 1);
    assert_string_equal(s.files[0].copy, "inputs/x.csv");
    scenario_fini(&s);
}

static void windows_files_load(void **state)
{
    struct scenario s;

    (void)state;
    must_load("\xef\xbb\xbf# One\r\n# question?\r\n#\r\n# More.\r\nduration: 1s\r\n"
              "gpus: [{name: g, device: l40s}]\r\nvms: [{name: v}]",
              &s);
    assert_string_equal(s.question, "One question?");
    scenario_fini(&s);
}

/* Every device of the catalogue is written back and read again. */
static void every_device_comes_back(void **state)
{
    struct arena arena;
    struct catalogue catalogue;
    size_t count;

    (void)state;
    arena_init(&arena);
    catalogue_init(&catalogue, &arena);
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        if (devices[i].device.sms == 0) {
            continue; /* Not known, so that it must be given inline. */
        }
        char bytes[200];
        struct err_list errors;
        struct scenario s;
        struct scenario t;
        struct text effective;
        int size = snprintf(bytes, sizeof(bytes),
                            "duration: 1s\ngpus: [{name: g, device: %s}]\nvms: [{name: v}]\n",
                            devices[i].device.name);
        struct scenario_source source = {
            .file = "t.yaml",
            .bytes = bytes,
            .size = (size_t)size,
            .catalogue = &catalogue,
        };
        if (scenario_load(&source, &s, &errors)) {
            fail_msg("%s: %s", devices[i].device.name, errors.errors[0].text);
        }
        text_init(&effective);
        scenario_write_effective(&s, false, &effective);
        source.bytes = effective.bytes;
        source.size = effective.size;
        if (scenario_load(&source, &t, &errors)) {
            fail_msg("%s: %s", devices[i].device.name, errors.errors[0].text);
        }
        const struct device *a = &s.gpus[0].device;
        const struct device *b = &t.gpus[0].device;
        assert_memory_equal(&a->switch_cost, &b->switch_cost, sizeof(a->switch_cost));
        assert_true(a->sms == b->sms && a->memory_bytes == b->memory_bytes &&
                    a->bandwidth_bytes == b->bandwidth_bytes && a->ecc == b->ecc &&
                    a->copy_bandwidth_bytes == b->copy_bandwidth_bytes &&
                    a->blocks_per_sm == b->blocks_per_sm && a->slice_ns == b->slice_ns &&
                    a->mixed_sizes == b->mixed_sizes && a->has_switch == b->has_switch);
        text_fini(&effective);
        scenario_fini(&s);
        scenario_fini(&t);
    }
    arena_fini(&arena);
}

/* -------------------------------------------------------------------------------- hostility */

/* A text that is made of a beginning, many times a middle, and an end. */
static void refused_soon(const char *start, const char *middle, size_t times, const char *end)
{
    struct text text;
    struct scenario s;
    struct err_list errors;
    clock_t begun = clock();

    text_init(&text);
    text_put(&text, start);
    for (size_t i = 0; i < times; i++) {
        text_put(&text, middle);
    }
    text_put(&text, end);
    assert_int_equal(load(text.bytes, text.size, &s, &errors), -1);
    assert_true(errors.count > 0);
    for (uint32_t i = 0; i < errors.count; i++) {
        assert_string_equal(errors.errors[i].place.file, "t.yaml");
        assert_true(errors.errors[i].place.line > 0 && errors.errors[i].place.column > 0);
    }
    scenario_fini(&s);
    text_fini(&text);
    if (clock() - begun > QUICKLY_SECONDS * CLOCKS_PER_SEC) {
        fail_msg("%s%s... took too long", start, middle);
    }
}

static void hostile_texts_are_refused_soon(void **state)
{
    (void)state;
    refused_soon("", "[", 1000000, "");
    refused_soon("", "{a: ", 1000000, "");
    refused_soon("", "- ", 1000000, "");
    refused_soon("", "? ", 1000000, "");
    refused_soon("", "\"", 1000000, "");
    refused_soon("", "a: 1\n", 4000000, "");
    refused_soon("a: '", "x", 16000000, "'\n");
    refused_soon("a: [", "x,", 1200000, "]\n");
    refused_soon("a: &a [x,x]\nb: [", "*a,", 500000, "]\n");
    refused_soon("a: [", "&a x,", 500000, "]\n");
    refused_soon("a: &a {b: 1, c: 2, d: 3}\ne: [", "{<<: *a},", 500000, "]\n");
    refused_soon("a: &a {b: 1, c: 2, d: 3}\ne: {<<: [", "*a,", 200000, "]}\n");
    refused_soon("# ", "x", 16000000, "\n");
    refused_soon("%YAML 1.1\n", "%YAML 1.1\n", 100000, "");
}

/* Right in form, wrong in content, and long. */
static void long_scenarios_are_refused_soon(void **state)
{
    (void)state;
    refused_soon(HEAD "vms:\n", "  - {name: v}\n", 100000, "");
    refused_soon(HEAD "vms:\n", "  - {nmae: v, weight: 0, x: 1}\n", 100000, "");
    refused_soon(HEAD "vms:\n  - &v {name: v, weight: 0}\n", "  - *v\n", 300000, "");
    refused_soon(HEAD "vms: [{name: v}]\nslo:\n", "  - {vm: w, metric: share, max: 1%}\n",
                 100000, "");
    refused_soon(HEAD "vms: [{name: v, workloads: [{arrival: {poisson: 1/s}, job: [",
                 "{host: 1s},", 100000, "]}]}]\n");
}

static void large_scenarios_load_soon(void **state)
{
    struct text text;
    struct scenario s;
    clock_t begun = clock();

    (void)state;
    text_init(&text);
    text_put(&text, "duration: 1s\ngpus:\n");
    for (int i = 0; i < 20000; i++) {
        text_printf(&text, "  - {name: g%d, device: l40s}\n", i);
    }
    text_put(&text, "vms:\n");
    for (int i = 0; i < 50000; i++) {
        text_printf(&text, "  - {name: v%dx, count: 16, profile: L40S-2Q, gpu: g%d}\n", i,
                    i % 20000);
    }
    must_load(text.bytes, &s);
    assert_int_equal(s.vm_count, 50000);
    scenario_fini(&s);
    text_fini(&text);
    assert_true(clock() - begun < QUICKLY_SECONDS * CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_language),
        cmocka_unit_test(slices_follow_the_vendor),
        cmocka_unit_test(bytes_become_time),
        cmocka_unit_test(rates_become_gaps),
        cmocka_unit_test(traces_are_cut_scaled_and_repeated),
        cmocka_unit_test(windows_files_load),
        cmocka_unit_test(every_device_comes_back),
        cmocka_unit_test(hostile_texts_are_refused_soon),
        cmocka_unit_test(long_scenarios_are_refused_soon),
        cmocka_unit_test(large_scenarios_load_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
