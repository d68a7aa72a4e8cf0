#include "metrics/describe.h"

/* Frames are what arrives on a clock or has a deadline. */
static struct collector_workload describe_workload(const struct workload *workload)
{
    enum arrival_kind kind = workload->arrival.kind;

    return (struct collector_workload){
        .name = workload->name,
        .deadline_ns = workload->deadline_ns,
        .is_open = kind != ARRIVAL_CLOSED,
        .has_frames = kind == ARRIVAL_PERIODIC || workload->deadline_ns != NSEC_MAX,
    };
}

/* By which fairness measures a VM's service: under MPS it is the share. */
static uint32_t weight_of(const struct partition *partition, uint32_t index)
{
    const struct vm *vm = &partition->vms[index];
    uint32_t share = vm->share_ppm / (uint32_t)(PPM / VM_WEIGHT_MAX);

    if (partition->sharing->mode != SHARING_MPS) {
        return vm->weight;
    }
    return share > 0 ? share : 1;
}

static void describe_vm(const struct setup *setup, const struct partition *partition,
                        uint32_t index, struct collector_vm *vm, struct arena *arena)
{
    const struct vm_entry *entry = setup_entry(setup, partition, index);
    struct collector_workload *workloads =
        arena_take(arena, entry->workload_count, sizeof(*workloads));

    for (uint32_t w = 0; w < entry->workload_count; w++) {
        workloads[w] = describe_workload(&entry->workloads[w].workload);
    }
    vm->name = partition->vms[index].name;
    vm->id = partition->setup_vms[index];
    vm->entry = setup->vms[vm->id].entry;
    vm->weight = weight_of(partition, index);
    vm->start_ns = partition->vms[index].start_ns;
    vm->stop_ns = partition->vms[index].stop_ns;
    vm->workloads = workloads;
    vm->workload_count = entry->workload_count;
}

struct collector_config describe_partition(const struct setup *setup, uint32_t partition,
                                           nsec warmup_ns, struct arena *arena)
{
    const struct partition *p = &setup->partitions[partition];
    struct collector_vm *vms = arena_take(arena, p->vm_count, sizeof(*vms));
    uint32_t *entitled_ppm = arena_take(arena, p->vm_count, sizeof(*entitled_ppm));
    struct collector_config config = {
        .gpu = p->name,
        .partition = partition,
        .vms = vms,
        .vm_count = p->vm_count,
        .warmup_ns = warmup_ns,
        .duration_ns = setup->scenario->duration_ns,
        .window_ns = setup->scenario->metrics & METRIC_SHORT_WINDOWS ? DESCRIBE_SHORT_WINDOW_NS
                                                                     : DESCRIBE_WINDOW_NS,
    };

    setup_entitlement(p, warmup_ns, config.duration_ns, entitled_ppm);
    for (uint32_t i = 0; i < p->vm_count; i++) {
        describe_vm(setup, p, i, &vms[i], arena);
        vms[i].entitled_ppm = entitled_ppm[i];
    }
    collector_limit(&config, setup->vm_count, partition);
    return config;
}
