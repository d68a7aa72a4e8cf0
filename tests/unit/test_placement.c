/* test_placement.c - which GPU a VM gets, and when; and what it is entitled to there. */
#include "support/build.h"
#include "support/test.h"

#include <string.h>

enum { REFUSED = -1 };

/* GPUs of so much memory each. */
static void begin(struct build *b, uint32_t gpu_count, int64_t memory_bytes)
{
    build_init(b, "round_robin");
    b->scenario.gpu_count = gpu_count;
    for (uint32_t i = 0; i < gpu_count; i++) {
        b->gpus[i].device.memory_bytes = memory_bytes;
    }
}

static struct vm_entry *put(struct build *b, const char *name, int64_t memory_bytes,
                            nsec start_ns, nsec stop_ns)
{
    struct vm_entry *entry = &b->vms[build_vm(b, name)];

    entry->memory_bytes = memory_bytes;
    entry->start_ns = start_ns;
    entry->stop_ns = stop_ns;
    return entry;
}

/* A VM of a vendor's profile of which a GPU takes so many. */
static struct vm_entry *put_vendor(struct build *b, const char *name, int64_t memory_bytes,
                                   uint32_t most)
{
    struct vm_entry *entry = put(b, name, memory_bytes, 0, NSEC_MAX);

    entry->profile = (struct profile_use){ .name = name, .vms_max = most };
    return entry;
}

static void place(struct build *b)
{
    if (build_setup(b)) {
        fail_msg("%s", b->errors.errors[0].text);
    }
}

/* Where each VM is, REFUSED or the number of the partition. */
static void check(struct build *b, const int *want)
{
    place(b);
    uint32_t refused = 0;
    for (uint32_t i = 0; i < b->setup.vm_count; i++) {
        assert_int_equal((int)b->setup.vms[i].partition, want[i]);
        refused += want[i] == REFUSED;
    }
    assert_int_equal(b->setup.refused_count, refused);
    build_fini(b);
}

static void check_error(struct build *b, const char *word)
{
    assert_int_equal(build_setup(b), -1);
    assert_int_equal(b->errors.errors[0].kind, ERR_SCENARIO);
    if (!strstr(b->errors.errors[0].text, word)) {
        fail_msg("%s", b->errors.errors[0].text);
    }
    build_fini(b);
}

/* ---------------------------------------------------------------- where */

/* The search for the next VM of an entry goes on behind the last, but to no fuller GPU. */
static void the_next_goes_to_no_fuller_gpu(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 3, 8 * GIB);
    struct vm_entry *trainer = put(&b, "trainer", GIB, 0, NSEC_MAX);
    trainer->count = 2;
    trainer->gpu = "gpu1";
    trainer->gpu_index = 1;
    put(&b, "desktop", GIB, 0, NSEC_MAX)->count = 6;
    check(&b, (const int[]){ 1, 1, 0, 2, 0, 2, 0, 1 });
}

/* The partition with the fewest VMs, the first of those; within it, in scenario order. */
static void vms_spread_over_gpus(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 3, 8 * GIB);
    put(&b, "desktop", GIB, 0, NSEC_MAX)->count = 7;
    put(&b, "trainer", GIB, 0, NSEC_MAX)->gpu_index = 0;
    b.vms[1].gpu = "gpu0";
    place(&b);
    const uint32_t want[] = { 0, 1, 2, 0, 1, 2, 0, 0 };
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(b.setup.vms[i].partition, want[i]);
    }
    assert_string_equal(b.setup.vms[6].name, "desktop6");
    assert_string_equal(b.setup.vms[7].name, "trainer"); /* A count of 1 keeps the name. */
    assert_int_equal(b.setup.vms[7].index, 3);
    assert_int_equal(b.setup.partitions[0].vm_count, 4);
    assert_string_equal(b.setup.partitions[0].vms[2].name, "desktop6");
    assert_int_equal(b.setup.vms[6].replica, 6);
    build_fini(&b);
}

static void full_gpus_are_left_out(void **state)
{
    const int want[] = { 0, 1, 1, 1, 0 };
    struct build b;
    (void)state;

    begin(&b, 2, 8 * GIB);
    put(&b, "A", 7 * GIB, 0, NSEC_MAX);
    put(&b, "B", 2 * GIB, 0, NSEC_MAX);
    put(&b, "C", 2 * GIB, 0, NSEC_MAX);
    put(&b, "D", 4 * GIB, 0, NSEC_MAX);
    put(&b, "E", 1 * GIB, 0, NSEC_MAX);
    check(&b, want);
}

/* As many as the vendor says, whatever their sizes add up to; and no more. */
static void vendor_decides_for_its_profiles(void **state)
{
    const int want[] = { 0, 0, 0 };
    struct build b;
    (void)state;

    begin(&b, 1, 47 * GIB);
    put_vendor(&b, "L40S-16Q", 16 * GIB, 3)->count = 3;
    check(&b, want);
    begin(&b, 1, 48 * GIB);
    put_vendor(&b, "L40S-8Q", 8 * GIB, 3)->count = 4;
    check_error(&b, "L40S-8Q3 does not fit at time 0: the vendor allows no more");
    begin(&b, 1, 480 * GIB);
    put_vendor(&b, "L40S-1Q", GIB, 48)->count = 33;
    check_error(&b, "at most 32 vGPUs");
}

static void vendor_profiles_have_one_size(void **state)
{
    const int apart[] = { 0, 1, 0, 1 };
    struct build b;
    (void)state;

    begin(&b, 2, 16 * GIB);
    put_vendor(&b, "T4-4Q", 4 * GIB, 4);
    put_vendor(&b, "T4-8Q", 8 * GIB, 2);
    put_vendor(&b, "T4-4C", 4 * GIB, 4);
    put_vendor(&b, "T4-8C", 8 * GIB, 2);
    check(&b, apart);
    begin(&b, 1, 16 * GIB);
    put_vendor(&b, "T4-4Q", 4 * GIB, 4);
    put_vendor(&b, "T4-8Q", 8 * GIB, 2);
    check_error(&b, "vGPUs of one size only");
}

/* Where sizes may mix the memory decides, also when the last two were of one size. */
static void mixed_sizes_are_not_oversold(void **state)
{
    const int want[] = { 0, 0, 0 };
    struct build b;
    (void)state;

    begin(&b, 1, 24 * GIB);
    b.gpus[0].device.mixed_sizes = b.gpus[0].mixed_sizes = true;
    put_vendor(&b, "A10-16Q", 16 * GIB, 1);
    put_vendor(&b, "A10-4Q", 4 * GIB, 6)->count = 2;
    check(&b, want);
    begin(&b, 1, 24 * GIB);
    b.gpus[0].device.mixed_sizes = b.gpus[0].mixed_sizes = true;
    put_vendor(&b, "A10-16Q", 16 * GIB, 4);
    put_vendor(&b, "A10-4Q", 4 * GIB, 6)->count = 3;
    check_error(&b, "A10-4Q2 does not fit at time 0: there is not enough free memory");
}

/* A VM of a MIG profile gets an instance of it to itself. */
static void mig_profiles_go_to_their_instances(void **state)
{
    const int want[] = { 1, 2, 0 };
    const struct mig_profile large = { .name = "3g.40gb", .compute_slices = 3 };
    const struct mig_profile little = { .name = "1g.10gb", .compute_slices = 1 };
    const struct device forty = { .name = "m", .memory_bytes = 40 * GIB };
    const struct device ten = { .name = "m", .memory_bytes = 10 * GIB };
    const struct mig_entry mig[] = {
        { .label = "0", .mig_profile = &large, .until_ns = NSEC_MAX, .device = forty },
        { .label = "1", .mig_profile = &little, .until_ns = NSEC_MAX, .device = ten },
        { .label = "2", .mig_profile = &little, .until_ns = NSEC_MAX, .device = ten },
    };
    (void)state;

    for (uint32_t small = 2; small <= 3; small++) {
        struct build b;
        begin(&b, 1, 80 * GIB);
        b.gpus[0].mig = mig;
        b.gpus[0].mig_count = 3;
        struct vm_entry *entry = put(&b, "small", 10 * GIB, 0, NSEC_MAX);
        entry->profile = (struct profile_use){ .name = "1g.10gb", .is_mig = true };
        entry->count = small;
        entry = put(&b, "large", 40 * GIB, 0, NSEC_MAX);
        entry->profile = (struct profile_use){ .name = "3g.40gb", .is_mig = true };
        if (small == 2) {
            assert_int_equal(build_setup(&b), 0);
            assert_string_equal(b.setup.partitions[2].name, "gpu0.2");
            check(&b, want);
        } else {
            check_error(&b, "small2 does not fit at time 0: its instance is taken");
        }
    }
}

/* ---------------------------------------------------------------- when */

static void what_fits_no_empty_gpu_is_an_error(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 2, 8 * GIB);
    put(&b, "A", 9 * GIB, 5, NSEC_MAX);
    check_error(&b, "A does not fit even on an empty GPU");
    begin(&b, 1, 8 * GIB);
    put(&b, "B", 9 * GIB, 0, NSEC_MAX);
    check_error(&b, "B does not fit at time 0");
}

static void late_vms_are_refused_or_wait(void **state)
{
    const int refused[] = { 0, REFUSED, REFUSED, 0 };
    (void)state;

    for (int queued = 0; queued <= 1; queued++) {
        struct build b;
        begin(&b, 1, 8 * GIB);
        b.scenario.admission = queued ? ADMISSION_QUEUE : ADMISSION_REFUSE;
        put(&b, "A", 8 * GIB, 0, 10);
        put(&b, "B", 4 * GIB, 5, NSEC_MAX);
        put(&b, "C", 4 * GIB, 6, 8); /* Over before it could begin. */
        put(&b, "D", 4 * GIB, 10, NSEC_MAX);
        if (!queued) {
            place(&b);
            assert_string_equal(b.setup.refusal,
                                "B at 5ns: there is not enough free memory (gpu0 has 8 GiB, 8 "
                                "GiB of it reserved by 1 VM; B needs 4 GiB; 0 GiB are free)");
            assert_int_equal(b.setup.waited_count, 0);
            check(&b, refused);
            continue;
        }
        place(&b);
        assert_int_equal(b.setup.refused_count, 1);
        assert_int_equal(b.setup.waited_count, 1);
        assert_int_equal(b.setup.waited_ns_max, 5);
        assert_int_equal(b.setup.vms[1].wanted_ns, 5);
        assert_int_equal(b.setup.partitions[0].vms[1].start_ns, 10);
        assert_int_equal(b.setup.partitions[0].vms[2].start_ns, 10);
        build_fini(&b);
    }
}

/* B, which is large, waits for A; C would fit but came later, and so does D at 20. */
static void who_waits_is_not_overtaken(void **state)
{
    const nsec starts[] = { 0, 0, 30, 40, 40 };
    struct build b;
    (void)state;

    begin(&b, 1, 8 * GIB);
    b.scenario.admission = ADMISSION_QUEUE;
    put(&b, "A", 4 * GIB, 0, 30);
    put(&b, "E", 2 * GIB, 0, 40);
    put(&b, "B", 6 * GIB, 5, NSEC_MAX);
    put(&b, "C", 2 * GIB, 10, NSEC_MAX);
    put(&b, "D", 0, 20, NSEC_MAX);
    place(&b);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(b.setup.partitions[0].vms[i].start_ns, starts[i]);
    }
    build_fini(&b);
}

/* When the one at the head gives up, those behind it are looked at again. */
static void who_gives_up_holds_up_nobody(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 1, 8 * GIB);
    b.scenario.admission = ADMISSION_QUEUE;
    put(&b, "A", 4 * GIB, 0, NSEC_MAX);
    put(&b, "B", 6 * GIB, 5, 25);
    put(&b, "C", 2 * GIB, 10, NSEC_MAX);
    place(&b);
    assert_int_equal(b.setup.refused_count, 1);
    assert_int_equal(b.setup.partitions[0].vms[1].start_ns, 25);
    build_fini(&b);
}

/* A VM that waits for one GPU does not hold up those that want another. */
static void who_waits_elsewhere_holds_up_nobody(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 2, 8 * GIB);
    b.scenario.admission = ADMISSION_QUEUE;
    const uint32_t gpus[] = { 0, 0, 1 };
    for (uint32_t i = 0; i < 3; i++) {
        struct vm_entry *entry =
            put(&b, build_letter(i), 8 * GIB, i * 5, i == 0 ? 50 : NSEC_MAX);
        entry->gpu = b.gpus[gpus[i]].name;
        entry->gpu_index = gpus[i];
    }
    place(&b);
    assert_int_equal(b.setup.partitions[0].vms[1].start_ns, 50);
    assert_int_equal(b.setup.partitions[1].vms[0].start_ns, 10);
    build_fini(&b);
}

/* At every instant of random lives: memory is never oversold, and who waits has a reason. */
static void memory_is_never_oversold(void **state)
{
    uint64_t seed = 9;
    (void)state;

    for (int round = 0; round < 200; round++) {
        struct build b;
        begin(&b, 2, 16 * GIB);
        b.scenario.admission = round % 2 ? ADMISSION_QUEUE : ADMISSION_REFUSE;
        for (int i = 0; i < 20; i++) {
            nsec start = test_between(&seed, 1, 100);
            put(&b, "vm", test_between(&seed, 1, 8) * GIB, start,
                start + test_between(&seed, 1, 60));
        }
        place(&b);
        for (nsec now = 0; now < 170; now++) {
            for (uint32_t p = 0; p < 2; p++) {
                int64_t sum = 0;
                for (uint32_t i = 0; i < b.setup.partitions[p].vm_count; i++) {
                    const struct vm *vm = &b.setup.partitions[p].vms[i];
                    assert_true(vm->start_ns < vm->stop_ns);
                    sum += vm->start_ns <= now && now < vm->stop_ns ? vm->memory_bytes : 0;
                }
                assert_true(sum <= 16 * GIB);
            }
        }
        build_fini(&b);
    }
}

/* ---------------------------------------------------------------- entitlement */

static void check_entitled(const char *policy, const uint32_t *want)
{
    struct build b;
    uint32_t ppm[3];

    build_init(&b, policy);
    b.gpus[0].device.memory_bytes = 5 * GIB;
    put(&b, "A", GIB, 0, NSEC_MAX)->weight = 100;
    put(&b, "B", GIB, 0, 50)->weight = 300;
    put(&b, "C", GIB, 50, NSEC_MAX)->weight = 400;
    place(&b);
    setup_entitlement(&b.setup.partitions[0], 0, 100, ppm);
    for (int i = 0; i < 3; i++) {
        assert_in_range(ppm[i], want[i] - 1, want[i]);
    }
    /* Over the second half alone B is entitled to nothing. */
    setup_entitlement(&b.setup.partitions[0], 50, 100, ppm);
    assert_int_equal(ppm[1], 0);
    build_fini(&b);
}

static void entitlement_is_averaged_over_those_present(void **state)
{
    (void)state;
    check_entitled("round_robin", (const uint32_t[]){ 225000, 375000, 400000 });
    check_entitled("equal_share", (const uint32_t[]){ 500000, 250000, 250000 });
    check_entitled("fixed_share", (const uint32_t[]){ 200000, 100000, 100000 });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_goes_to_no_fuller_gpu),
        cmocka_unit_test(vms_spread_over_gpus),
        cmocka_unit_test(full_gpus_are_left_out),
        cmocka_unit_test(vendor_decides_for_its_profiles),
        cmocka_unit_test(vendor_profiles_have_one_size),
        cmocka_unit_test(mixed_sizes_are_not_oversold),
        cmocka_unit_test(mig_profiles_go_to_their_instances),
        cmocka_unit_test(what_fits_no_empty_gpu_is_an_error),
        cmocka_unit_test(late_vms_are_refused_or_wait),
        cmocka_unit_test(who_waits_is_not_overtaken),
        cmocka_unit_test(who_gives_up_holds_up_nobody),
        cmocka_unit_test(who_waits_elsewhere_holds_up_nobody),
        cmocka_unit_test(memory_is_never_oversold),
        cmocka_unit_test(entitlement_is_averaged_over_those_present),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
