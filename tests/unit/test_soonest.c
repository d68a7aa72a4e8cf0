/* test_soonest.c - the least of many times, for any number of sources; and moments. */
#include "engine/soonest.h"

#include "support/test.h"

/* Sets (index, time) and then expects the soonest to be (index, time). */
struct step {
    uint32_t set;
    nsec time;
    uint32_t want;
    nsec want_time;
};

static void check_script(uint32_t count, const struct step *steps, size_t length)
{
    struct arena arena;
    struct soonest soonest;

    arena_init(&arena);
    soonest_init(&soonest, count, &arena);
    assert_int_equal(soonest_time(&soonest), INSTANT_NEVER);
    for (size_t i = 0; i < length; i++) {
        soonest_set(&soonest, steps[i].set, steps[i].time);
        assert_int_equal(soonest_time(&soonest), steps[i].want_time);
        if (steps[i].want_time != INSTANT_NEVER) {
            assert_int_equal(soonest_index(&soonest), steps[i].want);
        }
    }
    arena_fini(&arena);
}

/* The same script for trees that are full, nearly empty and in between. */
static void script_gives_the_soonest(void **state)
{
    const struct step steps[] = {
        { 3, 50, 3, 50 },
        { 1, 60, 3, 50 },
        { 2, 50, 2, 50 }, /* Equal times go to the lowest index. */
        { 4, 50, 2, 50 },
        { 2, INSTANT_NEVER, 3, 50 },
        { 3, 70, 4, 50 },
        { 0, 0, 0, 0 },
        { 0, INSTANT_NEVER, 4, 50 },
        { 4, INSTANT_NEVER, 1, 60 },
        { 1, INSTANT_NEVER, 3, 70 },
        { 3, INSTANT_NEVER, 0, INSTANT_NEVER },
    };
    const uint32_t counts[] = { 5, 8, 9, 64, 65, 1000 };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        check_script(counts[i], steps, ARRAY_LEN(steps));
    }
}

static void check_random(uint32_t count, uint64_t seed)
{
    struct arena arena;
    struct soonest soonest;
    nsec *times = test_malloc(count * sizeof(times[0]));

    arena_init(&arena);
    soonest_init(&soonest, count, &arena);
    for (uint32_t i = 0; i < count; i++) {
        times[i] = INSTANT_NEVER;
    }
    for (int step = 0; step < 3000; step++) {
        uint32_t index = (uint32_t)test_between(&seed, 0, count - 1);
        uint32_t best = 0;
        times[index] =
            test_chance(&seed, 20) ? INSTANT_NEVER : test_between(&seed, 0, 2 * count);
        soonest_set(&soonest, index, times[index]);
        for (uint32_t i = 1; i < count; i++) {
            best = times[i] < times[best] ? i : best;
        }
        assert_int_equal(soonest_time(&soonest), times[best]);
        if (times[best] != INSTANT_NEVER) {
            assert_int_equal(soonest_index(&soonest), best);
        }
    }
    arena_fini(&arena);
    test_free(times);
}

static void random_times_agree_with_a_search(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 300; count += count < 8 ? 1 : 23) {
        check_random(count, count);
    }
}

/* No source at all: nothing is ever due. */
static void nothing_is_never(void **state)
{
    struct arena arena;
    struct soonest soonest;
    (void)state;

    arena_init(&arena);
    soonest_init(&soonest, 0, &arena);
    assert_int_equal(soonest_time(&soonest), INSTANT_NEVER);
    arena_fini(&arena);
}

static void moments_order_by_instant_then_class(void **state)
{
    const nsec instants[] = { 0, 1, 2, SEC, RUN_LENGTH_MAX, INSTANT_NEVER - 1 };
    moment last = -1;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
        for (enum moment_class class = MOMENT_END; class <= MOMENT_CHOICE; class ++) {
            moment m = moment_at(instants[i], class);
            assert_true(m > last);
            assert_int_equal(moment_time(m), instants[i]);
            assert_int_equal(moment_class_of(m), class);
            last = m;
        }
    }
    assert_true(last < MOMENT_NEVER);
    assert_true(moment_at(INSTANT_NEVER, MOMENT_END) > last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(script_gives_the_soonest),
        cmocka_unit_test(random_times_agree_with_a_search),
        cmocka_unit_test(nothing_is_never),
        cmocka_unit_test(moments_order_by_instant_then_class),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
