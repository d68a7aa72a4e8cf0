/* test_pace.c - frames held up: the frame-rate limiter, and a missing licence. */
#include "support/build.h"
#include "support/test.h"

static const struct vgpu_type type = { .profile = "L40S-8Q", .frl_fps = 60 };

/* A VM of that type that always has another frame of 2 ms to show. */
static struct vm_entry *eager(struct build *b, const char *policy)
{
    build_init(b, policy);
    uint32_t vm = build_vm(b, "A");
    build_closed(b, vm, build_constant(2 * MSEC), 0)->frames = true;
    b->vms[vm].profile.vgpu = &type;
    b->vms[vm].profile.vms_max = 6;
    b->vms[vm].frame_limiter = true;
    b->vms[vm].licensed = true;
    return &b->vms[vm];
}

/* How many jobs of a VM began within [from, to). */
static uint32_t begun(const struct build *b, uint32_t vm, nsec from_ns, nsec to_ns)
{
    uint32_t count = 0;

    for (size_t i = 0; i < b->record.job_count; i++) {
        const struct job_end *job = &b->record.jobs[i];
        count += job->vm == vm && job->start_ns >= from_ns && job->start_ns < to_ns;
    }
    return count;
}

/* 60 frames a second, evenly: the rest of the time is for others, but for the first 40 ns of
   the 61st frame, since 1/60 s is rounded down. */
static void limiter_paces_frames(void **state)
{
    struct build b;
    (void)state;

    (void)eager(&b, "best_effort");
    build_closed(&b, build_vm(&b, "B"), build_constant(HOUR), 0);
    build_run(&b);
    assert_int_equal(begun(&b, 0, 0, SEC), 60);
    for (uint64_t i = 1; i < 59; i++) {
        const struct job_end *job = build_job_of(&b, 0, i);
        const struct job_end *last = build_job_of(&b, 0, i - 1);
        assert_int_equal(job->arrival_ns + job->queue_wait_ns -
                             (last->arrival_ns + last->queue_wait_ns),
                         SEC / 60);
    }
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, 1), SEC - 60 * 2 * MSEC - 40);
    build_fini(&b);
}

/* A limit of its own, no limit, and a workload that shows nothing. */
static void limiter_can_be_set_and_left_out(void **state)
{
    struct build b;
    (void)state;

    eager(&b, "best_effort")->frame_limit = 45;
    build_run(&b);
    assert_int_equal(begun(&b, 0, 0, SEC), 45);
    build_fini(&b);
    eager(&b, "best_effort")->frame_limiter = false;
    build_run(&b);
    assert_int_equal(begun(&b, 0, 0, SEC), 500);
    build_fini(&b);
    struct vm_entry *vm = eager(&b, "best_effort");
    ((struct workload *)&vm->workloads[0].workload)->frames = false;
    build_run(&b);
    assert_int_equal(begun(&b, 0, 0, SEC), 500);
    build_fini(&b);
}

/* The software scheduler of the vendor's other policies turns the limiter off. */
static void limiter_acts_under_best_effort_only(void **state)
{
    static const char *const others[] = { "equal_share", "fixed_share", "round_robin" };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct build b;
        (void)eager(&b, others[i]);
        b.vms[0].profile.vms_max = 1;
        build_run(&b);
        assert_int_equal(begun(&b, 0, 0, SEC), 500);
        build_fini(&b);
    }
}

/* Two workloads of one VM share its frames; each frame that may begin does, whosever it is. */
static void workloads_of_a_vm_share_its_limit(void **state)
{
    struct build b;
    (void)state;

    (void)eager(&b, "best_effort");
    build_closed(&b, 0, build_constant(1 * MSEC), 7 * MSEC)->frames = true;
    build_run(&b);
    assert_int_equal(begun(&b, 0, 0, SEC), 60);
    build_fini(&b);
}

/* At full speed for 20 minutes, then 15 frames a second, then 3, under any policy. */
static void missing_licence_slows_frames_in_steps(void **state)
{
    const nsec day = DAY;
    struct build b;
    (void)state;

    struct vm_entry *vm = eager(&b, "equal_share");
    vm->licensed = false;
    vm->start_ns = 10 * SEC;
    ((struct workload *)&vm->workloads[0].workload)->arrival.think = build_constant(98 * MSEC);
    ((struct workload *)&vm->workloads[0].workload)->arrival.offset_ns = 1190 * SEC;
    b.scenario.duration_ns = 1220 * SEC;
    build_run(&b);
    assert_int_equal(begun(&b, 0, 1200 * SEC, 1210 * SEC), 100);
    assert_int_equal(begun(&b, 0, 1210 * SEC, 1220 * SEC), 100);
    build_fini(&b);

    vm = eager(&b, "equal_share");
    vm->licensed = false;
    ((struct workload *)&vm->workloads[0].workload)->arrival.offset_ns = 1199 * SEC;
    b.scenario.duration_ns = 1210 * SEC;
    build_run(&b);
    assert_int_equal(begun(&b, 0, 1199 * SEC, 1200 * SEC), 500);
    assert_in_range(begun(&b, 0, 1200 * SEC, 1210 * SEC), 150, 151);
    build_fini(&b);

    vm = eager(&b, "best_effort");
    vm->licensed = false;
    ((struct workload *)&vm->workloads[0].workload)->arrival.offset_ns = day - 10 * SEC;
    b.scenario.duration_ns = day + 10 * SEC;
    build_run(&b);
    assert_in_range(begun(&b, 0, day - 10 * SEC, day), 150, 151);
    assert_in_range(begun(&b, 0, day, day + 10 * SEC), 30, 31);
    build_fini(&b);
}

/* A frame that waits is dropped like any other job, and a VM that stops forgets it. */
static void frames_that_wait_are_jobs_that_wait(void **state)
{
    struct build b;
    (void)state;

    struct vm_entry *vm = eager(&b, "best_effort");
    struct workload *workload = (struct workload *)&vm->workloads[0].workload;
    workload->arrival = (struct arrival){ .kind = ARRIVAL_PERIODIC, .period_ns = 5e6 };
    workload->queue_limit = 2;
    workload->when_full = WHEN_FULL_DROP_OLD;
    vm->stop_ns = 500 * MSEC;
    build_run(&b);
    assert_int_equal(begun(&b, 0, 0, SEC), 30);
    assert_in_range(b.record.job_count, 29, 30);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limiter_paces_frames),
        cmocka_unit_test(limiter_can_be_set_and_left_out),
        cmocka_unit_test(limiter_acts_under_best_effort_only),
        cmocka_unit_test(workloads_of_a_vm_share_its_limit),
        cmocka_unit_test(missing_licence_slows_frames_in_steps),
        cmocka_unit_test(frames_that_wait_are_jobs_that_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
