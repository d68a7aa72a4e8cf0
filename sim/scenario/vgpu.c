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
    uint32_t on_a_gpu = vm->per_gpu > 0 ? vm->per_gpu : vm->count;
    if (vm->placement_id != UINT32_MAX && on_a_gpu > 1) {
        check_refuse(check, node_find(node, "placement_id")->place,
                     "%s.placement_id is one place, and these are %u VMs; write each as an "
                     "entry of its own",
                     check_subject(check), on_a_gpu);
    }
}

/* ------------------------------------------------------------------------------ mixed sizes */

/* What vGPUs may go to a GPU. */
struct sizes {
    const struct vgpu_type *first; /* NULL: none. */
    bool is_mixed;                 /* And another of another size. */
};

static void note_type(struct sizes *sizes, const struct vgpu_type *type)
{
    if (sizes->first && sizes->first->framebuffer_bytes != type->framebuffer_bytes) {
        sizes->is_mixed = true;
    }
    sizes->first = sizes->first ? sizes->first : type;
}

/* VMs that name their GPU; marks the types of the others in is_anywhere, by their place in the
   table. */
static void note_named(const struct scenario *s, struct sizes *sizes,
                       const struct vgpu_type *table, bool *is_anywhere)
{
    for (uint32_t i = 0; i < s->vm_count; i++) {
        const struct vm_entry *vm = &s->vms[i];
        if (vm->profile.vgpu && vm->gpu_index != UINT32_MAX) {
            note_type(&sizes[vm->gpu_index], vm->profile.vgpu);
        } else if (vm->profile.vgpu) {
            is_anywhere[vm->profile.vgpu - table] = true;
        }
    }
}

/* Whether any VM has a vGPU type. */
static bool has_types(const struct scenario *s)
{
    for (uint32_t i = 0; i < s->vm_count; i++) {
        if (s->vms[i].profile.vgpu) {
            return true;
        }
    }
    return false;
}

/* By GPU. Reading the table of types takes milliseconds, so it is left alone where it can be.
 */
static struct sizes *find_sizes(struct check *check)
{
    const struct scenario *s = check->scenario;
    struct sizes *sizes = arena_take(check->arena, s->gpu_count, sizeof(sizes[0]));

    if (!has_types(s)) {
        return sizes;
    }
    size_t count;
    const struct vgpu_type *table = catalogue_vgpu_types(check->catalogue, &count);
    bool *is_anywhere = arena_take(check->arena, count, sizeof(is_anywhere[0]));

    note_named(s, sizes, table, is_anywhere);
    for (size_t type = 0; type < count; type++) {
        for (uint32_t i = 0; is_anywhere[type] && i < s->gpu_count; i++) {
            const struct catalogue_device *card = s->gpus[i].card;
            if (!card || catalogue_vgpu_fits(card, &table[type])) {
                note_type(&sizes[i], &table[type]);
            }
        }
    }
    return sizes;
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

static void finish_gpu(struct check *check, struct gpu_entry *gpu, const struct sizes *sizes)
{
    if (gpu->vgpu_sizes == VGPU_SIZES_MIXED) {
        check_mixed(check, gpu);
    }
    if (gpu->mig_count > 0 || !gpu->device.mixed_sizes || has_fixed_share(gpu) ||
        gpu->vgpu_sizes == VGPU_SIZES_ONE) {
        return;
    }
    gpu->mixed_sizes = gpu->vgpu_sizes == VGPU_SIZES_MIXED || sizes->is_mixed;
    if (gpu->mixed_sizes && gpu->card && sizes->first) {
        /* So that the tables are parsed that are asked for after loading. */
        (void)catalogue_vgpu_placement(check->catalogue, gpu->card, sizes->first);
    }
}

/* Whether some GPU that a VM may use has mixed sizes. */
static bool has_mixed(const struct scenario *s, const struct vm_entry *vm)
{
    if (vm->gpu_index != UINT32_MAX) {
        return s->gpus[vm->gpu_index].mixed_sizes;
    }
    for (uint32_t i = 0; i < s->gpu_count; i++) {
        const struct gpu_entry *gpu = &s->gpus[i];
        if (gpu->mixed_sizes &&
            (!gpu->card || catalogue_vgpu_fits(gpu->card, vm->profile.vgpu))) {
            return true;
        }
    }
    return false;
}

/* A place is of a GPU with mixed sizes. */
static void check_placement_ids(struct check *check)
{
    const struct scenario *s = check->scenario;
    uint64_t looks = 0;

    for (uint32_t i = 0; i < s->vm_count && check->errors->count < SCENARIO_ERRORS_MAX; i++) {
        const struct vm_entry *vm = &s->vms[i];
        if (vm->placement_id == UINT32_MAX || !vm->profile.vgpu) {
            continue;
        }
        looks += vm->gpu_index == UINT32_MAX ? s->gpu_count : 1;
        if (looks > LOOKS_MAX) {
            check_refuse(check, vm->place,
                         "vms[%u] has a placement_id, as too many VMs for so many GPUs; name "
                         "each VM's gpu",
                         i);
            return;
        }
        if (!has_mixed(s, vm)) {
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
    const struct sizes *sizes = find_sizes(check);

    for (uint32_t i = 0; i < s->gpu_count; i++) {
        size_t before = check_enter(check, "gpus");
        (void)check_enter_item(check, i);
        finish_gpu(check, (struct gpu_entry *)&s->gpus[i], &sizes[i]);
        check_leave(check, before);
    }
    check_placement_ids(check);
}
