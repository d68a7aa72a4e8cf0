/* test_measured.c - real measurements load; a broken file is refused where it is broken. */
#include "base/arena.h"
#include "base/units.h"
#include "study/measured.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A set of two files that are text, as a reader's context. */
struct texts {
    const char *index;
    const char *jobs; /* NULL: there is no such file. */
};

#define INDEX_HEADER                                                                           \
    "scenario,mode,duration_s,vm,kernel,arrival,rate_hz,period_ms,offset_ms,think_ms,"         \
    "demand_dist,demand_mean_ms,blocks,sm_percent\n"
#define INDEX                                                                                  \
    INDEX_HEADER "s,mps,2,a,burn,closed,,,0,3,const,5,528,25\n"                                \
                 "s,mps,2,b,stream,poisson,40,,0,0,exp,5,132,\n"
#define INDEX_A     "s,mps,2,a,burn,closed,,,0,3,const,5,528,25\n"
#define INDEX_OTHER "s,copy,2,c,burn,closed,,,0,3,const,5,528,25\n"
#define JOBS_HEADER "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n"
#define JOBS_B      "b,0,7,8,9,10\n"

static int read_text(void *context, const char *path, struct arena *arena,
                     struct measured_bytes *ret, struct err *err)
{
    const struct texts *texts = context;
    const char *text = strcmp(path, "d/index.csv") == 0 ? texts->index : texts->jobs;

    (void)err;
    if (strcmp(path, "d/index.csv") != 0) {
        assert_string_equal(path, "d/g/jobs/s.csv");
    }
    if (!text) {
        return 1;
    }
    ret->size = strlen(text);
    ret->bytes = arena_take(arena, ret->size + 1, 1);
    memcpy(ret->bytes, text, ret->size);
    return 0;
}

static int read_file(void *context, const char *path, struct arena *arena,
                     struct measured_bytes *ret, struct err *err)
{
    FILE *file = fopen(path, "rb");

    (void)context;
    (void)err;
    if (!file) {
        return 1;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    ret->size = (size_t)ftell(file);
    rewind(file);
    ret->bytes = arena_take(arena, ret->size + 1, 1);
    assert_int_equal(fread(ret->bytes, 1, ret->size, file), ret->size);
    fclose(file);
    return 0;
}

static int load_texts(const struct texts *texts, struct arena *arena, struct measured_set *ret,
                      struct err *err)
{
    struct texts context = *texts;
    struct measured_source source = { .reader = { read_text, &context },
                                      .dir = "d",
                                      .device = "g" };

    return measured_load(&source, arena, ret, err);
}

static void measured_reads_what_is_there(void **state)
{
    const struct texts texts = { INDEX, JOBS_HEADER "a,0,1,2,3,4\n" JOBS_B "a,1,4,5,6,6\n" };
    struct measured_set set;
    struct arena arena = { 0 };
    struct err err = { 0 };
    (void)state;

    assert_int_equal(load_texts(&texts, &arena, &set, &err), 0);
    assert_int_equal(set.scenario_count, 1);
    assert_int_equal(set.skipped_count, 0);
    const struct measured_scenario *s = &set.scenarios[0];
    assert_int_equal(s->mode, MEASURED_MPS);
    assert_int_equal(s->duration_ns, 2 * SEC);
    assert_int_equal(s->vm_count, 2);
    assert_true(s->vms[0].is_closed && !s->vms[1].is_closed);
    assert_int_equal(s->vms[0].think_ns, 3 * MSEC);
    assert_int_equal(s->vms[1].blocks, 132);
    assert_true(s->vms[0].sm_percent == 25.0 && s->vms[1].sm_percent == 100.0);
    assert_int_equal(s->vms[0].job_count, 2);
    assert_int_equal(s->vms[0].jobs[1].demand_ns, 5);
    assert_int_equal(s->vms[1].job_count, 1);
    assert_int_equal(s->vms[1].jobs[0].end_ns, 10);
    arena_fini(&arena);
}

/* Both GPUs' files, every one: nothing is skipped but copies and apps that one may lack. */
static void measured_reads_the_hardware(void **state)
{
    static const char *const devices[] = { "h100", "h200" };
    (void)state;

    for (size_t d = 0; d < ARRAY_LEN(devices); d++) {
        struct measured_source source = { .reader = { read_file, NULL },
                                          .dir = "tests/hardware",
                                          .device = devices[d] };
        struct measured_set set = { 0 };
        struct arena arena = { 0 };
        struct err err = { 0 };

        if (measured_load(&source, &arena, &set, &err)) {
            fail_msg("%s:%u:%u: %s", err.place.file ? err.place.file : "", err.place.line,
                     err.place.column, err.text);
        }
        assert_int_equal(set.skipped_count, 0);
        assert_int_equal(set.scenario_count, 183);
        for (uint32_t i = 0; i < set.scenario_count; i++) {
            assert_true(set.scenarios[i].duration_ns > 0);
        }
        arena_fini(&arena);
    }
}

/* Where each mistake is found: at 1:1 for a file as a whole. */
static const struct mistake {
    struct texts texts;
    const char *file;
    uint32_t line;
    uint32_t column;
} mistakes[] = {
    /* Empty files. */
    { { "", NULL }, "d/index.csv", 1, 1 },
    { { INDEX, "" }, "d/g/jobs/s.csv", 1, 1 },
    /* Columns that are missing. */
    { { "scenario,mode,vm\n", NULL }, "d/index.csv", 1, 1 },
    { { INDEX, "vm,job,arrival_ns,demand_ns,start_ns\na,0,1,2,3\n" }, "d/g/jobs/s.csv", 1, 1 },
    /* Rows cut short. */
    { { INDEX_HEADER "s,mps,2,a,burn\n", NULL }, "d/index.csv", 2, 1 },
    { { INDEX, JOBS_HEADER "a,0,1,2,3,4\na,1,4,5\n" }, "d/g/jobs/s.csv", 3, 1 },
    /* Numbers that are none. */
    { { INDEX_HEADER "s,mps,soon,a,burn,closed,,,0,0,const,5,528,\n", NULL },
      "d/index.csv",
      2,
      7 },
    { { INDEX_HEADER "s,some,2,a,burn,closed,,,0,0,const,5,528,\n", NULL },
      "d/index.csv",
      2,
      3 },
    { { INDEX, JOBS_HEADER "a,0,1,2x,3,4\n" }, "d/g/jobs/s.csv", 2, 7 },
    { { INDEX, JOBS_HEADER "a,0,1,2,3,\n" }, "d/g/jobs/s.csv", 2, 11 },
    /* Times that are negative, or over a year. */
    { { INDEX, JOBS_HEADER "a,0,-1,2,3,4\n" }, "d/g/jobs/s.csv", 2, 5 },
    { { INDEX, JOBS_HEADER "a,0,1,2,3,99999999999999999\n" }, "d/g/jobs/s.csv", 2, 11 },
    /* Times that are out of order: within a job, and of a VM's jobs. */
    { { INDEX, JOBS_HEADER "a,0,5,2,3,4\n" }, "d/g/jobs/s.csv", 2, 11 },
    { { INDEX, JOBS_HEADER "a,0,1,2,5,4\n" }, "d/g/jobs/s.csv", 2, 11 },
    { { INDEX, JOBS_HEADER "a,0,5,2,6,7\na,1,4,2,7,8\n" }, "d/g/jobs/s.csv", 3, 5 },
    /* No jobs: of any VM, of one VM. */
    { { INDEX, JOBS_HEADER }, "d/g/jobs/s.csv", 1, 1 },
    { { INDEX, JOBS_HEADER "a,0,1,2,3,4\n" }, "d/g/jobs/s.csv", 1, 1 },
    /* Jobs that take no time, or have no work. */
    { { INDEX, JOBS_HEADER "a,0,5,2,5,5\n" }, "d/g/jobs/s.csv", 2, 11 },
    { { INDEX, JOBS_HEADER "a,0,5,0,5,6\n" }, "d/g/jobs/s.csv", 2, 7 },
    /* Several clocks: the start's, the arrival's, the end's is another. */
    { { INDEX, JOBS_HEADER "a,0,20000000,2,9000000,30000000\n" }, "d/g/jobs/s.csv", 2, 16 },
    { { INDEX, JOBS_HEADER "a,0,99000000000,2,99000000000,99000000001\n" },
      "d/g/jobs/s.csv",
      2,
      5 },
    { { INDEX, JOBS_HEADER "a,0,1,2,3,999000000000\n" }, "d/g/jobs/s.csv", 2, 11 },
    /* An index without a duration, with a VM twice, with a scenario that is two things. */
    { { INDEX_HEADER "s,mps,,a,burn,closed,,,0,0,const,5,528,\n", NULL }, "d/index.csv", 2, 7 },
    { { INDEX INDEX_A, NULL }, "d/index.csv", 4, 9 },
    { { INDEX INDEX_OTHER, NULL }, "d/index.csv", 4, 3 },
    /* A VM that the index does not know. */
    { { INDEX, JOBS_HEADER JOBS_B "c,0,1,2,3,4\n" }, "d/g/jobs/s.csv", 3, 1 },
};

static void measured_places_each_mistake(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        const struct mistake *m = &mistakes[i];
        struct measured_set set = { .scenario_count = 77 };
        struct arena arena = { 0 };
        struct err err = { 0 };

        if (load_texts(&m->texts, &arena, &set, &err) != -1) {
            fail_msg("mistake %zu is not seen", i);
        }
        assert_int_equal(err.kind, ERR_SCENARIO);
        assert_string_equal(err.place.file, m->file);
        if (err.place.line != m->line || err.place.column != m->column) {
            fail_msg("mistake %zu is placed at %u:%u: %s", i, err.place.line, err.place.column,
                     err.text);
        }
        assert_int_equal(set.scenario_count, 77);
        arena_fini(&arena);
    }
}

static void measured_wants_an_index_and_one_scenario(void **state)
{
    const struct texts missing[] = { { NULL, NULL }, { INDEX, NULL } };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(missing); i++) {
        struct measured_set set;
        struct arena arena = { 0 };
        struct err err = { 0 };

        assert_int_equal(load_texts(&missing[i], &arena, &set, &err), -1);
        assert_int_equal(err.kind, i == 0 ? ERR_READ : ERR_SCENARIO);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measured_reads_what_is_there),
        cmocka_unit_test(measured_reads_the_hardware),
        cmocka_unit_test(measured_places_each_mistake),
        cmocka_unit_test(measured_wants_an_index_and_one_scenario),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
