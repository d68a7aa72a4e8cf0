/*
 * Without switch costs every policy that wastes nothing does the same work: for the same
 * arrivals and demands the engine is busy at the same nanoseconds, in whatever order.
 */
#include "support/recipe.h"

#include "base/units.h"
#include "run/probe.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STAYS_MAX = 20000 };

struct span {
    nsec start_ns;
    nsec end_ns;
};

/* When the engine was busy; at first as the stays were told, then merged. */
struct work {
    struct span spans[STAYS_MAX];
    uint32_t count;
};

static void note_stay(void *context, const struct stay *stay)
{
    struct work *work = context;

    assert_true(work->count < STAYS_MAX);
    work->spans[work->count++] = (struct span){ stay->run_start_ns, stay->run_end_ns };
}

static int compare_spans(const void *left, const void *right)
{
    const struct span *a = left;
    const struct span *b = right;

    if (a->start_ns != b->start_ns) {
        return a->start_ns < b->start_ns ? -1 : 1;
    }
    return (a->end_ns > b->end_ns) - (a->end_ns < b->end_ns);
}

/* Joins spans that touch. They must not overlap: one VM runs at a time. */
static void merge(struct work *work)
{
    uint32_t count = 0;

    qsort(work->spans, work->count, sizeof(work->spans[0]), compare_spans);
    for (uint32_t i = 0; i < work->count; i++) {
        struct span span = work->spans[i];
        if (count > 0 && span.start_ns <= work->spans[count - 1].end_ns) {
            assert_true(span.start_ns == work->spans[count - 1].end_ns);
            work->spans[count - 1].end_ns = span.end_ns;
        } else {
            work->spans[count++] = span;
        }
    }
    work->count = count;
}

/* Makes the load light enough for many busy periods. */
static void lighten(struct reference_setup *setup)
{
    for (uint32_t vm = 0; vm < setup->vm_count; vm++) {
        for (uint32_t k = 0; k < setup->vms[vm].workload_count; k++) {
            for (uint32_t i = 0; i < setup->vms[vm].workloads[k].job_count; i++) {
                setup->vms[vm].workloads[k].demand_ns[i] /= 6;
            }
        }
    }
}

static void do_work(struct reference_setup *setup, enum reference_policy policy,
                    struct work *ret_work)
{
    struct probe probe = { .context = ret_work, .stayed = note_stay };

    setup->policy = policy;
    ret_work->count = 0;
    recipe_run(setup, &probe);
    merge(ret_work);
}

static void policies_that_waste_nothing_do_the_same_work(void **state)
{
    static const enum reference_policy policies[] = {
        REFERENCE_ROUND_ROBIN, REFERENCE_WEIGHTED_ROUND_ROBIN,
        REFERENCE_BEST_EFFORT, REFERENCE_PRIORITY,
        REFERENCE_EXCLUSIVE,
    };
    static struct work first;
    static struct work other;
    uint64_t periods = 0;
    (void)state;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct recipe recipe = { .policy = REFERENCE_ROUND_ROBIN, .seed = seed };
        struct reference_setup setup = recipe_draw(&recipe);
        lighten(&setup);
        setup.preempt_ns = setup.idle_ns = setup.restore_ns = 0;
        setup.slice_ns = setup.slice_ns / 6 + (nsec)seed; /* Out of step with arrivals. */
        do_work(&setup, policies[0], &first);
        periods += first.count;
        for (size_t i = 1; i < ARRAY_LEN(policies); i++) {
            do_work(&setup, policies[i], &other);
            assert_int_equal(other.count, first.count);
            assert_memory_equal(other.spans, first.spans, first.count * sizeof(first.spans[0]));
        }
    }
    assert_true(periods > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_that_waste_nothing_do_the_same_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
