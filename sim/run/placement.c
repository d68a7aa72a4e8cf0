#include "run/placement.h"

#include "base/assert.h"
#include "base/quantity.h"
#include "run/instances.h"
#include "run/room.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A VM that starts, waits or stops, in order of time. */
struct event {
    nsec at_ns;
    uint32_t vm;
    bool is_stop;
};

/* Where the search for a VM of the same entry may go on while nobody leaves and no instance
   changes: partitions before `next` that take such a VM at all have more than `vms` VMs, the
   others at least so many. */
struct hint {
    uint32_t entry;
    struct partition_range range;
    uint32_t next;
    uint32_t vms;
    bool is_valid;
};

/* Where vGPUs of a VM's size may lie, on the GPU that was asked for last. */
struct known_places {
    uint32_t gpu; /* Of scenario.gpus, + 1; 0: none was. */
    const struct vgpu_placement *places;
};

struct decider {
    struct setup *setup;
    struct placement *placements;
    struct room *rooms;          /* By partition. */
    struct known_places *known;  /* By entry of scenario.vms. */
    struct catalogue *catalogue; /* NULL: none. */
    struct instances instances;
    nsec now;
    struct hint hint;
    uint32_t *waiting; /* VMs that wait, oldest first. */
    uint32_t waiting_count;
    const struct vm_entry *refused; /* With per_gpu: what was said of one GPU holds for all. */
    struct err_list *errors;
};

static const struct vm_entry *entry_of(const struct decider *d, uint32_t vm)
{
    return &d->setup->scenario->vms[d->setup->vms[vm].entry];
}

static struct partition_range range_of(const struct decider *d, uint32_t vm)
{
    return d->setup->vms[vm].may_use;
}

static bool may_use(const struct decider *d, uint32_t vm, uint32_t partition)
{
    return room_suits(&d->setup->partitions[partition], d->setup, entry_of(d, vm));
}

/* Legal places of a VM on a GPU with mixed sizes; NULL if there are none. */
static const struct vgpu_placement *places_of(const struct decider *d, uint32_t vm,
                                              const struct partition *p)
{
    const struct scenario *scenario = d->setup->scenario;
    const struct vgpu_type *type = entry_of(d, vm)->profile.vgpu;
    struct known_places *known = &d->known[d->setup->vms[vm].entry];

    if (!p->has_places || !type) {
        return NULL;
    }
    if (known->gpu != p->gpu + 1) {
        known->gpu = p->gpu + 1;
        known->places =
            catalogue_vgpu_placement(d->catalogue, scenario->gpus[p->gpu].card, type);
    }
    return known->places;
}

/* vGPUs on the other MIG instances of the same GPU. */
static uint32_t vgpus_beside(const struct decider *d, uint32_t vm, uint32_t partition)
{
    const struct partition *p = &d->setup->partitions[partition];
    uint32_t count = 0;

    if (!p->instance || !entry_of(d, vm)->profile.vgpu) {
        return 0;
    }
    const struct gpu_entry *gpu = &d->setup->scenario->gpus[p->gpu];
    uint32_t first = partition - (uint32_t)(p->instance - gpu->mig);
    for (uint32_t i = first; i < first + gpu->mig_count; i++) {
        count += i == partition ? 0 : d->rooms[i].vendor_vms;
    }
    return count;
}

static struct guest guest_of(const struct decider *d, uint32_t vm, uint32_t partition)
{
    const struct partition *p = &d->setup->partitions[partition];

    return (struct guest){
        .vm = entry_of(d, vm),
        .partition = p,
        .places = places_of(d, vm, p),
        .vgpus_beside = vgpus_beside(d, vm, partition),
        .catalogue = d->catalogue,
    };
}

/* Why a VM does not fit now; NULL if it does. */
static const char *obstacle(const struct decider *d, uint32_t vm, uint32_t partition,
                            const struct room *room)
{
    struct guest guest = guest_of(d, vm, partition);

    return room_obstacle(room, &guest);
}

static bool fits_now(const struct decider *d, uint32_t vm, uint32_t partition)
{
    return may_use(d, vm, partition) && instances_is_open(&d->instances, partition, d->now) &&
           !obstacle(d, vm, partition, &d->rooms[partition]);
}

/* As find, for one more VM like the last; UINT32_MAX: the hint does not help. */
static uint32_t find_next(const struct decider *d, uint32_t vm)
{
    const struct hint *hint = &d->hint;
    struct partition_range range = range_of(d, vm);

    if (!hint->is_valid || hint->entry != d->setup->vms[vm].entry ||
        hint->range.first != range.first) {
        return UINT32_MAX;
    }
    for (uint32_t i = hint->next; i < range.end; i++) {
        if (d->rooms[i].vms == hint->vms && fits_now(d, vm, i)) {
            return i;
        }
    }
    return UINT32_MAX;
}

/* The partition with the fewest VMs of those where the VM fits; UINT32_MAX: none. */
static uint32_t find(const struct decider *d, uint32_t vm)
{
    struct partition_range range = range_of(d, vm);
    uint32_t best = find_next(d, vm);

    if (best != UINT32_MAX) {
        return best;
    }
    for (uint32_t i = range.first; i < range.end; i++) {
        if (fits_now(d, vm, i) &&
            (best == UINT32_MAX || d->rooms[i].vms < d->rooms[best].vms)) {
            best = i;
        }
    }
    return best;
}

static bool fits_empty(const struct decider *d, uint32_t vm)
{
    const struct room empty = { 0 };
    struct partition_range range = range_of(d, vm);

    for (uint32_t i = range.first; i < range.end; i++) {
        if (may_use(d, vm, i) && !obstacle(d, vm, i, &empty)) {
            return true;
        }
    }
    return false;
}

static void move_in(struct decider *d, uint32_t vm, uint32_t partition, nsec now)
{
    struct guest guest = guest_of(d, vm, partition);

    d->placements[vm].partition = partition;
    d->placements[vm].start_ns = now;
    d->hint = (struct hint){
        .entry = d->setup->vms[vm].entry,
        .range = range_of(d, vm),
        .next = partition + 1,
        .vms = d->rooms[partition].vms,
        .is_valid = true,
    };
    d->placements[vm].place = room_take(&d->rooms[partition], &guest);
    instances_enter(&d->instances, partition);
}

static void move_out(struct decider *d, uint32_t vm, nsec now)
{
    struct placement *placement = &d->placements[vm];
    struct guest guest = guest_of(d, vm, placement->partition);

    d->hint.is_valid = false;
    placement->stop_ns = now;
    instances_leave(&d->instances, placement->partition, now);
    room_give(&d->rooms[placement->partition], &guest, placement->place);
}

/* What stands in the way in the first partition that the VM may use, and what would fit. */
static void explain(const struct decider *d, uint32_t vm, struct text *text)
{
    const struct vm_entry *entry = entry_of(d, vm);

    struct partition_range range = range_of(d, vm);

    for (uint32_t i = range.first; i < range.end; i++) {
        const struct partition *p = &d->setup->partitions[i];
        const struct room *room = &d->rooms[i];
        const char *why = may_use(d, vm, i) ? obstacle(d, vm, i, room) : NULL;
        if (may_use(d, vm, i) && !instances_is_open(&d->instances, i, d->now)) {
            why = "its instance is not there";
        }
        if (why) {
            struct guest guest = guest_of(d, vm, i);
            text_printf(text,
                        "%s (%s has %.6g GiB, %.6g GiB of it reserved by %" PRIu32
                        " VM%s; %s needs %.6g GiB",
                        why, p->name, (double)p->device->memory_bytes / (double)GIB,
                        (double)room->memory_bytes / (double)GIB, room->vms,
                        room->vms == 1 ? "" : "s", d->setup->vms[vm].name,
                        (double)entry->memory_bytes / (double)GIB);
            room_put_alternative(room, &guest, &d->setup->scenario->gpus[p->gpu], text);
            text_put(text, ")");
            return;
        }
    }
    text_printf(text, "no GPU of the scenario has an instance of profile %s",
                entry->profile.name ? entry->profile.name : "?");
}

static void complain(struct decider *d, uint32_t vm, const char *when)
{
    struct err_list *errors = d->errors;
    const struct vm_entry *entry = entry_of(d, vm);
    struct text why;

    if (entry->per_gpu > 0 && entry == d->refused) {
        return;
    }
    d->refused = entry;
    if (errors->count == SCENARIO_ERRORS_MAX) {
        errors->more = true;
        return;
    }
    text_init(&why);
    explain(d, vm, &why);
    (void)err_at(&errors->errors[errors->count++], entry->place, "%s does not fit%s: %s",
                 d->setup->vms[vm].name, when, why.bytes);
    text_fini(&why);
}

/* Whether two VMs may want the same partition. */
static bool are_rivals(const struct decider *d, uint32_t vm, uint32_t other)
{
    const struct vm_entry *first = entry_of(d, vm);
    const struct vm_entry *second = entry_of(d, other);
    struct partition_range own = range_of(d, vm);
    struct partition_range theirs = range_of(d, other);

    if (own.end <= theirs.first || theirs.end <= own.first) {
        return false;
    }
    return !first->profile.is_mig || !second->profile.is_mig ||
           strcmp(first->profile.name, second->profile.name) == 0;
}

/* Where a VM goes now; UINT32_MAX: nowhere, or one of the first `ahead` who wait comes first.
 */
static uint32_t find_in_turn(const struct decider *d, uint32_t vm, uint32_t ahead)
{
    for (uint32_t i = 0; i < ahead; i++) {
        if (are_rivals(d, vm, d->waiting[i])) {
            return UINT32_MAX;
        }
    }
    return find(d, vm);
}

/* Keeps who was the first without room, and why; those who only wait behind others have none.
 */
static void note_refusal(struct decider *d, uint32_t vm)
{
    struct setup *setup = d->setup;
    struct text text;

    if (setup->refusal[0] != '\0' || find(d, vm) != UINT32_MAX) {
        return;
    }
    text_init(&text);
    text_printf(&text, "%s at ", setup->vms[vm].name);
    quantity_write_time(&text, d->now);
    text_put(&text, ": ");
    explain(d, vm, &text);
    (void)snprintf(setup->refusal, sizeof(setup->refusal), "%s", text.bytes);
    text_fini(&text);
}

static void start(struct decider *d, uint32_t vm, nsec now)
{
    uint32_t partition = find_in_turn(d, vm, d->waiting_count);

    if (partition != UINT32_MAX) {
        move_in(d, vm, partition, now);
    } else if (now == 0) {
        complain(d, vm, " at time 0");
    } else {
        note_refusal(d, vm);
        if (d->setup->scenario->admission == ADMISSION_QUEUE) {
            d->waiting[d->waiting_count++] = vm;
        }
    }
}

/* Those who wait go in order; one that still does not fit holds up those behind it that may
   want the same. */
static void admit_waiting(struct decider *d, nsec now)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < d->waiting_count; i++) {
        uint32_t vm = d->waiting[i];
        if (now >= entry_of(d, vm)->stop_ns) {
            continue; /* Its time is over before it began. */
        }
        uint32_t partition = find_in_turn(d, vm, kept);
        if (partition != UINT32_MAX) {
            nsec waited_ns = now - entry_of(d, vm)->start_ns;
            move_in(d, vm, partition, now);
            d->setup->waited_count++;
            if (waited_ns > d->setup->waited_ns_max) {
                d->setup->waited_ns_max = waited_ns;
            }
        } else {
            d->waiting[kept++] = vm;
        }
    }
    d->waiting_count = kept;
}

static int compare_events(const void *a, const void *b)
{
    const struct event *first = a;
    const struct event *second = b;

    if (first->at_ns != second->at_ns) {
        return first->at_ns < second->at_ns ? -1 : 1;
    }
    if (first->is_stop != second->is_stop) {
        return first->is_stop ? -1 : 1;
    }
    return first->vm < second->vm ? -1 : first->vm > second->vm;
}

/* All VMs of a partition stop. */
static void evict(struct decider *d, uint32_t partition, nsec now)
{
    for (uint32_t vm = 0; vm < d->setup->vm_count; vm++) {
        const struct placement *placement = &d->placements[vm];
        if (placement->partition == partition && placement->stop_ns > now) {
            move_out(d, vm, now);
            d->setup->evicted_count++;
        }
    }
}

/* What happens to MIG instances before `until`, or up to it. */
static void change_instances(struct decider *d, nsec until, bool inclusive)
{
    for (;;) {
        nsec now = instances_next(&d->instances);
        uint32_t partition;
        if (now == NSEC_MAX || now > until || (now == until && !inclusive)) {
            return;
        }
        d->now = now;
        d->hint.is_valid = false;
        switch (instances_step(&d->instances, &partition)) {
        case INSTANCES_EVICT:
            evict(d, partition, now);
            break;
        case INSTANCES_OPENED:
            admit_waiting(d, now);
            break;
        case INSTANCES_NOTHING:
            break;
        }
    }
}

static void decide(struct decider *d, struct event *events, uint32_t event_count)
{
    for (uint32_t i = 0; i < event_count; i++) {
        const struct event *event = &events[i];
        struct placement *placement = &d->placements[event->vm];
        change_instances(d, event->at_ns, !event->is_stop);
        d->now = event->at_ns;
        if (!event->is_stop) {
            start(d, event->vm, event->at_ns);
            continue;
        }
        if (placement->partition != UINT32_MAX && placement->stop_ns >= event->at_ns) {
            move_out(d, event->vm, event->at_ns);
        }
        admit_waiting(d, event->at_ns); /* One who gives up may have held up others. */
    }
    change_instances(d, d->setup->scenario->duration_ns, true);
}

int placement_decide(struct setup *setup, struct placement *placements, struct err_list *errors)
{
    struct arena arena;
    uint32_t before = errors->count;
    uint32_t event_count = 0;

    arena_init(&arena);
    struct event *events = arena_take(&arena, 2 * (size_t)setup->vm_count, sizeof(events[0]));
    struct catalogue catalogue = { &arena, setup->scenario->tables };
    struct decider d = {
        .setup = setup,
        .placements = placements,
        .rooms = arena_take(&arena, setup->partition_count, sizeof(struct room)),
        .catalogue = catalogue.tables ? &catalogue : NULL,
        .known = arena_take(&arena, setup->scenario->vm_count, sizeof(struct known_places)),
        .waiting = arena_take(&arena, setup->vm_count, sizeof(uint32_t)),
        .errors = errors,
    };

    instances_init(&d.instances, setup, &arena);
    for (uint32_t vm = 0; vm < setup->vm_count; vm++) {
        const struct vm_entry *entry = entry_of(&d, vm);
        placements[vm] =
            (struct placement){ UINT32_MAX, ROOM_NO_PLACE, entry->start_ns, entry->stop_ns };
        if (entry->start_ns > 0 && !fits_empty(&d, vm)) {
            complain(&d, vm, " even on an empty GPU");
            continue;
        }
        events[event_count++] = (struct event){ entry->start_ns, vm, false };
        if (entry->stop_ns != NSEC_MAX) {
            events[event_count++] = (struct event){ entry->stop_ns, vm, true };
        }
    }
    qsort(events, event_count, sizeof(events[0]), compare_events);
    decide(&d, events, event_count);
    arena_fini(&arena);
    return errors->count > before ? -1 : 0;
}
