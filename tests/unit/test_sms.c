/*
 * test_sms.c - where the blocks of kernels come to lie under MPS: unevenly, on SMs that are
 * taken, beside those who compute.
 */
#include "support/mps.h"
#include "support/test.h"

/* The younger VM's two SMs of 50 lie among those of the older one, whose kernel began on an
   empty device. Layers of the older take 10 ms, of the younger 1 ms; alone the younger takes 8
   ms. */
static nsec end_of_younger(double meet_sms, nsec arrival_ns, nsec stop_ns)
{
    struct mps_traits traits = mps_simple;
    struct build b;

    traits.meet_sms = meet_sms;
    mps_build(&b, &traits);
    (void)mps_put(&b, 50, 0, 40 * MSEC);
    (void)mps_put(&b, 50, arrival_ns, 4 * MSEC);
    b.vms[0].stop_ns = stop_ns;
    build_run(&b);
    if (stop_ns == NSEC_MAX) {
        assert_near(mps_end(&b, 0), 80 * MSEC, 100);
    }
    nsec end = mps_end(&b, 1);
    build_fini(&b);
    return end;
}

/* Four of the older one's layers are done, so that four blocks of the younger find room on each
   of the SMs that they share, and wait there. */
static void blocks_on_taken_sms_wait(void **state)
{
    (void)state;

    assert_near(end_of_younger(0.0, 45 * MSEC, NSEC_MAX), 53 * MSEC, 10);
    assert_near(end_of_younger(2.0, 45 * MSEC, NSEC_MAX), 84 * MSEC, 10);
}

/* All slots are taken there: 400 blocks on 48 SMs take nine layers. */
static void without_room_the_other_sms_take_more(void **state)
{
    (void)state;

    assert_near(end_of_younger(0.0, 5 * MSEC, NSEC_MAX), 13 * MSEC, 10);
    assert_near(end_of_younger(2.0, 5 * MSEC, NSEC_MAX), 14 * MSEC, 10);
}

/* The VM that is waited for stops: who waited goes on. */
static void a_stop_lets_go(void **state)
{
    (void)state;

    assert_near(end_of_younger(2.0, 45 * MSEC, 60 * MSEC), 64 * MSEC, 10);
}

/* Who begins beside a kernel that did not begin on an empty device fits. */
static void who_starts_beside_others_fits(void **state)
{
    const struct build_job older[] = { { 0, 4 * MSEC }, { 10 * MSEC, 4 * MSEC } };
    const struct build_job younger[] = { { 7900000, 4 * MSEC } };
    struct mps_traits traits = mps_simple;
    struct build b;
    (void)state;

    traits.meet_sms = 2.0;
    mps_build(&b, &traits);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t vm = build_vm(&b, i == 0 ? "older" : "younger");
        b.vms[vm].share_ppm = 500000;
        (void)build_jobs(&b, vm, i == 0 ? older : younger, i == 0 ? 2 : 1);
    }
    build_run(&b);
    assert_near(build_job_of(&b, 0, 0)->end_ns, 8 * MSEC, 10);
    assert_near(build_job_of(&b, 0, 1)->end_ns, 18 * MSEC, 10);
    build_fini(&b);
}

/* 38 SMs beside a wave of 400 blocks on 60: two are left over, and 400 blocks are more than 304
   slots. Where it meets the wave, whose SMs have one or two slots free, the wave does not go
   on. */
static void end_beside_wave(double meet, nsec *ret_compute, nsec *ret_stream)
{
    struct mps_traits traits = mps_simple;
    struct build b;

    traits.meet = meet;
    traits.meet_sms = 8.0;
    traits.starve = 100.0;
    mps_build(&b, &traits);
    (void)mps_put(&b, 60, 0, 8 * MSEC);
    (void)mps_put(&b, 38, MSEC, 16 * MSEC);
    mps_phase(&b, 0)->memory_bound_ppm = 1000000;
    build_run(&b);
    *ret_stream = mps_end(&b, 0);
    *ret_compute = mps_end(&b, 1);
    build_fini(&b);
}

static void a_wave_waits_for_those_it_meets(void **state)
{
    nsec compute;
    nsec stream;
    (void)state;

    end_beside_wave(0.0, &compute, &stream);
    assert_near(stream, 8 * MSEC, 100 * USEC);
    assert_near(compute, (1 + 11 * 4) * MSEC, 100);
    end_beside_wave(1.0, &compute, &stream);
    assert_true(stream > 16 * MSEC && stream < compute);
    assert_near(compute, (1 + 12 * 4) * MSEC, 100); /* Fewer slots: a layer more. */
}

/* Three VMs of 30 SMs, ten are left over; with four more of them a fourth kernel finds just
   what it needs. It meets others as long as kernels begin with room to spare, but not once
   everybody returns to SMs of his own. */
static uint64_t jobs_not_alone(nsec from_ns, nsec to_ns)
{
    struct mps_traits traits = mps_simple;
    struct build b;
    uint64_t count = 0;

    traits.meet = 1.0;
    traits.meet_sms = 8.0;
    mps_build(&b, &traits);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t vm = build_vm(&b, arena_format(&b.scenario.arena, "vm%u", i));
        b.vms[vm].share_ppm = 240000;
        (void)build_closed(&b, vm, build_constant((nsec)(4 * MSEC + i * USEC)), 0);
    }
    build_run(&b);
    for (uint64_t i = 0; i < b.record.job_count; i++) {
        const struct job_end *job = &b.record.jobs[i];
        bool is_within = job->end_ns >= from_ns && job->end_ns < to_ns;
        count += is_within && job->slice_wait_ns > MPS_ROUNDING;
    }
    build_fini(&b);
    return count;
}

static void placements_settle(void **state)
{
    (void)state;

    assert_true(jobs_not_alone(0, 100 * MSEC) > 0);
    assert_int_equal(jobs_not_alone(SEC / 2, SEC), 0);
}

/* The second kernel's first layer ends at 5 ms, on some SMs up to 10 us before. A third one
   that begins in between gets five blocks on some of those, and so ends a layer of 10 ms later.
 */
static void sms_out_of_step_take_uneven_parts(void **state)
{
    (void)state;

    for (int jitter = 0; jitter <= 1; jitter++) {
        struct mps_traits traits = mps_simple;
        struct build b;
        traits.jitter_ns = jitter ? 10000.0 : 0.0;
        mps_build(&b, &traits);
        (void)mps_put(&b, 100, 0, 4 * MSEC);
        (void)mps_put(&b, 100, 500 * USEC, 4 * MSEC);
        (void)mps_put(&b, 100, 5 * MSEC - 5 * USEC, 40 * MSEC);
        build_run(&b);
        assert_near(mps_end(&b, 1), 8 * MSEC, 10);
        assert_near(mps_end(&b, 2), (jitter ? 58 : 48) * MSEC, 200 * USEC);
        build_fini(&b);
    }
}

/* A memory-bound block on an SM that computes takes `starve` times as long. */
static void compute_starves_memory(void **state)
{
    struct mps_traits traits = mps_simple;
    struct build b;
    (void)state;

    traits.starve = 5.0;
    mps_build(&b, &traits);
    (void)mps_put(&b, 100, 0, 100 * MSEC);
    (void)mps_put(&b, 100, 1, MSEC);
    mps_phase(&b, 1)->memory_bound_ppm = 1000000;
    build_run(&b);
    assert_near(mps_end(&b, 1), 5 * MSEC, 5 * MSEC / 50);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_on_taken_sms_wait),
        cmocka_unit_test(without_room_the_other_sms_take_more),
        cmocka_unit_test(a_stop_lets_go),
        cmocka_unit_test(who_starts_beside_others_fits),
        cmocka_unit_test(a_wave_waits_for_those_it_meets),
        cmocka_unit_test(placements_settle),
        cmocka_unit_test(sms_out_of_step_take_uneven_parts),
        cmocka_unit_test(compute_starves_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
