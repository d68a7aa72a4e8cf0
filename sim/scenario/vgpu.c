/*
 * vgpu.c - what only vGPUs have: keys of their VMs, and GPUs with vGPUs of several sizes.
 */
#include "scenario/language.h"

#include <string.h>

enum { LOOKS_MAX = 20000000 };

const char *const vgpu_sizes_words[] = { "auto", "one", "mixed", NULL };

void vgpu_check_keys(struct check *check, const struct node *node, const struct vm_entry *vm)
{
    static const char *const keys[] = { "placement_id", "frame_limiter", "frame_limit",
                                        "licensed" };

    for (size_t i = 0; i < ARRAY_LEN(keys) && !vm->profile.vgpu; i++) {
        const struct node *value = node_find(node, keys[i]);
        if (value) {
            check_refuse(check, value->place,
                         "%s.%s is for VMs with a vGPU type as profile, as L40S-8Q",
                         check_subject(check), keys[i]);
        }
    }
    if (!vm->frame_limiter && vm->frame_limit > 0) {
        check_refuse(check, node_find(node, "frame_limit")->place,
                     "%s.frame_limit has no meaning with frame_limiter: no; leave one out",
                     check_subject(check));
    }
    if (vm->placement_id != UINT32_MAX && vm->count > 1) {
        check_refuse(check, node_find(node, "placement_id")->place,
                     "%s.placement_id is one place, and these are %u VMs; write each as an "
                     "entry of its own",
                     check_subject(check), vm->count);
    }
}

/* ------------------------------------------------------------------------------ mixed sizes */

static bool may_go(const struct gpu_entry *gpu, uint32_t index, const struct vm_entry *vm)
{
    if (!vm->profile.vgpu || (vm->gpu_index != UINT32_MAX && vm->gpu_index != index)) {
        return false;
    }
    return !gpu->card || catalogue_vgpu_fits(gpu->card, vm->profile.vgpu);
}

/* Whether yet another pair of VM and GPU may be looked at, of all in a load. */
static bool may_look(struct check *check)
{
    return ++check->match_count <= LOOKS_MAX;
}

/* The first two vGPU types of different sizes among the VMs that may go to a GPU; false if
   there are none. */
static bool find_sizes(struct check *check, uint32_t index, const struct vgpu_type *ret[2])
{
    const struct scenario *s = check->scenario;

    ret[0] = NULL;
    for (uint32_t i = 0; i < s->vm_count && may_look(check); i++) {
        const struct vgpu_type *type = s->vms[i].profile.vgpu;
        if (!may_go(&s->gpus[index], index, &s->vms[i])) {
            continue;
        }
        if (ret[0] && ret[0]->framebuffer_bytes != type->framebuffer_bytes) {
            ret[1] = type;
            return true;
        }
        ret[0] = type;
    }
    return false;
}

static bool has_fixed_share(const struct gpu_entry *gpu)
{
    return gpu->sharing.mode == SHARING_TIME_SLICED &&
           gpu->sharing.engines[ENGINE_COMPUTE].policy == &policy_fixed_share;
}

/* Why a GPU cannot be `vgpu_sizes: mixed`. */
static void check_mixed(struct check *check, const struct gpu_entry *gpu)
{
    if (gpu->mig_count > 0) {
        check_refuse(check, gpu->place,
                     "%s.vgpu_sizes is for whole GPUs; the instances of 'mig' have sizes of "
                     "their own",
                     check_subject(check));
    } else if (!gpu->device.mixed_sizes) {
        check_refuse(check, gpu->place,
                     "%s.vgpu_sizes is mixed, but %s takes vGPUs of one size only; GPUs from "
                     "Ampere on may mix them, as `vgpusim explain DEVICE` says",
                     check_subject(check), gpu->device.name);
    } else if (has_fixed_share(gpu)) {
        check_refuse(check, gpu->sharing.place,
                     "%s has vgpu_sizes: mixed and fixed_share, whose slots are parts of the "
                     "maximum of one size; use best_effort or equal_share",
                     check_subject(check));
    }
}

/* Has the tables parsed that are asked for after loading. */
static void touch_places(struct check *check, const struct gpu_entry *gpu, uint32_t index)
{
    const struct scenario *s = check->scenario;

    for (uint32_t i = 0; i < s->vm_count && gpu->card && may_look(check); i++) {
        if (may_go(gpu, index, &s->vms[i])) {
            (void)catalogue_vgpu_placement(check->catalogue, gpu->card, s->vms[i].profile.vgpu);
            return;
        }
    }
}

static void finish_gpu(struct check *check, struct gpu_entry *gpu, uint32_t index)
{
    const struct vgpu_type *sizes[2];

    if (gpu->vgpu_sizes == VGPU_SIZES_MIXED) {
        check_mixed(check, gpu);
    }
    if (gpu->mig_count > 0 || !gpu->device.mixed_sizes || has_fixed_share(gpu) ||
        gpu->vgpu_sizes == VGPU_SIZES_ONE) {
        return;
    }
    gpu->mixed_sizes = gpu->vgpu_sizes == VGPU_SIZES_MIXED || find_sizes(check, index, sizes);
    if (gpu->mixed_sizes) {
        touch_places(check, gpu, index);
    }
}

/* A place is of a GPU with mixed sizes. */
static void check_placement_ids(struct check *check)
{
    const struct scenario *s = check->scenario;

    for (uint32_t i = 0; i < s->vm_count; i++) {
        const struct vm_entry *vm = &s->vms[i];
        bool has_mixed = false;
        for (uint32_t k = 0; vm->placement_id != UINT32_MAX && !has_mixed && k < s->gpu_count &&
                             may_look(check);
             k++) {
            has_mixed = may_go(&s->gpus[k], k, vm) && s->gpus[k].mixed_sizes;
        }
        if (vm->placement_id != UINT32_MAX && !has_mixed) {
            check_refuse(check, vm->place,
                         "vms[%u] has a placement_id, but no GPU that it may use has "
                         "vgpu_sizes: mixed",
                         i);
        }
    }
}

void vgpu_finish(struct check *check)
{
    struct scenario *s = check->scenario;

    for (uint32_t i = 0; i < s->gpu_count; i++) {
        size_t before = check_enter(check, "gpus");
        (void)check_enter_item(check, i);
        finish_gpu(check, (struct gpu_entry *)&s->gpus[i], i);
        check_leave(check, before);
    }
    check_placement_ids(check);
    if (check->match_count > LOOKS_MAX && check->errors->count == 0) {
        check_refuse(check, check->root->place,
                     "there are too many VMs for so many GPUs; name each VM's gpu, and give "
                     "GPUs that are alike one entry with a count");
    }
}
