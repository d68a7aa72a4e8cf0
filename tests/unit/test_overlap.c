/*
 * test_overlap.c - where blocks come to lie under MPS: on SMs that are taken, unevenly, or
 * beside those who compute.
 */
#include "support/mps.h"
#include "support/test.h"

/* Layers of the older VM take 10 ms, of the younger 1 ms, on 50 SMs each; alone the younger
   takes 8 ms. */
static void put_halves(struct build *b, uint32_t shared_sms, nsec arrival_ns)
{
    struct mps_traits traits = mps_simple;

    traits.overlap_sms = (double)shared_sms;
    mps_build(b, &traits);
    (void)mps_put(b, 50, 0, 40 * MSEC);
    (void)mps_put(b, 50, arrival_ns, 4 * MSEC);
}

static nsec end_of_younger(uint32_t shared_sms, nsec arrival_ns)
{
    struct build b;

    put_halves(&b, shared_sms, arrival_ns);
    build_run(&b);
    assert_near(mps_end(&b, 0), 80 * MSEC, 100);
    nsec end = mps_end(&b, 1);
    build_fini(&b);
    return end;
}

/* Four of the older one's layers are done, so four blocks of the younger find room on each SM
   that they share, and wait there. */
static void blocks_on_taken_sms_wait(void **state)
{
    (void)state;

    assert_near(end_of_younger(0, 45 * MSEC), 53 * MSEC, 10);
    assert_near(end_of_younger(2, 45 * MSEC), 84 * MSEC, 10);
}

/* All slots are taken there: 400 blocks on 48 SMs take nine layers. */
static void without_room_the_other_sms_take_more(void **state)
{
    (void)state;

    assert_near(end_of_younger(0, 5 * MSEC), 13 * MSEC, 10);
    assert_near(end_of_younger(2, 5 * MSEC), 14 * MSEC, 10);
}

/* The older VM's second job starts beside the younger's, and so fits; and so does whoever
   starts beside that one. */
static void who_starts_beside_others_fits(void **state)
{
    const struct build_job older[] = { { 0, 4 * MSEC }, { 10 * MSEC, 4 * MSEC } };
    const struct build_job younger[] = { { 7900000, 4 * MSEC }, { 17 * MSEC, MSEC } };
    struct mps_traits traits = mps_simple;
    struct build b;
    (void)state;

    traits.overlap_sms = 2.0;
    mps_build(&b, &traits);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t vm = build_vm(&b, i == 0 ? "older" : "younger");
        b.vms[vm].share_ppm = 500000;
        (void)build_jobs(&b, vm, i == 0 ? older : younger, 2);
    }
    build_run(&b);
    /* Seven layers of the older are done: the younger's eight find seven slots, then eight. */
    assert_near(build_job_of(&b, 0, 0)->end_ns, 8 * MSEC, 10);
    assert_near(build_job_of(&b, 1, 0)->end_ns, 16 * MSEC, 10);
    assert_near(build_job_of(&b, 0, 1)->end_ns, 18 * MSEC, 10);
    assert_near(build_job_of(&b, 1, 1)->end_ns, 19 * MSEC, 10);
    build_fini(&b);
}

/* Whichever is older, it is the one that reads memory that waits. The wave of 400 blocks has
   all slots of its 50 SMs, so a younger one that computes finds no room there. */
static void memory_waits_for_compute(void **state)
{
    struct mps_traits traits = mps_simple;
    struct build b;
    (void)state;

    traits.overlap_sms = 2.0;
    traits.latency = 0.5;
    traits.latency_step = 0.0;
    mps_build(&b, &traits);
    (void)mps_put(&b, 50, 0, 40 * MSEC);
    (void)mps_put(&b, 50, MSEC, 4 * MSEC);
    mps_phase(&b, 1)->memory_bound_ppm = 1000000;
    build_run(&b);
    assert_near(mps_end(&b, 0), 80 * MSEC, 100);
    assert_near(mps_end(&b, 1), 82 * MSEC, 100);
    build_fini(&b);

    mps_build(&b, &traits);
    (void)mps_put(&b, 50, 0, 40 * MSEC);
    (void)mps_put(&b, 50, MSEC, 4 * MSEC);
    mps_phase(&b, 0)->memory_bound_ppm = 1000000;
    mps_phase(&b, 0)->blocks = 200;
    build_run(&b);
    assert_near(mps_end(&b, 1), 9 * MSEC, 100);
    build_fini(&b);
}

/* The VM that is waited for stops: who waited goes on. */
static void a_stop_lets_go(void **state)
{
    struct build b;
    (void)state;

    put_halves(&b, 2, 45 * MSEC);
    b.vms[0].stop_ns = 60 * MSEC;
    build_run(&b);
    assert_near(mps_end(&b, 1), 64 * MSEC, 10);
    build_fini(&b);
}

/* Two VMs have all slots until 40 ms, when the last layer of the first ends, and those of the
   second with it. The last layer of the third, the first three of which are placed by then, is
   an even one if SMs are in step; else the SMs that come first take five blocks each. */
static void sms_that_come_first_take_more(void **state)
{
    (void)state;

    for (int is_late = 0; is_late <= 1; is_late++) {
        struct mps_traits traits = mps_simple;
        struct build b;
        traits.jitter_ns = is_late ? 100000.0 : 0.0;
        mps_build(&b, &traits);
        (void)mps_put(&b, 100, 0, 40 * MSEC);
        (void)mps_put(&b, 100, 1, 80 * USEC);
        (void)mps_put(&b, 100, 2, 4 * MSEC);
        build_run(&b);
        assert_near(mps_end(&b, 0), 40 * MSEC, 100);
        assert_near(mps_end(&b, 2), (is_late ? 48 : 44) * MSEC + 80 * USEC, 100);
        build_fini(&b);
    }
}

/* A wave on SMs that all compute takes `starve` times as long; with 24 of 74 SMs in common it
   takes what goes with the square of that. */
static void compute_starves_memory(void **state)
{
    const uint32_t shares[] = { 100, 50, 75 };
    const nsec ends[] = { 5 * MSEC, MSEC, MSEC + 4 * MSEC * 24 * 24 / (74 * 74) };
    struct mps_traits traits = mps_simple;
    (void)state;

    traits.starve = 5.0;
    for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
        struct build b;
        mps_build(&b, &traits);
        (void)mps_put(&b, i == 0 ? 100 : 50, 0, 100 * MSEC);
        (void)mps_put(&b, shares[i], 1, MSEC);
        mps_phase(&b, 1)->memory_bound_ppm = 1000000;
        build_run(&b);
        assert_near(mps_end(&b, 1), ends[i], 100);
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_on_taken_sms_wait),
        cmocka_unit_test(without_room_the_other_sms_take_more),
        cmocka_unit_test(who_starts_beside_others_fits),
        cmocka_unit_test(memory_waits_for_compute),
        cmocka_unit_test(a_stop_lets_go),
        cmocka_unit_test(sms_that_come_first_take_more),
        cmocka_unit_test(compute_starves_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
