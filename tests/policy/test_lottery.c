/* test_lottery.c - the schedule for known draws, and the expectation that lottery.c states. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
#include "support/test.h"

#include "run/inside.h"

/* Makes `uniform` the stream's next draw. */
static void script_draw(struct rng *rng, double uniform)
{
    uint64_t bits = (uint64_t)(uniform * 0x1p53) << 11;

    rng->word[2] = (uint32_t)bits;
    rng->word[3] = (uint32_t)(bits >> 32);
    rng->used = 2;
}

static void schedule_is_the_known_one(void **state)
{
    static const double draws[] = { .10, .60, .80, .30, .95, .55, .20, .70 };
    struct build b;
    (void)state;

    build_init(&b, "lottery");
    build_param(&b, "compensation", false);
    golden_workload(&b);
    b.vms[0].weight = 200;
    build_start(&b);
    /* One decision every 2 ms; each finds its draw. */
    for (size_t i = 0; i < ARRAY_LEN(draws); i++) {
        if (i > 0) {
            assert_int_equal(run_advance(b.run, (nsec)i * 2 * MSEC - 1, &b.err), 0);
        }
        script_draw(&b.run->slicers[0].rng, draws[i]);
    }
    build_run(&b);
    golden_check(&b, "lottery slice 2, tickets 2:1:1, draws .10 .60 .80 .30 .95 .55 .20 .70 "
                     ".40");
    build_fini(&b);
}

/* Wins of each VM within five standard deviations of n p, for random weights. */
static void wins_follow_the_tickets(void **state)
{
    enum { N = 7, DRAWS = 20000 };
    uint64_t seed = 3;
    (void)state;

    for (int round = 0; round < 10; round++) {
        struct alone alone;
        uint32_t wins[N] = { 0 };
        double sum = 0;
        alone_init(&alone, "lottery", N);
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, VM_WEIGHT_MIN, VM_WEIGHT_MAX);
            sum += alone.vms[i].weight;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (int draw = 0; draw < DRAWS; draw++) {
            wins[alone_step(&alone)]++;
        }
        for (uint32_t i = 0; i < N; i++) {
            double part = alone.vms[i].weight / sum;
            double off = wins[i] - DRAWS * part;
            assert_true(off * off <= 25 * DRAWS * part * (1 - part));
        }
        alone_fini(&alone);
    }
}

/* A uses a fifth of its slices, then blocks and is back at once: with compensation it gets its
   half of the time all the same, without it a sixth. */
static void compensation_makes_up_for_early_yields(void **state)
{
    (void)state;

    for (int compensation = 0; compensation <= 1; compensation++) {
        struct alone alone;
        nsec service[2] = { 0 };
        alone_init(&alone, "lottery", 2);
        params_set(&alone.sharing, "compensation", compensation);
        alone_begin(&alone);
        alone_ready(&alone, 0, 0);
        alone_ready(&alone, 1, 0);
        for (int step = 0; step < 20000; step++) {
            struct slice slice = alone_pick(&alone, alone.now);
            bool is_a = slice.vm->index == 0;
            nsec ran = is_a ? slice.length_ns / 5 : slice.length_ns;
            alone.now += ran;
            service[slice.vm->index] += ran;
            alone_charge(&alone, slice.vm, ran, !is_a, alone.now);
            if (is_a) {
                alone_ready(&alone, 0, alone.now);
            }
        }
        double part = (double)service[0] / (double)(service[0] + service[1]);
        double want = compensation ? 0.5 : 1.0 / 6;
        assert_true(part > want - 0.02 && part < want + 0.02);
        alone_fini(&alone);
    }
}

/* Tickets 0 and 1 are A's, 2 is B's, 3 is C's. */
static void tickets_are_counted_in_the_order_of_the_vms(void **state)
{
    static const double draws[] = { .0001, .4999, .5001, .7499, .7501, .9999 };
    static const uint32_t winners[] = { 0, 0, 1, 1, 2, 2 };
    struct alone alone;
    (void)state;

    alone_init(&alone, "lottery", 3);
    alone.vms[0].weight = 200;
    alone_begin(&alone);
    for (uint32_t i = 0; i < 3; i++) {
        alone_ready(&alone, i, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(draws); i++) {
        script_draw(&alone.rng, draws[i]);
        assert_int_equal(alone_step(&alone), winners[i]);
    }
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(wins_follow_the_tickets),
        cmocka_unit_test(compensation_makes_up_for_early_yields),
        cmocka_unit_test(tickets_are_counted_in_the_order_of_the_vms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
