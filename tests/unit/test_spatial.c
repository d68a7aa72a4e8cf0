/*
 * test_spatial.c - VMs beside each other under MPS: slots, ages, bandwidth, accounts, lives.
 */
#include "support/mps.h"
#include "support/test.h"

#include <string.h>

/* ---------------------------------------------------------------- several VMs */

/* VMs whose SMs fit beside each other have the same ends as alone, to the nanosecond. */
static void disjoint_shares_do_not_disturb(void **state)
{
    struct mps_traits traits = mps_assumed;
    const uint32_t shares[] = { 50, 25, 13, 12 };
    nsec ends[ARRAY_LEN(shares)];
    struct build b;
    (void)state;

    traits.is_measured = true;
    traits.meet_sms = 0.0;
    traits.jitter_ns = 0.0;
    for (size_t together = 0; together < 2; together++) {
        for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
            mps_build(&b, &traits);
            for (size_t k = 0; k < ARRAY_LEN(shares); k++) {
                if (together || k == i) {
                    (void)mps_put(&b, shares[k], (nsec)k * 777777, (nsec)(k + 1) * 1234567);
                }
            }
            build_run(&b);
            if (together) {
                const struct job_end *job = build_job_of(&b, (uint32_t)i, 0);
                assert_int_equal(job->end_ns, ends[i]);
                assert_true(job->slice_wait_ns <= MPS_ROUNDING);
            } else {
                ends[i] = mps_end(&b, 0);
            }
            build_fini(&b);
        }
    }
}

/* Full grids of VMs that have the whole device, without leak: first come, first served. */
static void whole_shares_are_served_oldest_first(void **state)
{
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    for (uint32_t i = 0; i < 4; i++) {
        (void)mps_put(&b, 100, (nsec)i * 10, 4 * MSEC);
    }
    build_run(&b);
    for (uint32_t i = 0; i < 4; i++) {
        assert_near(mps_end(&b, i), (nsec)(i + 1) * 4 * MSEC, 10);
    }
    /* Two grids of four layers find room at once; layers of the third follow those of the
       first as they end, layers of the fourth those of the second. */
    assert_int_equal(build_job_of(&b, 1, 0)->start_ns, 10);
    assert_near(build_job_of(&b, 2, 0)->start_ns, MSEC, 10);
    assert_near(build_job_of(&b, 3, 0)->start_ns, 5 * MSEC, 10);
    build_fini(&b);
}

/* With leak the order stays, the first is late, and the last is not: work is conserved. */
static void leak_helps_the_younger(void **state)
{
    struct mps_traits traits = mps_simple;
    struct build b;
    (void)state;

    traits.leak = 0.31;
    mps_build(&b, &traits);
    for (uint32_t i = 0; i < 4; i++) {
        (void)mps_put(&b, 100, (nsec)i, 4 * MSEC);
    }
    build_run(&b);
    assert_true(mps_end(&b, 0) > 4 * MSEC + MSEC / 100);
    assert_true(mps_end(&b, 0) < 6 * MSEC);
    for (uint32_t i = 1; i < 4; i++) {
        assert_true(mps_end(&b, i) > mps_end(&b, i - 1));
    }
    assert_near(mps_end(&b, 3), 16 * MSEC, 20);
    build_fini(&b);
}

/* 60 % and 60 % of the SMs: the younger one has 40 of its own and shares 20 with the older one.
   Its blocks even out what SMs have in all: the older one's 20 on each of its own ones and none
   of the shared ones at first, then a third of 20 more on each. */
static void blocks_go_where_most_slots_are_free(void **state)
{
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    b.gpus[0].device.blocks_per_sm = 64;
    uint32_t older = mps_put(&b, 60, 0, 3 * MSEC);
    uint32_t younger = mps_put(&b, 60, 1, 6 * MSEC);
    mps_phase(&b, older)->blocks = 1200; /* 20 layers of 60, 12 of 100. */
    mps_phase(&b, younger)->blocks = 1200;
    build_run(&b);
    assert_near(mps_end(&b, older), 5 * MSEC, 30);
    assert_near(mps_end(&b, younger), 27 * MSEC / 2, 30);
    build_fini(&b);
}

static void bandwidth_is_shared_by_those_who_ask(void **state)
{
    struct build b;
    (void)state;

    for (uint32_t count = 1; count <= 3; count++) {
        mps_build(&b, &mps_simple);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t vm = mps_put(&b, 90 / count, 0, 4 * MSEC);
            mps_phase(&b, vm)->memory_bound_ppm = 1000000;
            mps_phase(&b, vm)->blocks = 200; /* One wave even on 30 SMs. */
        }
        (void)mps_put(&b, 10, 0, 4 * MSEC); /* Computes beside them, and is not slowed. */
        build_run(&b);
        for (uint32_t i = 0; i < count; i++) {
            assert_near(mps_end(&b, i), (nsec)count * 4 * MSEC, 10 * MSEC / 100);
        }
        assert_near(mps_end(&b, count), 40 * MSEC, 100);
        build_fini(&b);
    }
}

/* 500 blocks on 50 SMs: a wave of 400, and a last one of 100, which the tail makes shorter
   while another VM asks for memory too: half of the tail, for it is a quarter of a wave. */
static void last_wave_is_shorter_beside_others(void **state)
{
    struct mps_traits traits = mps_simple;
    (void)state;

    traits.tail = 0.5;
    for (uint32_t count = 1; count <= 2; count++) {
        struct build b;
        mps_build(&b, &traits);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t vm = mps_put(&b, 50, 0, 5 * MSEC);
            mps_phase(&b, vm)->memory_bound_ppm = 1000000;
            mps_phase(&b, vm)->blocks = 500;
        }
        build_run(&b);
        assert_near(mps_end(&b, 0), count == 1 ? 5 * MSEC : 9500 * USEC, MSEC / 10);
        build_fini(&b);
    }
}

/* 400 blocks each on 74 SMs of 100, so that all slots are taken but those of SMs that one VM
   alone has: on the younger one's own 26 SMs eight of its blocks find room, of which 52 wait.
   They go there when the first ones end. */
static void who_finds_least_room_has_the_longest_way(void **state)
{
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    uint32_t older = mps_put(&b, 75, 0, 4 * MSEC);
    uint32_t younger = mps_put(&b, 75, 1, 4 * MSEC);
    build_run(&b);
    assert_near(mps_end(&b, older), 6 * MSEC, 10);
    assert_near(mps_end(&b, younger), 9 * MSEC, 20);
    build_fini(&b);
}

/* A grid that finds no slot waits; a slot that gets free goes to the oldest that waits for one
   on that SM. */
static void slots_are_given_first_come_first_served(void **state)
{
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    uint32_t a = mps_put(&b, 100, 0, 8 * MSEC);
    mps_phase(&b, a)->blocks = 800; /* All slots. */
    uint32_t c = mps_put(&b, 10, 1, MSEC);
    uint32_t d = mps_put(&b, 50, 2, MSEC);
    uint32_t e = mps_put(&b, 10, 3, MSEC);
    build_run(&b);
    assert_near(build_job_of(&b, c, 0)->start_ns, MSEC, 4);
    /* The first layer makes room on all SMs, not only on the ten that c and e share. */
    assert_near(build_job_of(&b, d, 0)->start_ns, MSEC, 4);
    /* There c has 40 blocks on each SM: one more whenever one of a ends, for eight times, and
       then one whenever one of its own does, which take a quarter of a ms. */
    assert_near(build_job_of(&b, e, 0)->start_ns, 8 * MSEC + 32 * MSEC / 4 + MSEC / 4, 40);
    assert_near(mps_end(&b, a), 8 * MSEC, 10);
    build_fini(&b);
}

static void ends_at_one_instant_go_by_vm(void **state)
{
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    for (uint32_t i = 0; i < 5; i++) {
        (void)mps_put(&b, 20, 0, 3 * MSEC);
    }
    build_run(&b);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(b.record.jobs[i].vm, i);
        assert_int_equal(b.record.jobs[i].end_ns, b.record.jobs[0].end_ns);
    }
    build_fini(&b);
}

/* A VM's workloads share its SMs in the order in which their phases became ready. */
static void workloads_of_a_vm_take_turns(void **state)
{
    const struct build_job first = { 0, 4 * MSEC };
    const struct build_job second = { 1, 2 * MSEC };
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    uint32_t vm = build_vm(&b, "A");
    (void)build_jobs(&b, vm, &first, 1);
    (void)build_jobs(&b, vm, &second, 1);
    build_run(&b);
    assert_near(b.record.jobs[0].end_ns, 4 * MSEC, 4);
    assert_near(b.record.jobs[1].end_ns, 6 * MSEC, 8);
    assert_near(b.record.jobs[1].queue_wait_ns, 4 * MSEC, 5);
    assert_true(b.record.jobs[1].slice_wait_ns <= MPS_ROUNDING);
    assert_true(b.record.stays[1].continued);
    build_fini(&b);
}

/* Host and copies run beside compute, on engines that serve by turns. */
static void other_engines_are_as_ever(void **state)
{
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t vm = build_vm(&b, i ? "B" : "A");
        struct workload *w = build_jobs(&b, vm, &(const struct build_job){ 0, 0 }, 1);
        build_phases(w)[0] =
            (struct phase){ .kind = PHASE_COPY_IN, .demand = build_constant(10 * USEC) };
        (void)build_phase(&b, w, PHASE_COMPUTE, build_constant(MSEC));
        (void)build_phase(&b, w, PHASE_HOST, build_constant(5 * USEC));
        (void)build_phase(&b, w, PHASE_COPY_OUT, build_constant(10 * USEC));
        b.vms[vm].share_ppm = 500000;
    }
    build_run(&b);
    assert_near(mps_end(&b, 0), 2 * MSEC + 25 * USEC, 10);
    assert_near(mps_end(&b, 1), 2 * MSEC + 35 * USEC, 10);
    build_fini(&b);
}

/* ---------------------------------------------------------------- accounts and lives */

/* Two that have the whole device get half each of the service, however they take turns. */
static void service_is_sm_time(void **state)
{
    struct build b;
    (void)state;

    mps_build(&b, NULL);
    for (uint32_t i = 0; i < 2; i++) {
        (void)build_closed(&b, build_vm(&b, i ? "B" : "A"), build_constant(3 * MSEC), 0);
    }
    uint32_t idle = build_vm(&b, "idle");
    build_run(&b);
    nsec sum = 0;
    for (uint32_t i = 0; i < 2; i++) {
        nsec own = record_service(&b.record, ENGINE_COMPUTE, i);
        assert_near(own, SEC / 2, SEC / 100);
        sum += own;
    }
    assert_true(sum <= SEC);
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, idle), 0);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].busy_ns, SEC);
    build_fini(&b);

    mps_build(&b, NULL); /* And one with a fifth of the SMs a fifth of it. */
    uint32_t vm = build_vm(&b, "A");
    b.vms[vm].share_ppm = 200000;
    (void)build_closed(&b, vm, build_constant(3 * MSEC), 0);
    build_run(&b);
    nsec service = record_service(&b.record, ENGINE_COMPUTE, vm);
    assert_near(service, SEC * 20 / 100, SEC / 500); /* A last layer alone is a little less. */
    build_fini(&b);
}

/* A VM that stops takes its blocks away; one that starts finds its SMs. */
static void vms_come_and_go(void **state)
{
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    uint32_t first = mps_put(&b, 100, 0, 100 * MSEC);
    uint32_t second = mps_put(&b, 100, MSEC, 4 * MSEC);
    uint32_t third = mps_put(&b, 50, 0, 4 * MSEC);
    b.vms[first].stop_ns = 10 * MSEC;
    b.vms[third].start_ns = 12 * MSEC;
    build_run(&b);
    assert_near(mps_end(&b, second), 14 * MSEC, 20);
    assert_int_equal(b.record.left[0].vm, first);
    assert_int_equal(b.record.left_count, 1);
    assert_near(record_service(&b.record, ENGINE_COMPUTE, first), 10 * MSEC, 1);
    /* The third has half of the SMs when the second, which is older, has gone. */
    assert_near(mps_end(&b, third), 22 * MSEC, 40);
    build_fini(&b);
}

static void a_gpu_takes_48_clients(void **state)
{
    struct build b;
    (void)state;

    for (uint32_t count = 48; count <= 49; count++) {
        mps_build(&b, NULL);
        for (uint32_t i = 0; i < count; i++) {
            (void)mps_put(&b, 10, (nsec)i, 100 * USEC);
        }
        if (count == 48) {
            build_run(&b);
            assert_int_equal(b.record.job_count, 48);
        } else {
            assert_int_equal(build_setup(&b), -1);
            assert_non_null(strstr(b.errors.errors[0].text, "vm48"));
            assert_non_null(strstr(b.errors.errors[0].text, "MPS takes no more clients"));
        }
        build_fini(&b);
    }
    mps_build(&b, NULL);
    b.gpus[0].device.mps_clients_max = 2;
    for (uint32_t i = 0; i < 3; i++) {
        (void)mps_put(&b, 10, 0, MSEC);
    }
    assert_int_equal(build_setup(&b), -1);
    build_fini(&b);
}

/* Its share while the shares of those present fit, else its part of their sum. */
static void entitlement_is_the_share(void **state)
{
    struct build b;
    uint32_t ppm[3];
    (void)state;

    mps_build(&b, NULL);
    (void)mps_put(&b, 40, 0, MSEC);
    (void)mps_put(&b, 30, 0, MSEC);
    uint32_t late = mps_put(&b, 50, 0, MSEC);
    b.vms[late].start_ns = 50;
    assert_int_equal(build_setup(&b), 0);
    setup_entitlement(&b.setup.partitions[0], 0, 50, ppm);
    assert_int_equal(ppm[0], 400000);
    assert_int_equal(ppm[1], 300000);
    assert_int_equal(ppm[2], 0);
    setup_entitlement(&b.setup.partitions[0], 50, 100, ppm);
    assert_int_equal(ppm[0], 333333);
    assert_int_equal(ppm[1], 250000);
    assert_int_equal(ppm[2], 416666);
    build_fini(&b);
}

static void keep_job(void *context, const struct job_end *job)
{
    *(struct job_end *)context = *job;
}

/* An instance is a device of its own: 24 of its 50 SMs take nine turns where all take four. */
static void mig_instances_have_clients_too(void **state)
{
    struct job_end job = { 0 };
    struct build b;
    (void)state;

    mps_build(&b, &mps_simple);
    struct mig_entry mig = { .label = "half",
                             .until_ns = NSEC_MAX,
                             .device = b.gpus[0].device };
    mig.device.sms = 50;
    mig.device.memory_bytes = GIB;
    mig.sharing = b.gpus[0].sharing;
    b.gpus[0].mig = &mig;
    b.gpus[0].mig_count = 1;
    (void)mps_put(&b, 48, 0, 4 * MSEC);
    b.probes[0] = (struct probe){ .context = &job, .finished = keep_job };
    build_run(&b);
    assert_near(job.end_ns, 18 * MSEC, 20);
    assert_near(job.run_ns, 18 * MSEC, 20);
    assert_int_equal(job.demand_ns, 4 * MSEC);
    assert_int_equal(job.alone_ns, 8 * MSEC);
    build_fini(&b);
}

/* ---------------------------------------------------------------- the same every time */

static void random_clients(struct build *b, uint64_t seed)
{
    mps_build(b, NULL);
    b->gpus[0].device.mps = mps_assumed;
    b->gpus[0].device.mps.is_measured = true;
    b->gpus[0].device.mps.leak = 0.31;
    uint32_t count = (uint32_t)test_between(&seed, 2, 12);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t vm = build_vm(b, arena_format(&b->scenario.arena, "vm%u", i));
        b->vms[vm].share_ppm = (uint32_t)test_between(&seed, 1, 20) * 50000;
        struct workload *w = build_poisson(b, vm, test_between(&seed, 2, 30) * MSEC,
                                           build_exponential(2 * MSEC));
        build_phases(w)[0].blocks = (uint32_t)test_between(&seed, 0, 900);
        build_phases(w)[0].memory_bound_ppm = (uint32_t)test_between(&seed, 0, 2) * 500000;
        build_phases(w)[0].kernel_ns = test_between(&seed, 0, 2) * 700 * USEC;
    }
}

/* Listening changes nothing; nor do borders, whose windows the user may choose. */
static void borders_change_nothing(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct build plain;
        struct build cut;
        random_clients(&plain, seed);
        random_clients(&cut, seed);
        cut.options.border_ns = 123456;
        cut.options.warmup_ns = 7654321;
        build_run(&plain);
        build_run(&cut);
        assert_int_equal(plain.record.job_count, cut.record.job_count);
        for (size_t i = 0; i < plain.record.job_count; i++) {
            assert_memory_equal(&plain.record.jobs[i], &cut.record.jobs[i],
                                sizeof(struct job_end));
        }
        for (uint32_t vm = 0; vm < plain.scenario.vm_count; vm++) {
            assert_int_equal(record_service(&plain.record, ENGINE_COMPUTE, vm),
                             record_service(&cut.record, ENGINE_COMPUTE, vm));
        }
        build_fini(&plain);
        build_fini(&cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disjoint_shares_do_not_disturb),
        cmocka_unit_test(whole_shares_are_served_oldest_first),
        cmocka_unit_test(leak_helps_the_younger),
        cmocka_unit_test(blocks_go_where_most_slots_are_free),
        cmocka_unit_test(bandwidth_is_shared_by_those_who_ask),
        cmocka_unit_test(last_wave_is_shorter_beside_others),
        cmocka_unit_test(who_finds_least_room_has_the_longest_way),
        cmocka_unit_test(slots_are_given_first_come_first_served),
        cmocka_unit_test(ends_at_one_instant_go_by_vm),
        cmocka_unit_test(workloads_of_a_vm_take_turns),
        cmocka_unit_test(other_engines_are_as_ever),
        cmocka_unit_test(service_is_sm_time),
        cmocka_unit_test(vms_come_and_go),
        cmocka_unit_test(a_gpu_takes_48_clients),
        cmocka_unit_test(entitlement_is_the_share),
        cmocka_unit_test(mig_instances_have_clients_too),
        cmocka_unit_test(borders_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
