/*
 * Compares schedules, job by job and to the nanosecond, with the reference simulator of
 * tests/support on small random scenarios in which many things happen at the same instant.
 */
#include "support/recipe.h"
#include "support/reference.h"
#include "support/simulate.h"

#include "base/text.h"
#include "run/probe.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ------------------------------------------------------------------------- what it gives */

struct rows {
    struct reference_row rows[REFERENCE_ROWS];
    uint32_t count;
    bool parts_fail; /* The parts of a latency do not add up. */
};

static void note_finished(void *context, const struct job_end *job)
{
    struct rows *rows = context;
    nsec parts_ns =
        job->queue_wait_ns + job->slice_wait_ns + job->run_ns + job->switch_ns + job->host_ns;

    assert_true(rows->count < REFERENCE_ROWS);
    rows->rows[rows->count++] =
        (struct reference_row){ job->vm,        (uint32_t)job->number, job->arrival_ns,
                                job->demand_ns, job->start_ns,         job->end_ns };
    rows->parts_fail = rows->parts_fail || parts_ns != job->end_ns - job->arrival_ns ||
                       job->run_ns != job->demand_ns || job->queue_wait_ns < 0 ||
                       job->slice_wait_ns < 0 || job->switch_ns < 0 || job->host_ns < 0;
}

static void note_unfinished(void *context, const struct job_left *job)
{
    struct rows *rows = context;

    assert_true(rows->count < REFERENCE_ROWS);
    rows->rows[rows->count++] =
        (struct reference_row){ job->vm,        (uint32_t)job->number, job->arrival_ns,
                                job->demand_ns, job->start_ns,         -1 };
}

static void simulate(const struct reference_setup *setup, struct rows *ret_rows)
{
    struct probe probe = { .context = ret_rows,
                           .finished = note_finished,
                           .unfinished = note_unfinished };

    ret_rows->count = 0;
    ret_rows->parts_fail = false;
    recipe_run(setup, &probe);
}

/* ---------------------------------------------------------------------------- comparison */

static void put_rows(struct text *text, const struct reference_row *rows, uint32_t count)
{
    text_put(text, "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n");
    for (uint32_t i = 0; i < count; i++) {
        text_printf(text, "v%" PRIu32 ",%" PRIu32 ",%" PRId64 ",%" PRId64 ",", rows[i].vm,
                    rows[i].number, rows[i].arrival_ns, rows[i].demand_ns);
        if (rows[i].start_ns >= 0) {
            text_printf(text, "%" PRId64, rows[i].start_ns);
        }
        text_put(text, ",");
        if (rows[i].end_ns >= 0) {
            text_printf(text, "%" PRId64, rows[i].end_ns);
        }
        text_put(text, "\n");
    }
}

/* Prints the first lines in which the two differ. */
static void show_difference(const char *label, const char *want, const char *got)
{
    size_t line = 0;

    for (size_t i = 0; want[i] && want[i] == got[i]; i++) {
        line = want[i] == '\n' ? i + 1 : line;
    }
    print_error("%s: the reference says\n  %.*s\nand the simulator\n  %.*s\n", label,
                (int)strcspn(want + line, "\n"), want + line, (int)strcspn(got + line, "\n"),
                got + line);
}

static bool same_text(const char *label, const char *want, const char *got)
{
    bool same = strcmp(want, got) == 0;

    if (!same) {
        show_difference(label, want, got);
    }
    return same;
}

/* Whether both simulators give the same rows. */
static bool agree(const struct reference_setup *setup, const char *label)
{
    struct rows reference;
    struct rows simulated;
    struct text want;
    struct text got;

    reference.count = reference_run(setup, reference.rows);
    simulate(setup, &simulated);
    reference_sort(simulated.rows, simulated.count);
    text_init(&want);
    text_init(&got);
    put_rows(&want, reference.rows, reference.count);
    put_rows(&got, simulated.rows, simulated.count);
    bool same = same_text(label, want.bytes, got.bytes);
    if (same && simulated.parts_fail) {
        print_error("%s: the parts of a latency do not add up\n", label);
        same = false;
    }
    text_fini(&want);
    text_fini(&got);
    return same;
}

static const char *label_of(char label[64], const struct recipe *recipe)
{
    snprintf(label, 64, "policy%d%s%s%s%s%s_%" PRIu64, (int)recipe->policy,
             recipe->phases ? "_phases" : "", recipe->lives ? "_lives" : "",
             recipe->kernels ? "_kernels" : "", recipe->flights ? "_flights" : "",
             recipe->closed ? "_closed" : "", recipe->seed);
    return label;
}

static void compare_with_reference(struct recipe recipe)
{
    enum { CASES = 200, SHOWN = 5 };
    uint32_t differences = 0;

    for (uint32_t policy = 0; policy < REFERENCE_POLICIES; policy++) {
        uint32_t before = differences;
        bool strict = policy == REFERENCE_EQUAL_SHARE || policy == REFERENCE_FIXED_SHARE;
        if (recipe.kernels && strict) {
            continue; /* What overruns a strict slot is paid back later: not in the reference.
                       */
        }
        for (uint64_t seed = 1; seed <= CASES && differences - before < SHOWN; seed++) {
            recipe.policy = (enum reference_policy)policy;
            recipe.seed = seed;
            struct reference_setup setup = recipe_draw(&recipe);
            char label[64];
            differences += !agree(&setup, label_of(label, &recipe));
        }
    }
    assert_int_equal(differences, 0);
}

static void jobs_of_one_phase_agree(void **state)
{
    (void)state;
    compare_with_reference((struct recipe){ .policy = 0 });
}

static void jobs_of_several_phases_agree(void **state)
{
    (void)state;
    compare_with_reference((struct recipe){ .phases = true });
}

static void vms_that_start_and_stop_agree(void **state)
{
    (void)state;
    compare_with_reference((struct recipe){ .lives = true });
}

static void closed_loops_agree(void **state)
{
    (void)state;
    compare_with_reference((struct recipe){ .closed = true });
    compare_with_reference((struct recipe){ .closed = true, .phases = true });
    compare_with_reference((struct recipe){ .closed = true, .phases = true, .lives = true });
}

static void several_jobs_under_way_agree(void **state)
{
    (void)state;
    compare_with_reference((struct recipe){ .flights = true });
    compare_with_reference((struct recipe){ .flights = true, .phases = true });
    compare_with_reference((struct recipe){ .flights = true, .phases = true, .lives = true });
    compare_with_reference((struct recipe){ .flights = true, .phases = true, .closed = true });
}

static void jobs_of_kernels_agree(void **state)
{
    (void)state;
    compare_with_reference((struct recipe){ .kernels = true });
    compare_with_reference((struct recipe){ .kernels = true, .phases = true, .lives = true });
    compare_with_reference((struct recipe){ .kernels = true, .closed = true });
}

static void phases_of_vms_that_start_and_stop_agree(void **state)
{
    (void)state;
    compare_with_reference((struct recipe){ .phases = true, .lives = true });
}

/* The same through the whole program: from the text of a scenario to jobs.csv, byte for byte.
 */
static bool file_agrees(const struct recipe *recipe)
{
    struct reference_setup setup = recipe_draw(recipe);
    struct rows reference;
    struct text scenario;
    struct text want;
    char label[64];

    text_init(&scenario);
    recipe_put(&scenario, &setup, label_of(label, recipe));
    simulate_run(label, scenario.bytes, "--jobs");
    char *got = simulate_read_text(label, "jobs.csv");
    text_init(&want);
    reference.count = reference_run(&setup, reference.rows);
    put_rows(&want, reference.rows, reference.count);
    bool same = same_text(label, want.bytes, got);
    text_fini(&want);
    text_fini(&scenario);
    free(got);
    return same;
}

static void jobs_csv_agrees(void **state)
{
    uint32_t differences = 0;
    (void)state;

    for (uint32_t policy = 0; policy < REFERENCE_POLICIES; policy++) {
        for (uint64_t seed = 1; seed <= 6; seed++) {
            struct recipe recipe = {
                .policy = (enum reference_policy)policy,
                .phases = seed % 2 == 0,
                .lives = seed % 3 == 0,
                .flights = true,
                .closed = seed > 4,
                .seed = 1000 + seed,
            };
            differences += !file_agrees(&recipe);
        }
    }
    assert_int_equal(differences, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_one_phase_agree),
        cmocka_unit_test(jobs_of_several_phases_agree),
        cmocka_unit_test(closed_loops_agree),
        cmocka_unit_test(several_jobs_under_way_agree),
        cmocka_unit_test(jobs_of_kernels_agree),
        cmocka_unit_test(jobs_csv_agrees),
        cmocka_unit_test(vms_that_start_and_stop_agree),
        cmocka_unit_test(phases_of_vms_that_start_and_stop_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
