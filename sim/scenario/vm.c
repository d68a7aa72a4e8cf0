#include "scenario/language.h"

#include <string.h>

enum { WORKLOADS_MAX = 256, MATCHES_MAX = 1000000 };

/* --------------------------------------------------------------------------- workloads */

static const char *workload_name(struct check *check, uint32_t index)
{
    return index == 0 ? "work" : arena_format(check->arena, "work%u", index);
}

static void check_workload_name(struct check *check, const struct workload_entry *entries,
                                uint32_t index)
{
    const char *name = entries[index].workload.name;

    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(entries[i].workload.name, name) == 0) {
            check_refuse(check, entries[index].place,
                         "a second workload called '%s'; first in line %u", name,
                         entries[i].place.line);
            return;
        }
    }
}

static void read_workloads(struct check *check, const struct node *node, void *target)
{
    struct vm_entry *vm = target;

    if (!check_list(check, node)) {
        return;
    }
    if (node->count > WORKLOADS_MAX) {
        check_refuse(check, node->place, "%s has %u items; a VM has at most %d workloads",
                     check_subject(check), node->count, WORKLOADS_MAX);
        return;
    }
    struct workload_entry *entries = arena_take(check->arena, node->count, sizeof(*entries));
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter_item(check, i);
        workload_read(check, node->items[i], &entries[i]);
        if (!entries[i].workload.name) {
            entries[i].workload.name = workload_name(check, i);
        }
        check_workload_name(check, entries, i);
        check_leave(check, before);
    }
    vm->workloads = entries;
    vm->workload_count = node->count;
}

/* --------------------------------------------------------------------------- the shape */

static void read_name(struct check *check, const struct node *node, void *target)
{
    if (check_name(check, node)) {
        ((struct vm_entry *)target)->name = node->text;
    }
}

/* clang-format off */
static const struct field fields[] = {
    { .name = "count", .kind = FIELD_COUNT, .offset = offsetof(struct vm_entry, count),
      .min = 1, .max = SCENARIO_VMS_MAX, .fallback = 1,
      .doc = "So many VMs; above 1 they are called name0, name1, ..." },
    { .name = "per_gpu", .kind = FIELD_COUNT, .offset = offsetof(struct vm_entry, per_gpu),
      .min = 1, .max = SCENARIO_VMS_MAX, .absent = "count says how many",
      .doc = "So many VMs on each GPU, instead of count: name0@gpu0, name1@gpu0, ..." },
    { .name = "gpu", .kind = FIELD_TEXT, .offset = offsetof(struct vm_entry, gpu),
      .absent = "the placement decides", .doc = "Name of an entry of gpus." },
    { .name = "instance", .kind = FIELD_TEXT, .offset = offsetof(struct vm_entry, instance),
      .absent = "any that it fits",
      .doc = "MIG instance of its GPU: a name of one, or its number in the list." },
    { .name = "profile", .kind = FIELD_TEXT, .offset = offsetof(struct vm_entry, profile.name),
      .absent = "none",
      .doc = "vGPU type, as L40S-8Q, MIG profile, as 1g.10gb, or compute instance, as "
             "1c.3g.40gb." },
    { .name = "memory", .kind = FIELD_BYTES, .offset = offsetof(struct vm_entry, memory_bytes),
      .min = 1, .max = 100 * TIB, .word = "none", .absent = "the profile's, else none",
      .doc = "GPU memory that the VM reserves, where it has no profile." },
    { .name = "share", .kind = FIELD_SHARE, .offset = offsetof(struct vm_entry, share_ppm),
      .min = 1, .max = PPM, .fallback = PPM,
      .doc = "Under mps: the part of the SMs that it may use." },
    { .name = "weight", .kind = FIELD_COUNT, .offset = offsetof(struct vm_entry, weight),
      .min = VM_WEIGHT_MIN, .max = VM_WEIGHT_MAX, .fallback = VM_WEIGHT_ONE,
      .doc = "Share of GPU time relative to the other VMs; 100 is one ordinary share." },
    { .name = "priority", .kind = FIELD_COUNT, .offset = offsetof(struct vm_entry, priority),
      .min = 0, .max = VM_PRIORITY_MAX, .fallback = UINT32_MAX,
      .absent = "the weight, at most 255", .doc = "Higher goes first." },
    { .name = "placement_id", .kind = FIELD_COUNT,
      .offset = offsetof(struct vm_entry, placement_id), .min = 0, .max = 1023,
      .word = "auto", .word_value = UINT32_MAX, .fallback = UINT32_MAX,
      .doc = "Where its vGPU lies on a GPU with mixed sizes; auto: the lowest place that is "
             "free." },
    { .name = "frame_limiter", .kind = FIELD_BOOL,
      .offset = offsetof(struct vm_entry, frame_limiter), .fallback = 1,
      .doc = "Whether the vGPU's frame-rate limiter is on; it acts under best_effort only." },
    { .name = "frame_limit", .kind = FIELD_RATE,
      .offset = offsetof(struct vm_entry, frame_limit), .min = PPM, .max = 1000 * PPM,
      .word = "type", .word_value = 0, .fallback = 0,
      .doc = "Frames that the limiter allows, as 45/s; type: what the vGPU type says." },
    { .name = "licensed", .kind = FIELD_BOOL, .offset = offsetof(struct vm_entry, licensed),
      .fallback = 1,
      .doc = "Whether the vGPU has its licence: without, its frames are cut to 15/s after 20 "
             "minutes and to 3/s after a day." },
    { .name = "start", .kind = FIELD_TIME, .guess = "s",
      .offset = offsetof(struct vm_entry, start_ns),
      .min = 0, .max = RUN_LENGTH_MAX,
      .doc = "When it arrives." },
    { .name = "stop", .kind = FIELD_TIME, .guess = "s",
      .offset = offsetof(struct vm_entry, stop_ns),
      .min = 1, .max = RUN_LENGTH_MAX, .word = "end", .word_value = NSEC_MAX,
      .fallback = NSEC_MAX, .doc = "When it leaves; end: not before the end of the run." },
};
static const struct member members[] = {
    { .name = "name", .form = FORM_NAME, .required = true, .read = read_name,
      .doc = "Unique among the VMs." },
    { .name = "schedule", .form = FORM_MAP, .shape = &schedule_shape, .read = schedule_read,
      .absent = "all defaults", .doc = "What the policy may want to know of it." },
    { .name = "limiter", .form = FORM_LIMITER, .read = limiter_read, .absent = "none",
      .doc = "What holds it back from within, beneath the policy of the compute engine." },
    { .name = "workloads", .form = FORM_LIST, .shape = &workload_shape,
      .read = read_workloads, .absent = "none: an idle VM", .doc = "Its streams of jobs." },
};
/* clang-format on */

const struct shape vm_shape = {
    .title = "A VM",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

/* ------------------------------------------------------------------ what it may run on */

static void find_gpu(struct check *check, const struct node *node, struct vm_entry *vm)
{
    vm->gpu_index = UINT32_MAX;
    if (!vm->gpu) {
        return;
    }
    vm->gpu_index = names_find(&check->gpu_names, vm->gpu);
    if (vm->gpu_index == NAME_NONE) {
        size_t before = check_enter(check, "gpu");
        names_refuse(check, node_find(node, "gpu"), "gpus", &check->gpu_names);
        check_leave(check, before);
    }
}

/* Writes `per_gpu` out as a count. */
static void count_per_gpu(struct check *check, const struct node *node, struct vm_entry *vm)
{
    const struct node *per_gpu = node_find(node, "per_gpu");
    const struct node *count = node_find(node, "count");

    if (!per_gpu || vm->per_gpu == 0) {
        return;
    }
    if (count) {
        check_refuse(check, count->place, "%s has both 'count' and 'per_gpu'; give one of them",
                     check_subject(check));
        return;
    }
    uint64_t sum = vm->per_gpu * gpus_of(check->scenario, vm->gpu_index);
    if (sum > SCENARIO_VMS_MAX) {
        size_t before = check_enter(check, "per_gpu");
        check_refuse_value(check, per_gpu,
                           "on %llu GPUs these are %llu VMs; a scenario has "
                           "at most %d",
                           (unsigned long long)(sum / vm->per_gpu), (unsigned long long)sum,
                           SCENARIO_VMS_MAX);
        check_leave(check, before);
        return;
    }
    vm->count = (uint32_t)sum;
}

/* Takes the profile from a GPU that is cut into instances. 0, or -1 with *err. */
static int use_instance(struct check *check, struct vm_entry *vm, const struct gpu_entry *gpu,
                        struct err *err)
{
    const struct vgpu_type *type = NULL;
    struct vm_entry own = *vm;

    if (compute_instance_is_name(vm->profile.name)) {
        return compute_instance_use(gpu, vm, err);
    }
    if (!mig_is_profile_name(vm->profile.name)) {
        if (catalogue_vgpu_type(check->catalogue, gpu->card, vm->profile.name, &type, err)) {
            return -1;
        }
        own.profile.name = type->profile;
    }
    own.profile.is_mig = true;
    own.profile.vgpu = type;
    for (uint32_t i = 0; i < gpu->mig_count; i++) {
        if (!instance_takes(&gpu->mig[i], &own)) {
            continue;
        }
        own.profile.mig = gpu->mig[i].mig_profile;
        own.profile.vms_max =
            type ? catalogue_vms_max(gpu->card, type) : gpu->mig[i].mig_profile->instances_max;
        own.memory_bytes = type ? type->framebuffer_bytes : gpu->mig[i].device.memory_bytes;
        *vm = own;
        return 0;
    }
    return err_set(err, ERR_SCENARIO, "gpu '%.64s' has no MIG instance for it", gpu->name);
}

/* Takes the profile from a whole GPU. 0, or -1 with *err. */
static int use_whole(struct check *check, struct vm_entry *vm, const struct gpu_entry *gpu,
                     struct err *err)
{
    const struct vgpu_type *type;

    if (mig_is_profile_name(vm->profile.name) || compute_instance_is_name(vm->profile.name)) {
        return err_set(err, ERR_SCENARIO,
                       "that is a MIG profile, and gpu '%.64s' has no 'mig' list", gpu->name);
    }
    if (catalogue_vgpu_type(check->catalogue, gpu->card, vm->profile.name, &type, err)) {
        return -1;
    }
    if (type->backing != VGPU_TIME_SLICED) {
        return err_set(err, ERR_SCENARIO,
                       "it needs a MIG instance, and gpu '%.64s' is not cut into any",
                       gpu->name);
    }
    vm->profile.vgpu = type;
    vm->profile.name = type->profile;
    vm->profile.vms_max = gpu->card ? catalogue_vms_max(gpu->card, type) : type->vms_max;
    vm->profile.sharers_max = type->vms_max;
    vm->memory_bytes = type->framebuffer_bytes;
    return 0;
}

static void find_profile(struct check *check, const struct node *node, struct vm_entry *vm)
{
    const struct scenario *s = check->scenario;
    const struct node *profile = node_find(node, "profile");
    struct err err = { .text = "no GPU has it" };

    if (!profile || !vm->profile.name) {
        return;
    }
    if (node_find(node, "memory")) {
        check_refuse(check, node_find(node, "memory")->place,
                     "%s has both 'profile' and 'memory'; a profile says its memory",
                     check_subject(check));
        return;
    }
    if (node_find(node, "share") && compute_instance_is_name(vm->profile.name)) {
        check_refuse(check, node_find(node, "share")->place,
                     "%s has a share and a compute instance, which says its SMs",
                     check_subject(check));
        return;
    }
    bool is_free = vm->gpu_index == UINT32_MAX;
    uint32_t first = is_free ? 0 : vm->gpu_index;
    uint32_t end = is_free ? s->gpu_count : vm->gpu_index + 1;
    for (uint32_t i = first; i < end && check_is_open(check, profile->place); i++) {
        const struct gpu_entry *gpu = &s->gpus[i];
        if (++check->match_count > MATCHES_MAX) {
            (void)err_set(&err, ERR_SCENARIO,
                          "too many GPUs were tried for too many VMs; name each VM's gpu");
            break;
        }
        if ((gpu->mig_count > 0 ? use_instance(check, vm, gpu, &err)
                                : use_whole(check, vm, gpu, &err)) == 0) {
            return;
        }
    }
    size_t before = check_enter(check, "profile");
    check_refuse_value(check, profile, "%s", err.text);
    check_leave(check, before);
}

/* Under mps there are no turns that a VM could be held back from. */
static void check_limiter(struct check *check, const struct node *node,
                          const struct vm_entry *vm)
{
    const struct node *limiter = node_find(node, "limiter");

    if (limiter && reach_of(check->scenario, vm, &check->anywhere).any_mps) {
        check_refuse(check, limiter->place,
                     "%s.limiter is for GPUs that are shared by time; under mode: mps 'share' "
                     "says what the VM may use",
                     check_subject(check));
    }
}

/* --------------------------------------------------------------------- copies in bytes */

static void time_copies(struct check *check, const struct vm_entry *vm,
                        struct workload_entry *entry)
{
    const struct workload *workload = &entry->workload;
    int64_t bandwidth = vm->gpu_index == UINT32_MAX
                            ? check->copy_bandwidth_bytes
                            : gpu_copy_bandwidth(&check->scenario->gpus[vm->gpu_index]);
    struct phase *phases = NULL;

    for (uint32_t i = 0; i < workload->phase_count; i++) {
        if (!entry->demands[i].in_bytes) {
            continue;
        }
        if (bandwidth == 0) {
            check_refuse(check, entry->place,
                         "%s copies bytes, which needs one 'copy_bandwidth' on all GPUs that "
                         "the VM may use; give the copies as times, or name its gpu",
                         check_subject(check));
            return;
        }
        if (!phases) {
            phases = arena_take(check->arena, workload->phase_count, sizeof(*phases));
            memcpy(phases, workload->phases, workload->phase_count * sizeof(*phases));
        }
        phases[i].demand = amount_scaled(check->arena, &entry->demands[i].amount,
                                         (double)SEC / (double)bandwidth);
    }
    if (phases) {
        entry->workload.phases = phases;
    }
}

/* ---------------------------------------------------------------------------- the list */

static void read_vm(struct check *check, const struct node *node, struct vm_entry *vm)
{
    uint32_t errors = check->errors->count;

    vm->place = node->place;
    vm->name = "";
    vm->schedule.maximum_ppm = PPM;
    (void)shape_read(check, node, &vm_shape, vm);
    if (node->kind != NODE_MAP) {
        return;
    }
    if (vm->priority == UINT32_MAX) {
        vm->priority = vm->weight < VM_PRIORITY_MAX ? vm->weight : VM_PRIORITY_MAX;
    }
    if (vm->stop_ns <= vm->start_ns) {
        check_refuse(check,
                     node_find(node, "stop") ? node_find(node, "stop")->place : node->place,
                     "%s must stop after it starts", check_subject(check));
    }
    if (check->has_gpus) {
        find_gpu(check, node, vm);
    }
    if (!check->has_gpus || (vm->gpu && vm->gpu_index == UINT32_MAX)) {
        return; /* What depends on the GPUs would only add confusion. */
    }
    count_per_gpu(check, node, vm);
    reach_check(check, node, vm);
    check_limiter(check, node, vm);
    find_profile(check, node, vm);
    vgpu_check_keys(check, node, vm);
    if (check->errors->count != errors) {
        return;
    }
    struct workload_entry *entries = (struct workload_entry *)vm->workloads;
    for (uint32_t i = 0; i < vm->workload_count; i++) {
        size_t before = check_enter(check, "workloads");
        (void)check_enter_item(check, i);
        time_copies(check, vm, &entries[i]);
        check_leave(check, before);
    }
}

void vms_read(struct check *check, const struct node *node, void *scenario)
{
    struct scenario *s = scenario;
    uint64_t sum = 0;

    if (!check_list(check, node)) {
        return;
    }
    if (node->count == 0) {
        check_refuse(check, node->place, "%s is empty; a scenario has at least one VM",
                     check_subject(check));
        return;
    }
    struct vm_entry *vms = arena_take(check->arena, node->count, sizeof(*vms));
    struct counted_name *names = arena_take(check->arena, node->count, sizeof(*names));
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter_item(check, i);
        read_vm(check, node->items[i], &vms[i]);
        check_leave(check, before);
        /* Of a VM per GPU, the name ends in that of the GPU. */
        names[i] = (struct counted_name){ vms[i].name,
                                          vms[i].per_gpu > 0 ? vms[i].per_gpu : vms[i].count,
                                          node->items[i]->place };
        sum += vms[i].count;
    }
    s->vms = vms;
    s->vm_count = node->count;
    if (sum > SCENARIO_VMS_MAX) {
        check_refuse(check, node->place, "%s has more than %d VMs, counts written out",
                     check_subject(check), SCENARIO_VMS_MAX);
        return;
    }
    names_init(check, "VM", names, node->count, &check->vm_names);
}
