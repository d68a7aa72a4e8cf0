#include "run/instances.h"

#include "base/assert.h"

/* What happens next to an instance, in the order of equal times. */
enum change {
    CHANGE_FREE,  /* It is destroyed. */
    CHANGE_EVICT, /* Its VMs have had the time to leave. */
    CHANGE_UNTIL,
    CHANGE_FROM,
    CHANGE_OPEN, /* It is created. */
    CHANGE_COUNT,
};

enum life_state {
    LIFE_NOT_YET,
    LIFE_WAITING,
    LIFE_CREATING,
    LIFE_OPEN,
    LIFE_DRAINING,
    LIFE_DESTROYING,
    LIFE_OVER,
};

struct instance_state {
    enum life_state state;
    uint32_t vms; /* Present. */
};

static struct partition *partition_of(const struct instances *instances, uint32_t partition)
{
    return &instances->setup->partitions[partition];
}

static const struct gpu_entry *gpu_of(const struct instances *instances, uint32_t partition)
{
    const struct setup *setup = instances->setup;

    return &setup->scenario->gpus[setup->partitions[partition].gpu];
}

/* A later time and a kind of change as one key; kinds are few, so nothing overflows. */
static void set_next(struct instances *instances, uint32_t partition, enum change change,
                     nsec at)
{
    if (at == NSEC_MAX) {
        if (heap_has(instances->due, partition)) {
            heap_remove(instances->due, partition);
        }
        return;
    }
    assert(at < NSEC_MAX / CHANGE_COUNT);
    heap_put(instances->due, partition, at * CHANGE_COUNT + (nsec)change);
}

nsec instances_next(const struct instances *instances)
{
    if (!instances->states || instances->due->count == 0) {
        return NSEC_MAX;
    }
    return heap_first_key(instances->due) / CHANGE_COUNT;
}

bool instances_is_open(const struct instances *instances, uint32_t partition, nsec now)
{
    const struct mig_entry *instance = partition_of(instances, partition)->instance;

    return !instances->states || !instance ||
           (instances->states[partition].state == LIFE_OPEN && now < instance->until_ns);
}

/* ------------------------------------------------------------------------------ creation */

static bool has_slices(enum life_state state)
{
    return state >= LIFE_CREATING && state <= LIFE_DESTROYING;
}

/* The first partition of the same GPU. */
static uint32_t first_of(const struct instances *instances, uint32_t partition)
{
    const struct partition *own = partition_of(instances, partition);

    return partition - (uint32_t)(own->instance - gpu_of(instances, partition)->mig);
}

static struct mig_layout layout_of(const struct instances *instances, uint32_t partition)
{
    uint32_t first = first_of(instances, partition);
    uint32_t count = gpu_of(instances, partition)->mig_count;
    struct mig_layout layout = { .count = 0 };

    for (uint32_t i = first; i < first + count; i++) {
        const struct partition *other = partition_of(instances, i);
        if (has_slices(instances->states[i].state)) {
            assert(layout.count < MIG_AXIS_MAX);
            layout.placed[layout.count++] =
                (struct mig_placement){ other->instance->mig_profile,
                                        (uint32_t)other->life.start };
        }
    }
    return layout;
}

/* Takes its slices, if they are free. */
static bool create(struct instances *instances, uint32_t partition, nsec now)
{
    const struct gpu_entry *gpu = gpu_of(instances, partition);
    struct partition *own = partition_of(instances, partition);
    const struct mig_profile *profile = own->instance->mig_profile;
    struct mig_layout layout = layout_of(instances, partition);
    int32_t start = own->instance->start;

    if (start == MIG_START_ANY) {
        start = mig_first_fit(gpu->mig_set, &layout, profile);
    } else if (!mig_fits(gpu->mig_set, &layout, profile, (uint32_t)start)) {
        start = MIG_START_ANY;
    }
    if (start == MIG_START_ANY) {
        return false;
    }
    own->life.start = start;
    own->life.taken_ns = now;
    instances->states[partition].state = LIFE_CREATING;
    set_next(instances, partition, CHANGE_OPEN, now + gpu->repartition.create_ns);
    return true;
}

static void refuse(struct instances *instances, uint32_t partition)
{
    instances->states[partition].state = LIFE_OVER;
    set_next(instances, partition, CHANGE_FROM, NSEC_MAX);
}

/* The one of a GPU that waits longest; UINT32_MAX: none. */
static uint32_t first_waiting(const struct instances *instances, uint32_t partition)
{
    uint32_t first = first_of(instances, partition);
    uint32_t count = gpu_of(instances, partition)->mig_count;
    uint32_t best = UINT32_MAX;

    for (uint32_t i = first; i < first + count; i++) {
        if (instances->states[i].state == LIFE_WAITING &&
            (best == UINT32_MAX || partition_of(instances, i)->instance->from_ns <
                                       partition_of(instances, best)->instance->from_ns)) {
            best = i;
        }
    }
    return best;
}

/* Those that wait are created in turn; one that still has no room holds up the others. */
static void create_waiting(struct instances *instances, uint32_t partition, nsec now)
{
    uint32_t next = first_waiting(instances, partition);

    while (next != UINT32_MAX && create(instances, next, now)) {
        next = first_waiting(instances, partition);
    }
}

static void ask(struct instances *instances, uint32_t partition, nsec now)
{
    struct instance_state *state = &instances->states[partition];
    bool may_wait = gpu_of(instances, partition)->repartition.admission == ADMISSION_QUEUE;

    if (first_waiting(instances, partition) == UINT32_MAX &&
        create(instances, partition, now)) {
        return;
    }
    if (!may_wait) {
        refuse(instances, partition);
        return;
    }
    state->state = LIFE_WAITING;
    set_next(instances, partition, CHANGE_UNTIL,
             partition_of(instances, partition)->instance->until_ns);
}

/* --------------------------------------------------------------------------- destruction */

static void destroy(struct instances *instances, uint32_t partition, nsec now)
{
    instances->states[partition].state = LIFE_DESTROYING;
    set_next(instances, partition, CHANGE_FREE,
             now + gpu_of(instances, partition)->repartition.destroy_ns);
}

/* Takes no more VMs; those that are there may leave in peace, for a while. */
static void drain(struct instances *instances, uint32_t partition, nsec now)
{
    nsec limit = gpu_of(instances, partition)->repartition.drain_ns;

    partition_of(instances, partition)->life.closed_ns = now;
    if (instances->states[partition].vms == 0) {
        destroy(instances, partition, now);
        return;
    }
    instances->states[partition].state = LIFE_DRAINING;
    set_next(instances, partition, CHANGE_EVICT, limit == NSEC_MAX ? NSEC_MAX : now + limit);
}

void instances_enter(struct instances *instances, uint32_t partition)
{
    if (instances->states) {
        assert(instances->states[partition].state == LIFE_OPEN);
        instances->states[partition].vms++;
    }
}

void instances_leave(struct instances *instances, uint32_t partition, nsec now)
{
    if (!instances->states) {
        return;
    }
    struct instance_state *state = &instances->states[partition];
    assert(state->vms > 0);
    state->vms--;
    if (state->vms == 0 && state->state == LIFE_DRAINING) {
        destroy(instances, partition, now);
    }
}

/* --------------------------------------------------------------------------------- steps */

/* It is created: open to VMs, unless it was given up meanwhile. */
static enum instances_news open_up(struct instances *instances, uint32_t partition, nsec now)
{
    struct partition *own = partition_of(instances, partition);

    own->life.open_ns = now;
    if (own->instance->until_ns <= now) {
        drain(instances, partition, now);
        return INSTANCES_NOTHING;
    }
    instances->states[partition].state = LIFE_OPEN;
    set_next(instances, partition, CHANGE_UNTIL, own->instance->until_ns);
    return INSTANCES_OPENED;
}

enum instances_news instances_step(struct instances *instances, uint32_t *ret_partition)
{
    uint32_t partition = heap_first(instances->due);
    enum change change = (enum change)(heap_first_key(instances->due) % CHANGE_COUNT);
    nsec now = instances_next(instances);

    *ret_partition = partition;
    switch (change) {
    case CHANGE_FREE:
        instances->states[partition].state = LIFE_OVER;
        partition_of(instances, partition)->life.free_ns = now;
        set_next(instances, partition, CHANGE_FREE, NSEC_MAX);
        create_waiting(instances, partition, now);
        return INSTANCES_NOTHING;
    case CHANGE_EVICT:
        set_next(instances, partition, CHANGE_EVICT, NSEC_MAX);
        return INSTANCES_EVICT;
    case CHANGE_UNTIL:
        if (instances->states[partition].state == LIFE_WAITING) {
            refuse(instances, partition);
            create_waiting(instances, partition, now); /* It may have held up others. */
        } else {
            drain(instances, partition, now);
        }
        return INSTANCES_NOTHING;
    case CHANGE_FROM:
        ask(instances, partition, now);
        return INSTANCES_NOTHING;
    case CHANGE_OPEN:
        return open_up(instances, partition, now);
    default:
        assert_never("a change of an instance");
        return INSTANCES_NOTHING;
    }
}

static bool any_changes(const struct setup *setup)
{
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct mig_entry *instance = setup->partitions[i].instance;
        if (instance && (instance->from_ns > 0 || instance->until_ns != NSEC_MAX)) {
            return true;
        }
    }
    return false;
}

void instances_init(struct instances *instances, struct setup *setup, struct arena *arena)
{
    *instances = (struct instances){ .setup = setup };
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct mig_entry *instance = setup->partitions[i].instance;
        bool is_late = instance && instance->from_ns > 0;
        setup->partitions[i].life = (struct instance_life){
            .start = instance ? instance->start : MIG_START_ANY,
            .taken_ns = is_late ? NSEC_MAX : 0,
            .open_ns = is_late ? NSEC_MAX : 0,
            .closed_ns = NSEC_MAX,
            .free_ns = NSEC_MAX,
        };
    }
    if (!any_changes(setup)) {
        return;
    }
    instances->states = arena_take(arena, setup->partition_count, sizeof(instances->states[0]));
    instances->due = arena_take(arena, 1, heap_size(setup->partition_count));
    heap_init(instances->due, setup->partition_count);
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct mig_entry *instance = setup->partitions[i].instance;
        if (instance && instance->from_ns > 0) {
            set_next(instances, i, CHANGE_FROM, instance->from_ns);
            continue;
        }
        instances->states[i].state = LIFE_OPEN;
        set_next(instances, i, CHANGE_UNTIL, instance ? instance->until_ns : NSEC_MAX);
    }
}
