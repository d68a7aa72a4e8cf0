/* reach.c - the GPUs and MIG instances that a VM may go to, and what a share is worth there. */
#include "scenario/language.h"

#include <string.h>

enum { MATCHES_MAX = 1000000 };

/* MPS before Volta lets every client use all SMs. */
static bool has_shares(const struct device *device)
{
    return device->mps_clients_max != MPS_CLIENTS_MAX_BEFORE;
}

static void add_partition(struct reach *reach, const struct device *device,
                          const struct sharing *sharing)
{
    bool is_mps = sharing->mode == SHARING_MPS;

    reach->partitions++;
    reach->any_mps = reach->any_mps || is_mps;
    if (is_mps && sharing->replicas > 0) {
        reach->replicas = sharing->replicas;
    }
    if (is_mps && !has_shares(device)) {
        reach->without_shares = device;
    }
}

/* Of a GPU: with a name, only its instances of that name. */
static void add_gpu(struct reach *reach, const struct gpu_entry *gpu, const char *name)
{
    const struct vm_entry named = { .instance = name };

    for (uint32_t i = 0; i < gpu->mig_count; i++) {
        if (instance_takes(&gpu->mig[i], &named)) {
            add_partition(reach, &gpu->mig[i].device, &gpu->mig[i].sharing);
        }
    }
    if (gpu->mig_count == 0 && !name) {
        add_partition(reach, &gpu->device, &gpu->sharing);
    }
}

struct reach reach_anywhere(const struct scenario *scenario)
{
    struct reach reach = { 0 };

    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        add_gpu(&reach, &scenario->gpus[i], NULL);
    }
    return reach;
}

struct reach reach_of(const struct scenario *scenario, const struct vm_entry *vm,
                      const struct reach *anywhere)
{
    struct reach reach = { 0 };

    if (vm->gpu_index != UINT32_MAX) {
        add_gpu(&reach, &scenario->gpus[vm->gpu_index], vm->instance);
        return reach;
    }
    if (!vm->instance) {
        return *anywhere;
    }
    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        add_gpu(&reach, &scenario->gpus[i], vm->instance);
    }
    return reach;
}

/* Refuses the name of an instance that no GPU of the VM has. */
static void refuse_instance(struct check *check, const struct node *node,
                            const struct vm_entry *vm)
{
    const struct scenario *s = check->scenario;
    const char *before = "";
    struct text names;

    text_init(&names);
    for (uint32_t i = 0; i < s->gpu_count; i++) {
        const struct gpu_entry *gpu = &s->gpus[i];
        for (uint32_t k = 0; k < gpu->mig_count; k++) {
            if ((vm->gpu_index == UINT32_MAX || vm->gpu_index == i) && names.size < 200) {
                text_printf(&names, "%s%s (%s)", before, gpu->mig[k].label,
                            gpu->mig[k].profile);
                before = ", ";
            }
        }
    }
    size_t path = check_enter(check, "instance");
    check_refuse_value(check, node_find(node, "instance"), "%s%s",
                       names.size > 0 ? "its GPU has " : "its GPU has no MIG instances",
                       names.bytes);
    check_leave(check, path);
    text_fini(&names);
}

static void check_share(struct check *check, const struct node *share,
                        const struct reach *reach)
{
    if (!reach->any_mps) {
        check_refuse(check, share->place,
                     "%s.share is for GPUs under mode: mps; elsewhere 'weight' says the share",
                     check_subject(check));
    } else if (reach->replicas > 0) {
        check_refuse(check, share->place,
                     "%s.share is said by 'replicas: %u' of its GPU, 1 in %u; leave one of "
                     "them out",
                     check_subject(check), reach->replicas, reach->replicas);
    } else if (reach->without_shares) {
        check_refuse(check, share->place,
                     "%s.share: MPS on %s, which is older than Volta, knows no shares; leave "
                     "it out",
                     check_subject(check), reach->without_shares->name);
    }
}

void reach_check(struct check *check, const struct node *node, const struct vm_entry *vm)
{
    const struct node *share = node_find(node, "share");

    if (!vm->instance && !share) {
        return;
    }
    check->match_count += vm->gpu_index == UINT32_MAX ? check->scenario->gpu_count : 1;
    if (check->match_count > MATCHES_MAX) {
        check_refuse(check, node->place,
                     "%s: too many GPUs were tried for too many VMs; name each VM's gpu",
                     check_subject(check));
        return;
    }
    struct reach reach = reach_of(check->scenario, vm, &check->anywhere);
    if (vm->instance && reach.partitions == 0) {
        refuse_instance(check, node, vm);
    } else if (share) {
        check_share(check, share, &reach);
    }
}
