/* test_sorter.c - records come back in order, whatever the pens and files that they were in. */
#include "output/sorter.h"

#include "support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEN = 4096, THREADS = 3, SMALL = 100, LARGE = 600000 };

/* A number, and where it came from. */
struct item {
    uint32_t number;
    uint32_t thread;
};

static struct err err;

static int compare(const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;

    if (x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return (x->thread > y->thread) - (x->thread < y->thread);
}

static const struct sorter_order order = { sizeof(struct item), compare };

static const char *folder(void)
{
    const char *top = getenv("TEST_TMPDIR");
    return top ? top : "/tmp";
}

/* What comes out: 0, 0, 0, 1, 1, 1, ... one of each thread. */
static void take(void *context, const void *record)
{
    uint32_t *count = context;
    const struct item *item = record;

    if (item->number != *count / THREADS || item->thread != *count % THREADS) {
        fail_msg("record %u is %u of thread %u", *count, item->number, item->thread);
    }
    ++*count;
}

struct giver {
    struct sorter *sorter;
    uint32_t thread;
    uint32_t count;
    pthread_t handle;
};

/* All numbers below the count, in an order of the thread's own: multiples of a prime. The pen
   is given back now and then, so that threads use each other's. */
static void *give(void *argument)
{
    const struct giver *g = argument;
    struct pen *pen = sorter_take_pen(g->sorter);

    for (uint32_t i = 0; i < g->count; i++) {
        struct item item = { (uint32_t)((uint64_t)i * 1000003 % g->count), g->thread };
        memcpy(pen_add(pen), &item, sizeof(item));
        if (i % 10000 == g->thread) {
            sorter_return_pen(g->sorter, pen);
            pen = sorter_take_pen(g->sorter);
        }
    }
    sorter_return_pen(g->sorter, pen);
    return NULL;
}

static void check_sorted(uint32_t count)
{
    struct sorter *s = sorter_create(&order, folder(), PEN);
    struct giver givers[THREADS];
    uint32_t taken = 0;
    const struct sorter_sink sink = { take, &taken };

    for (uint32_t i = 0; i < THREADS; i++) {
        givers[i] = (struct giver){ .sorter = s, .thread = i, .count = count };
        assert_int_equal(pthread_create(&givers[i].handle, NULL, give, &givers[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        (void)pthread_join(givers[i].handle, NULL);
    }
    assert_int_equal(sorter_merge(s, &sink, &err), 0);
    assert_int_equal(taken, THREADS * count);
    taken = 0;
    assert_int_equal(sorter_merge(s, &sink, &err), 0);
    assert_int_equal(taken, 0);
    sorter_free(s);
}

static void few_records_stay_in_memory(void **state)
{
    (void)state;
    check_sorted(0);
    check_sorted(SMALL);
}

/* Pens of 512 records, so that there are three levels of files. */
static void many_records_go_through_files(void **state)
{
    (void)state;
    check_sorted(LARGE);
}

static void ignore(void *context, const void *record)
{
    (void)context;
    (void)record;
}

static void failures_are_told(void **state)
{
    struct sorter *s = sorter_create(&order, "/proc/none", PEN);
    struct pen *pen = sorter_take_pen(s);
    const struct sorter_sink sink = { ignore, NULL };
    (void)state;

    for (uint32_t i = 0; i < LARGE / 100; i++) {
        memset(pen_add(pen), 0, sizeof(struct item));
    }
    sorter_return_pen(s, pen);
    assert_int_equal(sorter_merge(s, &sink, &err), -1);
    assert_int_equal(err.kind, ERR_WRITE);
    assert_non_null(strstr(err.text, "/proc/none: No such file"));
    sorter_free(s);
    sorter_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_records_stay_in_memory),
        cmocka_unit_test(many_records_go_through_files),
        cmocka_unit_test(failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
