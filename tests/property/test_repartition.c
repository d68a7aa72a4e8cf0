/*
 * test_repartition.c - random GPUs whose MIG instances come and go, with random VMs.
 *
 * Whatever is asked for: slices never belong to two instances at once, memory is never
 * oversold, VMs are only where their instance is open, and an instance is only refused when
 * every one of its start indices is taken.
 */
#include "run/setup.h"
#include "scenario/scenario.h"
#include "support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORLDS = 3000, TEXT_MAX = 16384 };

struct writer {
    uint64_t seed;
    char text[TEXT_MAX];
    size_t size;
};

static uint32_t draw(struct writer *w, uint32_t below)
{
    return (uint32_t)test_between(&w->seed, 0, (int64_t)below - 1);
}

static __attribute__((format(printf, 2, 3))) void put(struct writer *w, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    w->size += (size_t)vsnprintf(&w->text[w->size], TEXT_MAX - w->size, format, arguments);
    va_end(arguments);
    assert_true(w->size < TEXT_MAX);
}

struct kind {
    const char *name;
    uint32_t starts[7];
    uint32_t start_count;
};

static const struct kind kinds[] = {
    { "1g.10gb", { 0, 1, 2, 3, 4, 5, 6 }, 7 },
    { "1g.10gb+me", { 0, 1, 2, 3, 4, 5, 6 }, 7 },
    { "1g.20gb", { 0, 2, 4, 6 }, 4 },
    { "2g.20gb", { 0, 2, 4 }, 3 },
    { "3g.40gb", { 0, 4 }, 2 },
    { "4g.40gb", { 0 }, 1 },
    { "7g.80gb", { 0 }, 1 },
};

/* One that is there from the start, which always fits, and others that come later. */
static void put_instances(struct writer *w)
{
    uint32_t count = 1 + draw(w, 12);

    for (uint32_t i = 0; i < count; i++) {
        const struct kind *kind = &kinds[draw(w, ARRAY_LEN(kinds))];
        uint32_t from = i == 0 ? 0 : 1 + draw(w, 12);
        put(w, "      - {profile: %s, from: %us", kind->name, from);
        if (draw(w, 3) == 0) {
            put(w, ", start: %u", kind->starts[draw(w, kind->start_count)]);
        }
        if (draw(w, 3) > 0) {
            put(w, ", until: %us", from + 1 + draw(w, 8));
        }
        put(w, ", sharing: {mode: %s}}\n", draw(w, 2) ? "mps" : "time_sliced");
    }
}

static void put_gpu(struct writer *w, uint32_t number)
{
    put(w, "  - name: g%u\n    device: h100\n    count: %u\n    mig:\n", number,
        1 + draw(w, 2));
    put_instances(w);
    put(w, "    repartition: {create: %us, destroy: %us, admission: %s", draw(w, 3), draw(w, 3),
        draw(w, 2) ? "queue" : "refuse");
    if (draw(w, 2)) {
        put(w, ", drain: %us", draw(w, 4));
    }
    put(w, "}\n");
}

static void put_vm(struct writer *w, uint32_t number)
{
    uint32_t start = 1 + draw(w, 14);

    put(w, "  - {name: v%u, count: %u, start: %us", number, 1 + draw(w, 4), start);
    if (draw(w, 3) == 0) {
        put(w, ", gpu: g0");
    }
    put(w, ", memory: %uGiB", 1 + draw(w, 9));
    if (draw(w, 2)) {
        put(w, ", stop: %us", start + 1 + draw(w, 8));
    }
    put(w, "}\n");
}

static void write_world(struct writer *w, uint64_t seed)
{
    *w = (struct writer){ .seed = seed };
    uint32_t gpus = 1 + draw(w, 2);
    uint32_t vms = 1 + draw(w, 8);

    put(w, "duration: 30s\nadmission: %s\ngpus:\n", draw(w, 2) ? "queue" : "refuse");
    for (uint32_t i = 0; i < gpus; i++) {
        put_gpu(w, i);
    }
    put(w, "vms:\n");
    for (uint32_t i = 0; i < vms; i++) {
        put_vm(w, i);
    }
}

/* ---------------------------------------------------------------------------- what holds */

static bool same_gpu(const struct partition *a, const struct partition *b)
{
    return a->gpu == b->gpu && a->gpu_number == b->gpu_number;
}

static bool at_once(const struct partition *a, const struct partition *b)
{
    return a->life.taken_ns < b->life.free_ns && b->life.taken_ns < a->life.free_ns;
}

static bool is_me(const struct mig_profile *profile)
{
    return strstr(profile->name, "+me") != NULL;
}

static bool ranges_meet(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

static void check_slices(const struct setup *setup)
{
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct partition *a = &setup->partitions[i];
        if (a->life.taken_ns == NSEC_MAX) {
            continue;
        }
        assert_true(mig_start_is_legal(a->instance->mig_profile, (uint32_t)a->life.start));
        for (uint32_t k = 0; k < i; k++) {
            const struct partition *b = &setup->partitions[k];
            if (b->life.taken_ns == NSEC_MAX || !same_gpu(a, b) || !at_once(a, b)) {
                continue;
            }
            assert_false(ranges_meet((uint32_t)a->life.start, a->instance->mig_profile->size,
                                     (uint32_t)b->life.start, b->instance->mig_profile->size));
            assert_false(is_me(a->instance->mig_profile) && is_me(b->instance->mig_profile));
        }
    }
}

static void check_times(const struct setup *setup)
{
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct partition *p = &setup->partitions[i];
        const struct repartition *costs = &setup->scenario->gpus[p->gpu].repartition;
        const struct instance_life *life = &p->life;
        if (life->open_ns != NSEC_MAX && p->instance->from_ns > 0) {
            assert_int_equal(life->open_ns, life->taken_ns + costs->create_ns);
        }
        if (life->free_ns != NSEC_MAX) {
            assert_true(life->free_ns >= life->closed_ns + costs->destroy_ns);
        }
        for (uint32_t vm = 0; vm < p->vm_count; vm++) {
            const struct vm *own = &p->vms[vm];
            assert_true(own->start_ns < own->stop_ns);
            assert_true(own->start_ns >= life->open_ns && own->start_ns < life->closed_ns);
            if (life->free_ns != NSEC_MAX) {
                assert_true(own->stop_ns <= life->free_ns - costs->destroy_ns);
            }
            if (life->closed_ns != NSEC_MAX && costs->drain_ns != NSEC_MAX &&
                life->closed_ns + costs->drain_ns <= setup->scenario->duration_ns) {
                assert_true(own->stop_ns <= life->closed_ns + costs->drain_ns);
            }
        }
    }
}

static void check_memory(const struct setup *setup)
{
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct partition *p = &setup->partitions[i];
        for (uint32_t vm = 0; vm < p->vm_count; vm++) {
            int64_t sum = 0;
            for (uint32_t other = 0; other < p->vm_count; other++) {
                bool present = p->vms[other].start_ns <= p->vms[vm].start_ns &&
                               p->vms[vm].start_ns < p->vms[other].stop_ns;
                sum += present ? p->vms[other].memory_bytes : 0;
            }
            assert_true(sum <= p->device->memory_bytes);
        }
    }
}

/* Whether an instance that was asked for before has slices when another is asked for. One that
   opens at that instant only to be destroyed, in no time, still has them. */
static bool holds(const struct setup *setup, uint32_t index, uint32_t partition)
{
    const struct partition *own = &setup->partitions[partition];
    const struct partition *other = &setup->partitions[index];
    nsec now = own->instance->from_ns;

    return index != partition && same_gpu(own, other) && other->life.taken_ns != NSEC_MAX &&
           (other->life.taken_ns < now || (other->life.taken_ns == now && index < partition)) &&
           (other->life.free_ns > now ||
            (other->life.free_ns == now && other->life.open_ns == now));
}

static bool start_is_free(const struct setup *setup, uint32_t partition, uint32_t start)
{
    const struct mig_profile *profile = setup->partitions[partition].instance->mig_profile;

    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct partition *other = &setup->partitions[i];
        if (!holds(setup, i, partition)) {
            continue;
        }
        const struct mig_profile *has = other->instance->mig_profile;
        if (ranges_meet(start, profile->size, (uint32_t)other->life.start, has->size) ||
            (is_me(profile) && is_me(has))) {
            return false;
        }
    }
    return true;
}

static void check_refusals(const struct setup *setup, uint32_t *refused)
{
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct partition *p = &setup->partitions[i];
        const struct gpu_entry *gpu = &setup->scenario->gpus[p->gpu];
        if (p->life.taken_ns != NSEC_MAX || gpu->repartition.admission != ADMISSION_REFUSE) {
            continue;
        }
        (*refused)++;
        const struct mig_profile *profile = p->instance->mig_profile;
        for (uint32_t k = 0; k < profile->start_count; k++) {
            bool wanted =
                p->instance->start < 0 || (uint32_t)p->instance->start == profile->starts[k];
            assert_false(wanted && start_is_free(setup, i, profile->starts[k]));
        }
    }
}

static void instances_never_overlap_and_memory_is_never_oversold(void **state)
{
    static struct writer writer;
    uint32_t refused = 0;
    uint32_t evicted = 0;
    uint32_t placed = 0;
    (void)state;

    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct err_list errors = { .count = 0 };
        struct scenario scenario;
        struct setup setup;
        struct arena arena;
        write_world(&writer, seed);
        struct scenario_source source = { .file = "t",
                                          .bytes = writer.text,
                                          .size = writer.size };
        arena_init(&arena);
        if (scenario_load(&source, &scenario, &errors)) {
            fail_msg("seed %" PRIu64 ": %s\n%s", seed, errors.errors[0].text, writer.text);
        }
        if (setup_build(&scenario, &arena, &setup, &errors) == 0) {
            check_slices(&setup);
            check_times(&setup);
            check_memory(&setup);
            check_refusals(&setup, &refused);
            evicted += setup.evicted_count;
            placed += setup.vm_count - setup.refused_count;
        } else if (!strstr(errors.errors[0].text, "even on an empty GPU")) {
            fail_msg("seed %" PRIu64 ": %s\n%s", seed, errors.errors[0].text, writer.text);
        }
        scenario_fini(&scenario);
        arena_fini(&arena);
    }
    /* All of it happens often. */
    assert_true(refused > 500 && evicted > 100 && placed > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instances_never_overlap_and_memory_is_never_oversold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
