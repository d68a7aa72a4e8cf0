/*
 * test_grid.c - one VM alone under MPS: what its share, its grid and memory make of its demand.
 */
#include "run/grid.h"
#include "support/mps.h"
#include "support/test.h"

static void sms_are_rounded_down_to_pairs(void **state)
{
    (void)state;

    assert_int_equal(grid_sms(132, 1000000), 132);
    assert_int_equal(grid_sms(132, 250000), 32);
    assert_int_equal(grid_sms(132, 125000), 16);
    assert_int_equal(grid_sms(132, 100000), 12);
    assert_int_equal(grid_sms(132, 900000), 118);
    assert_int_equal(grid_sms(132, 1), 2);
    assert_int_equal(grid_sms(5, 1000000), 5);
    assert_int_equal(grid_sms(5, 999999), 4);
    assert_int_equal(grid_sms(1, 500000), 1);
}

static nsec alone(uint32_t share_percent, uint32_t blocks, uint32_t memory_ppm,
                  const struct mps_traits *traits)
{
    struct build b;

    mps_build(&b, traits);
    uint32_t vm = mps_put(&b, share_percent, 0, 4 * MSEC);
    mps_phase(&b, vm)->blocks = blocks;
    mps_phase(&b, vm)->memory_bound_ppm = memory_ppm;
    build_run(&b);
    const struct job_end *job = build_job_of(&b, vm, 0);
    nsec end = job->end_ns;
    /* Alone, a VM waits for nobody, and its service is its SMs for that time. */
    assert_true(job->slice_wait_ns <= MPS_ROUNDING);
    assert_int_equal(job->run_ns, end - job->slice_wait_ns);
    assert_int_equal(job->demand_ns, 4 * MSEC);
    assert_near(b.record.totals[ENGINE_COMPUTE].busy_ns, end, MPS_ROUNDING + end / 10000);
    build_fini(&b);
    return end;
}

/* A layer of 100 blocks takes a quarter of a full grid's time; on fewer SMs there are more. */
static void compute_alone_takes_whole_layers(void **state)
{
    (void)state;

    for (uint32_t share = 2; share <= 100; share++) {
        uint32_t sms = share - share % 2;
        nsec layers = (400 + sms - 1) / sms;
        assert_near(alone(share, 0, 0, &mps_simple), layers * MSEC, layers);
        layers = (1000 + sms - 1) / sms; /* Ten layers on the whole device take the 4 ms. */
        assert_near(alone(share, 1000, 0, &mps_simple), layers * 4 * MSEC / 10, layers);
    }
    assert_near(alone(2, 40, 0, &mps_simple), 20 * 4 * MSEC, 20); /* One layer on the device. */
    assert_near(alone(50, 40, 0, &mps_simple), 4 * MSEC, 1);
}

/* With the assumed traits the demand is still the time alone on the whole device. */
static void demand_is_the_time_alone(void **state)
{
    const uint32_t blocks[] = { 0, 1, 3, 64, 100, 102, 400, 528, 900, 5000, 3000000 };
    const uint32_t memory_ppm[] = { 0, 300000, 1000000 };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        for (size_t k = 0; k < ARRAY_LEN(memory_ppm); k++) {
            nsec end = alone(100, blocks[i], memory_ppm[k], NULL);
            assert_true(end >= 4 * MSEC);
            assert_near(end, 4 * MSEC, blocks[i] > 10000 ? 40 * USEC : 100);
        }
    }
}

/* A block alone on its SM does not fill it: the last layer takes longer, not the work. */
static void block_alone_is_slower(void **state)
{
    struct mps_traits traits = mps_simple;
    (void)state;

    traits.alone = 1.5;
    /* Oldest first: of four layers the last one is alone all its time: 4.5 units are 4 ms. */
    assert_near(alone(50, 0, 0, &traits), (nsec)(4 * MSEC * 8.5 / 4.5), 10);
    traits.leak = 1.0; /* All together to the end. */
    assert_near(alone(50, 0, 0, &traits), 8 * MSEC, 10);
}

/* Blocks that wait only for memory: all that find room go at once, in one latency. */
static void memory_alone_takes_waves_of_latency(void **state)
{
    struct mps_traits traits = mps_simple;
    (void)state;

    traits.latency = 1.0;
    traits.bandwidth = 1e-3;
    for (uint32_t share = 2; share <= 100; share++) {
        uint32_t room = (share - share % 2) * 8;
        nsec waves = (400 + room - 1) / room;
        assert_near(alone(share, 0, 1000000, &traits), waves * 4 * MSEC, 10 * waves);
    }
}

/* Where bandwidth is all that counts, so does nothing else, not even the share. */
static void memory_alone_saturates_bandwidth(void **state)
{
    (void)state;

    for (uint32_t share = 2; share <= 100; share++) {
        nsec end = alone(share, 0, 1000000, &mps_simple);
        assert_near(end, 4 * MSEC, 4 * MSEC / 50);
    }
}

/* As measured on the H100: full speed from half of the SMs on, half of it with a quarter. */
static void memory_bound_needs_half_of_the_sms(void **state)
{
    (void)state;

    nsec whole = alone(100, 0, 1000000, NULL);
    assert_near(alone(50, 0, 1000000, NULL), whole, whole / 100);
    nsec quarter = alone(25, 0, 1000000, NULL);
    assert_true(quarter > whole * 3 / 2 && quarter < whole * 5 / 2);
}

/* Part of a phase is bound by memory: the two parts take what they take. */
static void mixture_is_linear(void **state)
{
    (void)state;

    for (uint32_t share = 10; share <= 100; share += 15) {
        nsec compute = alone(share, 0, 0, NULL);
        nsec memory = alone(share, 0, 1000000, NULL);
        nsec mixed = alone(share, 0, 300000, NULL);
        assert_near(mixed, (7 * compute + 3 * memory) / 10, 100);
    }
}

static void kernels_of_a_phase_add_up(void **state)
{
    struct build b;
    (void)state;

    for (nsec kernel_ns = 300 * USEC; kernel_ns < 6 * MSEC; kernel_ns *= 3) {
        mps_build(&b, NULL);
        uint32_t vm = mps_put(&b, 25, 0, 4 * MSEC);
        mps_phase(&b, vm)->kernel_ns = kernel_ns;
        build_run(&b);
        assert_near(mps_end(&b, vm), alone(25, 0, 0, NULL), 200);
        assert_int_equal(b.record.stay_count, 1);
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sms_are_rounded_down_to_pairs),
        cmocka_unit_test(compute_alone_takes_whole_layers),
        cmocka_unit_test(demand_is_the_time_alone),
        cmocka_unit_test(block_alone_is_slower),
        cmocka_unit_test(memory_alone_takes_waves_of_latency),
        cmocka_unit_test(memory_alone_saturates_bandwidth),
        cmocka_unit_test(memory_bound_needs_half_of_the_sms),
        cmocka_unit_test(mixture_is_linear),
        cmocka_unit_test(kernels_of_a_phase_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
