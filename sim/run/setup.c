#include "run/setup.h"

#include "base/assert.h"
#include "run/placement.h"

#include <stdlib.h>

static uint32_t expanded_vms(const struct scenario *scenario)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        count += scenario->vms[i].count;
    }
    return count;
}

static uint32_t partitions_per_gpu(const struct gpu_entry *gpu)
{
    return gpu->mig_count > 0 ? gpu->mig_count : 1;
}

static const char *gpu_name(const struct gpu_entry *gpu, uint32_t number, struct arena *arena)
{
    return gpu->count == 1 ? gpu->name : arena_format(arena, "%s%u", gpu->name, number);
}

static void list_counted(const struct vm_entry *entry, struct setup_vm *vm,
                         struct partition_range may_use, struct arena *arena)
{
    for (uint32_t k = 0; k < entry->count; k++) {
        vm[k].name =
            entry->count == 1 ? entry->name : arena_format(arena, "%s%u", entry->name, k);
        vm[k].stream = entry->name;
        vm[k].replica = k;
        vm[k].may_use = may_use;
    }
}

/* VMs of one GPU, whose first partition is `first`. */
static void list_on_gpu(const struct vm_entry *entry, struct setup_vm *vm,
                        const struct setup *setup, uint32_t first, struct arena *arena)
{
    const struct partition *partition = &setup->partitions[first];
    const struct gpu_entry *gpu = &setup->scenario->gpus[partition->gpu];
    const char *gpu_is = gpu_name(gpu, partition->gpu_number, arena);
    const char *stream =
        arena_format(arena, "%s@%s%u", entry->name, gpu->name, partition->gpu_number);

    for (uint32_t k = 0; k < entry->per_gpu; k++) {
        vm[k].name = entry->per_gpu == 1
                         ? arena_format(arena, "%s@%s", entry->name, gpu_is)
                         : arena_format(arena, "%s%u@%s", entry->name, k, gpu_is);
        vm[k].stream = stream;
        vm[k].replica = k;
        vm[k].may_use = (struct partition_range){ first, first + partitions_per_gpu(gpu) };
    }
}

static void list_per_gpu(const struct vm_entry *entry, struct setup_vm *vm,
                         const struct setup *setup, struct partition_range range,
                         struct arena *arena)
{
    uint32_t first = range.first;

    while (first < range.end) {
        list_on_gpu(entry, vm, setup, first, arena);
        vm += entry->per_gpu;
        first += partitions_per_gpu(&setup->scenario->gpus[setup->partitions[first].gpu]);
    }
}

/* The first partition of each entry of gpus, and behind the last the number of them all. */
static uint32_t *first_partitions(const struct scenario *scenario, struct arena *arena)
{
    uint32_t *firsts = arena_take(arena, (size_t)scenario->gpu_count + 1, sizeof(firsts[0]));

    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        const struct gpu_entry *gpu = &scenario->gpus[i];
        firsts[i + 1] = firsts[i] + gpu->count * partitions_per_gpu(gpu);
    }
    return firsts;
}

static void list_vms(const struct scenario *scenario, struct arena *arena, struct setup *setup)
{
    setup->vm_count = expanded_vms(scenario);
    setup->vms = arena_take(arena, setup->vm_count, sizeof(setup->vms[0]));
    const uint32_t *firsts = first_partitions(scenario, arena);
    struct setup_vm *vm = setup->vms;
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        const struct vm_entry *entry = &scenario->vms[i];
        uint32_t gpu = entry->gpu_index;
        struct partition_range range = { 0, firsts[scenario->gpu_count] };
        if (entry->gpu) {
            range = (struct partition_range){ firsts[gpu], firsts[gpu + 1] };
        }
        if (entry->per_gpu > 0) {
            list_per_gpu(entry, vm, setup, range, arena);
        } else {
            list_counted(entry, vm, range, arena);
        }
        for (uint32_t k = 0; k < entry->count; k++) {
            vm[k].entry = i;
            vm[k].partition = UINT32_MAX;
            vm[k].wanted_ns = entry->start_ns;
        }
        vm += entry->count;
    }
}

static void list_partitions(const struct scenario *scenario, struct arena *arena,
                            struct setup *setup)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        const struct gpu_entry *gpu = &scenario->gpus[i];
        count += gpu->count * partitions_per_gpu(gpu);
    }
    setup->partitions = arena_take(arena, count, sizeof(setup->partitions[0]));
    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        const struct gpu_entry *gpu = &scenario->gpus[i];
        for (uint32_t k = 0; k < gpu->count; k++) {
            const char *name = gpu_name(gpu, k, arena);
            for (uint32_t m = 0; m < gpu->mig_count; m++) {
                setup->partitions[setup->partition_count++] = (struct partition){
                    .name = arena_format(arena, "%s.%s", name, gpu->mig[m].label),
                    .gpu = i,
                    .gpu_number = k,
                    .instance = &gpu->mig[m],
                    .device = &gpu->mig[m].device,
                    .sharing = &gpu->mig[m].sharing,
                };
            }
            if (gpu->mig_count == 0) {
                setup->partitions[setup->partition_count++] = (struct partition){
                    .name = name,
                    .gpu = i,
                    .gpu_number = k,
                    .device = &gpu->device,
                    .sharing = &gpu->sharing,
                    .mixed_sizes = gpu->mixed_sizes,
                    .has_places = gpu->mixed_sizes && gpu->catalogue && scenario->tables,
                };
            }
        }
    }
}

static void count_instances(struct setup *setup)
{
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct partition *p = &setup->partitions[i];
        if (!p->instance) {
            continue;
        }
        setup->has_changes =
            setup->has_changes || p->instance->from_ns > 0 || p->instance->until_ns != NSEC_MAX;
        setup->instances_missing +=
            p->life.taken_ns == NSEC_MAX && p->instance->from_ns < setup->scenario->duration_ns;
    }
}

/* Beneath which of the VMs of a partition there is a limiter. */
static void set_limiters(const struct setup *setup, struct arena *arena,
                         struct partition *partition)
{
    struct limiter_config *limiters = NULL;

    for (uint32_t i = 0; i < partition->vm_count; i++) {
        const struct limiter_config *own = &setup_entry(setup, partition, i)->limiter;
        if (own->ops && !limiters) {
            limiters = arena_take(arena, partition->vm_count, sizeof(limiters[0]));
        }
        if (own->ops) {
            limiters[i] = *own;
        }
    }
    partition->limiters = limiters;
}

/* The time between the frames of a VM that its vGPU's limiter keeps; 0: it does not act. Only
   best effort has one: the software scheduler of the other vendor policies turns it off. */
static nsec frame_gap(const struct partition *partition, const struct vm_entry *entry)
{
    const struct vgpu_type *type = entry->profile.vgpu;
    const struct sharing *sharing = partition->sharing;

    if (!type || !entry->frame_limiter || sharing->mode != SHARING_TIME_SLICED ||
        sharing->engines[ENGINE_COMPUTE].policy != &policy_best_effort) {
        return 0;
    }
    if (entry->frame_limit > 0) {
        return (nsec)((double)SEC / entry->frame_limit);
    }
    return type->frl_enabled == KNOWN_NO || type->frl_fps == 0 ? 0 : SEC / (nsec)type->frl_fps;
}

/* Gives each partition the VMs that were placed in it, in scenario order. */
static void fill_partitions(struct arena *arena, struct setup *setup,
                            const struct placement *placements)
{
    for (uint32_t i = 0; i < setup->vm_count; i++) {
        if (setup->vms[i].partition != UINT32_MAX) {
            setup->partitions[setup->vms[i].partition].vm_count++;
        }
    }
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        struct partition *partition = &setup->partitions[i];
        partition->vms = arena_take(arena, partition->vm_count, sizeof(partition->vms[0]));
        partition->setup_vms = arena_take(arena, partition->vm_count, sizeof(uint32_t));
        partition->frame_limits =
            arena_take(arena, partition->vm_count, sizeof(partition->frame_limits[0]));
        partition->vm_count = 0;
    }
    for (uint32_t i = 0; i < setup->vm_count; i++) {
        struct setup_vm *own = &setup->vms[i];
        const struct vm_entry *entry = &setup->scenario->vms[own->entry];
        if (own->partition == UINT32_MAX) {
            continue;
        }
        struct partition *partition = &setup->partitions[own->partition];
        uint32_t replica_ppm = replica_share_ppm(partition->sharing);
        own->index = partition->vm_count++;
        partition->setup_vms[own->index] = i;
        partition->frame_limits[own->index] = (struct frame_limit){
            .gap_ns = frame_gap(partition, entry),
            .unlicensed = entry->profile.vgpu && !entry->licensed,
        };
        partition->vms[own->index] = (struct vm){
            .index = own->index,
            .name = own->name,
            .weight = entry->weight,
            .priority = entry->priority,
            .schedule = entry->schedule,
            .memory_bytes =
                entry->memory_bytes > 0
                    ? entry->memory_bytes
                    : replica_memory_bytes(partition->sharing, partition->device->memory_bytes),
            .share_ppm = replica_ppm > 0 ? replica_ppm : entry->share_ppm,
            .preempt_ns = entry->preempt_ns,
            .start_ns = placements[i].start_ns,
            .stop_ns = placements[i].stop_ns,
        };
    }
}

static int compare_times(const void *a, const void *b)
{
    const nsec *first = a;
    const nsec *second = b;

    return *first < *second ? -1 : *first > *second;
}

/* The largest number of VMs that are present at one time; who stops makes room at once. */
static uint32_t most_present(const struct partition *partition, struct arena *arena)
{
    uint32_t count = partition->vm_count;
    nsec *starts = arena_take(arena, 2 * (size_t)count, sizeof(starts[0]));
    nsec *stops = starts + count;
    uint32_t stopped = 0;
    uint32_t most = 0;

    for (uint32_t i = 0; i < count; i++) {
        starts[i] = partition->vms[i].start_ns;
        stops[i] = partition->vms[i].stop_ns;
    }
    qsort(starts, count, sizeof(starts[0]), compare_times);
    qsort(stops, count, sizeof(stops[0]), compare_times);
    for (uint32_t started = 1; started <= count; started++) {
        while (stops[stopped] <= starts[started - 1]) {
            stopped++;
        }
        most = started - stopped > most ? started - stopped : most;
    }
    return most;
}

/* The largest number of VMs that a partition can hold: what the profile allows, else what its
   memory allows with the largest of its VMs. Neither counts VMs without them. */
static void count_slots(const struct setup *setup, struct arena *arena,
                        struct partition *partition)
{
    uint32_t present = most_present(partition, arena);
    int64_t largest = 0;
    uint32_t vendor_most = 0;

    for (uint32_t i = 0; i < partition->vm_count; i++) {
        const struct vm_entry *entry = setup_entry(setup, partition, i);
        const struct profile_use *use = &entry->profile;
        uint32_t most = use->sharers_max > 0 ? use->sharers_max : use->vms_max;
        largest = entry->memory_bytes > largest ? entry->memory_bytes : largest;
        if (most > 0 && (vendor_most == 0 || most < vendor_most)) {
            vendor_most = most;
        }
    }
    partition->slot_count = vendor_most;
    if (vendor_most == 0 && largest > 0) {
        partition->slot_count = (uint32_t)(partition->device->memory_bytes / largest);
    }
    if (partition->slot_count < present) {
        partition->slot_count = present;
        partition->slots_assumed = true;
    }
}

/* What this version cannot compute is refused, not left out in silence. */
/* Under MPS several VMs run at once, and nobody is behind because of turns. */
static int check_metrics(const struct setup *setup, struct err_list *errors)
{
    const struct scenario *scenario = setup->scenario;

    for (uint32_t i = 0; scenario->metrics & METRIC_LAG && i < setup->partition_count; i++) {
        if (setup->partitions[i].sharing->mode == SHARING_MPS) {
            errors->count = 1;
            return err_at(&errors->errors[0], scenario->metric_places[0],
                          "metrics: lag is of turns, and %s is under mode: mps; leave it out",
                          setup->partitions[i].name);
        }
    }
    return 0;
}

int setup_build(const struct scenario *scenario, struct arena *arena, struct setup *ret,
                struct err_list *errors)
{
    struct setup setup = { .scenario = scenario };

    list_partitions(scenario, arena, &setup);
    list_vms(scenario, arena, &setup);
    struct placement *placements = arena_take(arena, setup.vm_count, sizeof(placements[0]));
    if (check_metrics(&setup, errors) || placement_decide(&setup, placements, errors)) {
        return -1;
    }
    for (uint32_t i = 0; i < setup.vm_count; i++) {
        setup.vms[i].partition = placements[i].partition;
        setup.vms[i].place = placements[i].place;
        setup.refused_count += placements[i].partition == UINT32_MAX;
    }
    count_instances(&setup);
    fill_partitions(arena, &setup, placements);
    for (uint32_t i = 0; i < setup.partition_count; i++) {
        count_slots(&setup, arena, &setup.partitions[i]);
        set_limiters(&setup, arena, &setup.partitions[i]);
    }
    *ret = setup;
    return 0;
}

const struct vm_entry *setup_entry(const struct setup *setup, const struct partition *partition,
                                   uint32_t vm)
{
    return &setup->scenario->vms[setup->vms[partition->setup_vms[vm]].entry];
}
