#include "run/setup.h"

#include "policy/policy.h"

#include <stdlib.h>

static int compare_times(const void *a, const void *b)
{
    const nsec *first = a;
    const nsec *second = b;

    return *first < *second ? -1 : *first > *second;
}

/* What a VM is entitled to while those present are there. */
typedef uint32_t (*share_function)(const struct policy *, const struct vm *, const bool *);

struct sums {
    bool *present;  /* [vm_count], between two changes. */
    wide *entitled; /* [vm_count], ns * PPM. */
    share_function share_ppm;
    const struct limiter_config *limiters; /* [vm_count], or NULL. */
};

static uint32_t weight_share_ppm(const struct policy *p, const struct vm *vm,
                                 const bool *present)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        sum += present[i] ? p->vms[i].weight : 0;
    }
    return (uint32_t)((uint64_t)PPM * vm->weight / sum);
}

/* Under MPS. */
static uint32_t mps_share_ppm(const struct policy *p, const struct vm *vm, const bool *present)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        sum += present[i] ? p->vms[i].share_ppm : 0;
    }
    return (uint32_t)((uint64_t)PPM * vm->share_ppm / (sum > (uint64_t)PPM ? sum : PPM));
}

/* A limiter leaves a VM no more than its share. */
static uint32_t limit_ppm(const struct limiter_config *limiter)
{
    return limiter && limiter->ops ? limiter->ops->share_ppm(limiter->params) : (uint32_t)PPM;
}

/* Adds what each VM present between two changes is entitled to, in ns * PPM. */
static void add_interval(const struct policy *p, const struct sums *sums, nsec from, nsec to)
{
    bool *present = sums->present;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        present[i] = p->vms[i].start_ns <= from && from < p->vms[i].stop_ns;
    }
    for (uint32_t i = 0; i < p->vm_count; i++) {
        if (present[i]) {
            uint32_t share = sums->share_ppm(p, &p->vms[i], present);
            uint32_t limit = limit_ppm(sums->limiters ? &sums->limiters[i] : NULL);
            sums->entitled[i] += (wide)(to - from) * (share < limit ? share : limit);
        }
    }
}

static share_function share_function_of(const struct partition *partition)
{
    const struct policy_ops *ops = partition->sharing->engines[ENGINE_COMPUTE].policy;

    if (partition->sharing->mode == SHARING_MPS) {
        return mps_share_ppm;
    }
    return ops->entitled_ppm ? ops->entitled_ppm : weight_share_ppm;
}

static struct policy policy_of(const struct partition *partition, enum engine_kind kind)
{
    const struct engine_sharing *sharing = &partition->sharing->engines[kind];

    return (struct policy){
        .ops = sharing->policy,
        .quantum_ns = sharing->slice_ns,
        .params = sharing->params,
        .vms = partition->vms,
        .vm_count = partition->vm_count,
        .slot_count = partition->slot_count,
    };
}

bool setup_uses_slots(const struct partition *partition)
{
    for (enum engine_kind kind = 0; kind < ENGINE_COUNT; kind++) {
        const struct policy policy = policy_of(partition, kind);
        bool is_mps = partition->sharing->mode == SHARING_MPS && kind == ENGINE_COMPUTE;
        if (!is_mps && policy.ops->uses_slot_count && policy.ops->uses_slot_count(&policy)) {
            return true;
        }
    }
    return false;
}

void setup_entitlement(const struct partition *partition, nsec from_ns, nsec to_ns,
                       uint32_t *ret_ppm)
{
    struct arena arena;
    uint32_t count = 0;

    arena_init(&arena);
    const struct policy policy = policy_of(partition, ENGINE_COMPUTE);
    struct sums sums = {
        .present = arena_take(&arena, partition->vm_count, sizeof(bool)),
        .entitled = arena_take(&arena, partition->vm_count, sizeof(wide)),
        .share_ppm = share_function_of(partition),
        .limiters = partition->limiters,
    };
    nsec *changes = arena_take(&arena, 2 * (size_t)partition->vm_count + 2, sizeof(nsec));
    changes[count++] = from_ns;
    changes[count++] = to_ns;
    for (uint32_t i = 0; i < partition->vm_count; i++) {
        const nsec times[] = { partition->vms[i].start_ns, partition->vms[i].stop_ns };
        for (size_t k = 0; k < ARRAY_LEN(times); k++) {
            if (times[k] > from_ns && times[k] < to_ns) {
                changes[count++] = times[k];
            }
        }
    }
    qsort(changes, count, sizeof(changes[0]), compare_times);
    for (uint32_t i = 0; i + 1 < count; i++) {
        if (changes[i] < changes[i + 1]) {
            add_interval(&policy, &sums, changes[i], changes[i + 1]);
        }
    }
    for (uint32_t i = 0; i < partition->vm_count; i++) {
        ret_ppm[i] = (uint32_t)(sums.entitled[i] / (to_ns - from_ns));
    }
    arena_fini(&arena);
}
