/* test_recorder.c - jobs.csv and slices.csv, whatever the order in which things are told. */
#include "output/recorder.h"

#include "support/sample.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sample sample;
static struct partition partitions[2];
static uint32_t setup_vms[2][2] = { { 0, 2 }, { 1, 0 } };
static char folder[2048];
static char content[64 * 1024];
static struct err err;

static int setup(void **state)
{
    const char *top = getenv("TEST_TMPDIR");
    (void)state;

    sample_init(&sample);
    for (int i = 0; i < 2; i++) {
        partitions[i] = (struct partition){ .setup_vms = setup_vms[i], .vm_count = 2 };
    }
    sample.setup.partitions = partitions;
    sample.setup.partition_count = 2;
    (void)snprintf(folder, sizeof(folder), "%s/recorder", top ? top : "/tmp");
    return 0;
}

static const char *read_back(const char *name)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    content[fread(content, 1, sizeof(content) - 1, f)] = '\0';
    (void)fclose(f);
    assert_int_equal(unlink(path), 0);
    return content;
}

/* Both partitions are over. */
static void close_recorder(struct recorder *r)
{
    for (uint32_t i = 0; i < sample.setup.partition_count; i++) {
        recorder_over(r, i);
    }
    assert_int_equal(recorder_close(r, &err), 0);
}

static void finish(struct probe *p, uint32_t vm, uint64_t number, nsec end_ns)
{
    p->finished(p->context, &(struct job_end){ .vm = vm,
                                               .number = number,
                                               .arrival_ns = 1,
                                               .start_ns = 2,
                                               .demand_ns = 3,
                                               .end_ns = end_ns });
}

static void leave(struct probe *p, uint32_t vm, uint64_t number, nsec arrival_ns)
{
    p->unfinished(p->context, &(struct job_left){ .vm = vm,
                                                  .number = number,
                                                  .arrival_ns = arrival_ns,
                                                  .demand_ns = 4,
                                                  .start_ns = number == 9 ? 50 : -1 });
}

static void jobs_are_in_order_of_end_then_of_arrival(void **state)
{
    struct recorder *r = recorder_open(&sample.setup, folder, true, false, &err);
    struct probe p[2];
    (void)state;

    assert_int_equal(recorder_add(r, 0, &p[0]), 1);
    assert_int_equal(recorder_add(r, 1, &p[1]), 1);
    assert_null(p[0].stayed);
    leave(&p[0], 0, 9, 30);
    finish(&p[0], 1, 0, 10); /* trainer */
    finish(&p[0], 0, 1, 10); /* desktop0, at the same time */
    finish(&p[0], 0, 2, 20);
    finish(&p[1], 0, 0, 15); /* desktop1 */
    finish(&p[1], 0, 1, 20);
    leave(&p[1], 0, 2, 30);
    leave(&p[0], 1, 3, 25);
    close_recorder(r);
    assert_string_equal(read_back("jobs.csv"), "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n"
                                               "desktop0,1,1,3,2,10\n"
                                               "trainer,0,1,3,2,10\n"
                                               "desktop1,0,1,3,2,15\n"
                                               "desktop0,2,1,3,2,20\n"
                                               "desktop1,1,1,3,2,20\n"
                                               "trainer,3,25,4,,\n"
                                               "desktop0,9,30,4,50,\n"
                                               "desktop1,2,30,4,,\n");
    recorder_free(r);
}

static void stay(struct probe *p, enum engine_kind engine, uint32_t vm, nsec start, nsec end)
{
    p->stayed(p->context, &(struct stay){ .engine = engine,
                                          .vm = vm,
                                          .switch_start_ns = start,
                                          .run_start_ns = start,
                                          .run_end_ns = end });
}

static void go_on(struct probe *p, enum engine_kind engine, uint32_t vm, nsec start, nsec end)
{
    p->stayed(p->context, &(struct stay){ .engine = engine,
                                          .vm = vm,
                                          .switch_start_ns = start,
                                          .run_start_ns = start,
                                          .run_end_ns = end,
                                          .continued = true });
}

static void slices_are_whole_and_in_order_of_start(void **state)
{
    struct recorder *r = recorder_open(&sample.setup, folder, false, true, &err);
    struct probe p[2];
    (void)state;

    recorder_add(r, 0, &p[0]);
    recorder_add(r, 1, &p[1]);
    assert_null(p[0].finished);
    assert_null(p[0].unfinished);
    stay(&p[0], ENGINE_COMPUTE, 0, 100, 200);
    stay(&p[0], ENGINE_ENCODE, 0, 120, 130);
    go_on(&p[0], ENGINE_COMPUTE, 0, 200, 300);
    stay(&p[0], ENGINE_COMPUTE, 1, 300, 300); /* Of no length. */
    stay(&p[0], ENGINE_COMPUTE, 1, 310, 320);
    go_on(&p[0], ENGINE_COMPUTE, 1, 320, 330);
    stay(&p[0], ENGINE_COMPUTE, 0, 330, 340);
    stay(&p[0], ENGINE_COMPUTE, 0, 340, 350); /* Not told as going on. */
    stay(&p[0], ENGINE_COMPUTE, 1, 350, 350);
    go_on(&p[0], ENGINE_COMPUTE, 1, 350, 360); /* Of what was left out. */
    stay(&p[1], ENGINE_COMPUTE, 0, 100, 150);
    stay(&p[0], ENGINE_COPY_IN, 1, 90, 400); /* Told last, began first. */
    close_recorder(r);
    assert_string_equal(read_back("slices.csv"), "vm,run_start_ns,run_end_ns,engine\n"
                                                 "trainer,90,400,copy_in\n"
                                                 "desktop0,100,300,compute\n"
                                                 "desktop1,100,150,compute\n"
                                                 "desktop0,120,130,encode\n"
                                                 "trainer,310,330,compute\n"
                                                 "desktop0,330,340,compute\n"
                                                 "desktop0,340,350,compute\n"
                                                 "trainer,350,360,compute\n");
    recorder_free(r);
}

static void nothing_is_written_unasked(void **state)
{
    struct recorder *r = recorder_open(&sample.setup, folder, true, false, &err);
    struct probe p[2];
    char path[4096];
    (void)state;

    (void)recorder_add(r, 0, &p[0]);
    (void)recorder_add(r, 1, &p[1]);
    close_recorder(r);
    recorder_free(r);
    (void)snprintf(path, sizeof(path), "%s/slices.csv", folder);
    assert_int_equal(access(path, F_OK), -1);
    assert_string_equal(read_back("jobs.csv"), "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n");
    recorder_free(NULL);
}

static void what_is_not_closed_leaves_nothing(void **state)
{
    char deep[4096];
    struct probe p[2];
    (void)state;

    (void)snprintf(deep, sizeof(deep), "%s-new/deep", folder);
    struct recorder *r = recorder_open(&sample.setup, deep, true, true, &err);
    assert_non_null(r);
    (void)recorder_add(r, 0, &p[0]);
    finish(&p[0], 1, 0, 10);
    stay(&p[0], ENGINE_COMPUTE, 0, 100, 200);
    assert_int_equal(access(deep, F_OK), 0);
    recorder_free(r);
    (void)snprintf(deep, sizeof(deep), "%s-new", folder);
    assert_int_equal(access(deep, F_OK), -1);
}

enum { JOBS = 600, TOGETHER = 3, WANTED = 64 * 1024 };

/* Now and then a number has more digits than most. */
static struct job_end random_job(uint64_t *seed, uint32_t i, nsec now)
{
    nsec wait = test_chance(seed, 5) ? now : test_between(seed, 0, now < SEC ? now : SEC);

    return (struct job_end){
        .vm = i % TOGETHER,
        .number = test_chance(seed, 5) ? 99999990 + i : i,
        .arrival_ns = now - wait,
        .start_ns = now - wait + test_between(seed, 0, wait),
        .end_ns = now,
        .demand_ns = test_between(seed, 0, test_chance(seed, 5) ? 100 * SEC : MSEC),
    };
}

/* As the run of one partition goes, rows are written; jobs that end at one time, the last VM
   first, are put in order. */
static void jobs_of_one_partition_are_written_as_they_end(void **state)
{
    static char want[WANTED] = "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n";
    struct job_end jobs[JOBS];
    size_t size = strlen(want);
    uint64_t seed = 11;
    nsec now = 0;
    struct probe p;
    (void)state;

    sample_init(&sample);
    struct recorder *r = recorder_open(&sample.setup, folder, true, false, &err);
    (void)recorder_add(r, 0, &p);
    leave(&p, 2, 9, 7);
    for (uint32_t i = 0; i < JOBS; i++) {
        now += i % TOGETHER == 0 ? test_between(&seed, 1, 50 * MSEC) : 0;
        jobs[i] = random_job(&seed, i, now);
        size += (size_t)snprintf(
            want + size, sizeof(want) - size, "%s,%llu,%lld,%lld,%lld,%lld\n",
            sample.setup.vms[jobs[i].vm].name, (unsigned long long)jobs[i].number,
            (long long)jobs[i].arrival_ns, (long long)jobs[i].demand_ns,
            (long long)jobs[i].start_ns, (long long)jobs[i].end_ns);
    }
    (void)snprintf(want + size, sizeof(want) - size, "trainer,9,7,4,50,\n");
    for (uint32_t i = 0; i < JOBS; i++) {
        p.finished(p.context, &jobs[i / TOGETHER * TOGETHER + TOGETHER - 1 - i % TOGETHER]);
    }
    close_recorder(r);
    recorder_free(r);
    assert_string_equal(read_back("jobs.csv"), want);
}

static void slices_of_one_partition_are_written_as_they_end(void **state)
{
    static char want[WANTED] = "vm,run_start_ns,run_end_ns,engine\n";
    size_t size = strlen(want);
    uint64_t seed = 12;
    nsec now = 0;
    struct probe p;
    (void)state;

    sample_init(&sample);
    struct recorder *r = recorder_open(&sample.setup, folder, false, true, &err);
    (void)recorder_add(r, 0, &p);
    for (uint32_t i = 0; i < JOBS; i++) {
        nsec middle =
            now + test_between(&seed, 1, test_chance(&seed, 20) ? 20 * SEC : 9 * MSEC);
        nsec end = middle + test_between(&seed, 0, MSEC);
        stay(&p, ENGINE_COMPUTE, i % 3, now, middle);
        go_on(&p, ENGINE_COMPUTE, i % 3, middle, end);
        size += (size_t)snprintf(want + size, sizeof(want) - size, "%s,%lld,%lld,compute\n",
                                 sample.setup.vms[i % 3].name, (long long)now, (long long)end);
        now = end + test_between(&seed, 0, MSEC);
    }
    close_recorder(r);
    recorder_free(r);
    assert_string_equal(read_back("slices.csv"), want);
}

static void failures_are_told(void **state)
{
    (void)state;

    assert_null(recorder_open(&sample.setup, "/proc/none", true, true, &err));
    assert_int_equal(err.kind, ERR_CREATE);
}

#define WITH(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(jobs_are_in_order_of_end_then_of_arrival),
        WITH(slices_are_whole_and_in_order_of_start),
        WITH(nothing_is_written_unasked),
        WITH(what_is_not_closed_leaves_nothing),
        WITH(jobs_of_one_partition_are_written_as_they_end),
        WITH(slices_of_one_partition_are_written_as_they_end),
        WITH(failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
