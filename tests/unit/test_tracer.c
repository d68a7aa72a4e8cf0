/* test_tracer.c - a trace is JSON with every stay, switch and finished job, to the nanosecond.
 */
#include "output/tracer.h"

#include "support/folder.h"
#include "support/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static struct sample sample;
static struct vm vms[2] = { { .index = 0, .name = "desktop0" },
                            { .index = 1, .name = "trainer" } };
static uint32_t setup_vms[2] = { 0, 2 };
static struct sharing sliced = { .mode = SHARING_TIME_SLICED };
static struct sharing mps = { .mode = SHARING_MPS };
static struct partition partitions[2];

static int setup(void **state)
{
    (void)state;
    sample_init(&sample);
    for (int i = 0; i < 2; i++) {
        partitions[i] = (struct partition){
            .name = i == 0 ? "gpu0" : "gpu1",
            .sharing = i == 0 ? &sliced : &mps,
            .vms = vms,
            .setup_vms = setup_vms,
            .vm_count = 2,
        };
    }
    sample.setup.partitions = partitions;
    sample.setup.partition_count = 2;
    return 0;
}

/* The events of a trace of one stay with a switch, one without, under each mode, and a job. */
static json_t *traced(void)
{
    struct tracer *tracer = tracer_create(&sample.setup);
    struct text text = { 0 };
    char path[4096];
    struct err err;
    struct probe p[2];
    const char *top = getenv("TEST_TMPDIR");

    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(tracer_add(tracer, i, &p[i]), 1);
        p[i].stayed(p[i].context, &(struct stay){ .engine = ENGINE_COMPUTE,
                                                  .vm = 1,
                                                  .switch_start_ns = 1999,
                                                  .run_start_ns = 2001,
                                                  .run_end_ns = 12345678901 });
    }
    p[0].stayed(p[0].context, &(struct stay){ .engine = ENGINE_ENCODE, .run_end_ns = 7 });
    p[0].finished(p[0].context,
                  &(struct job_end){ .vm = 0, .number = 3, .arrival_ns = 5, .end_ns = 1006 });
    (void)snprintf(path, sizeof(path), "%s/trace.json", top ? top : "/tmp");
    assert_int_equal(tracer_write(tracer, path, &err), 0);
    assert_int_equal(tracer_write(tracer, "/proc/none/trace.json", &err), -1);
    tracer_free(tracer);
    tracer_free(NULL);

    folder_read(path, &text);
    json_t *root = json_loads(text.bytes, 0, NULL);
    assert_non_null(root);
    text_fini(&text);
    json_t *events = json_incref(json_object_get(root, "traceEvents"));
    json_decref(root);
    return events;
}

/* How many events have this kind, process, thread and name and, in microseconds, begin and
   length (negative: none). */
struct wanted {
    const char *kind;
    int process, thread;
    const char *name;
    double begin, length;
};

static double number(const json_t *event, const char *key)
{
    const json_t *value = json_object_get(event, key);

    return value ? json_number_value(value) : -1;
}

static bool is_wanted(const json_t *event, const struct wanted *w)
{
    return strcmp(json_string_value(json_object_get(event, "ph")), w->kind) == 0 &&
           strcmp(json_string_value(json_object_get(event, "name")), w->name) == 0 &&
           (int)number(event, "pid") == w->process && (int)number(event, "tid") == w->thread &&
           number(event, "ts") == w->begin && number(event, "dur") == w->length;
}

static void everything_is_there_once(void **state)
{
    const struct wanted wanted[] = {
        { "X", 1, 1, "switch", 1.999, 0.002 },
        { "X", 1, 1, "trainer", 2.001, 12345676.900 },
        { "X", 1, 1 + ENGINE_ENCODE, "desktop0", 0, 0.007 },
        { "X", 2, 101, "switch", 1.999, 0.002 },
        { "X", 2, 101, "trainer", 2.001, 12345676.900 },
        { "b", 1, 0, "desktop0 jobs", 0.005, -1 },
        { "e", 1, 0, "desktop0 jobs", 1.006, -1 },
    };
    json_t *events = traced();
    size_t timed = 0;
    (void)state;

    for (size_t i = 0; i < json_array_size(events); i++) {
        timed += number(json_array_get(events, i), "ts") >= 0;
    }
    assert_int_equal(timed, ARRAY_LEN(wanted));
    for (size_t k = 0; k < ARRAY_LEN(wanted); k++) {
        size_t found = 0;
        for (size_t i = 0; i < json_array_size(events); i++) {
            found += is_wanted(json_array_get(events, i), &wanted[k]);
        }
        if (found != 1) {
            fail_msg("event %zu is there %zu times", k, found);
        }
    }
    json_decref(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_there_once),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
