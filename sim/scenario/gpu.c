#include "scenario/language.h"

#include <string.h>

enum { GPU_COUNT_MAX = 1000000 };

/* -------------------------------------------------------------------------------- GPUs */

static void read_name(struct check *check, const struct node *node, void *target)
{
    if (check_name(check, node)) {
        ((struct gpu_entry *)target)->name = node->text;
    }
}

static void read_device(struct check *check, const struct node *node, void *target)
{
    device_read(check, node, target);
}

static void read_sharing(struct check *check, const struct node *node, void *target)
{
    struct gpu_entry *gpu = target;

    sharing_read(check, node, &gpu->device, node->place, &gpu->sharing);
}

/* clang-format off */
static const struct field fields[] = {
    { .name = "count", .kind = FIELD_COUNT, .offset = offsetof(struct gpu_entry, count),
      .min = 1, .max = GPU_COUNT_MAX, .fallback = 1,
      .doc = "So many GPUs; above 1 they are called name0, name1, ..." },
    { .name = "vgpu_sizes", .kind = FIELD_CHOICE,
      .offset = offsetof(struct gpu_entry, vgpu_sizes), .choices = vgpu_sizes_words,
      .fallback = VGPU_SIZES_AUTO,
      .doc = "Whether vGPUs of several sizes may be on it, each where the vendor's table has a "
             "place for its size (mixed), or of one only (one); auto: several if VMs that may "
             "go there have several, the device allows it and the policy is not fixed_share." },
};
static const struct member members[] = {
    { .name = "name", .form = FORM_NAME, .required = true, .read = read_name,
      .doc = "Unique among the GPUs." },
    { .name = "device", .form = FORM_DEVICE, .required = true, .shape = &device_shape,
      .read = read_device,
      .doc = "The kind of GPU: a name of the catalogue, the file of a device, which calibrate "
             "writes, or a mapping." },
    { .name = "unlock", .form = FORM_WORD_OR_MAP, .words = unlock_words,
      .shape = &unlock_shape, .read = unlock_read, .absent = "auto",
      .doc = "Whether the card passes for a data-centre card; auto: if it takes vGPUs only "
             "so." },
    { .name = "thermal", .form = FORM_WORD_OR_MAP, .words = thermal_words,
      .shape = &thermal_shape, .read = thermal_read, .absent = "auto",
      .doc = "How warm it gets and what that does to its clock. auto: as the catalogue has it, "
             "if it is an unlocked card that the catalogue has figures of, without mps and "
             "mig; device: the catalogue's figures; off: not looked at." },
    { .name = "faults", .form = FORM_MAP, .shape = &faults_shape, .read = faults_read,
      .absent = "none", .doc = "How often it fails." },
    { .name = "sharing", .form = FORM_MAP, .shape = &sharing_shape, .read = read_sharing,
      .absent = "all defaults", .doc = "How its VMs share it." },
    { .name = "mig", .form = FORM_LIST, .shape = &instance_shape, .read = instances_read,
      .absent = "the GPU is whole", .doc = "MIG instances, instead of sharing." },
    { .name = "repartition", .form = FORM_MAP, .shape = &repartition_shape,
      .read = repartition_read, .absent = "all defaults",
      .doc = "What it takes to create and destroy MIG instances during a run." },
};
/* clang-format on */

const struct shape gpu_shape = {
    .title = "A GPU",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

static void read_gpu(struct check *check, const struct node *node, struct gpu_entry *gpu)
{
    const struct node *sharing = node_find(node, "sharing");

    gpu->place = node->place;
    gpu->name = "";
    repartition_default(&gpu->repartition);
    (void)shape_read(check, node, &gpu_shape, gpu);
    unlock_finish(check, gpu);
    health_finish(check, node, gpu);
    if (node_find(node, "repartition") && !node_find(node, "mig")) {
        check_refuse(check, node_find(node, "repartition")->place,
                     "%s has 'repartition' but no 'mig'; only MIG instances are created and "
                     "destroyed",
                     check_subject(check));
    }
    if (!sharing) {
        sharing_read(check, NULL, &gpu->device, node->place, &gpu->sharing);
    } else if (node_find(node, "mig")) {
        check_refuse(check, sharing->place,
                     "%s has both 'sharing' and 'mig'; with mig, each instance has its own "
                     "sharing",
                     check_subject(check));
    }
}

bool gpu_has_mps(const struct gpu_entry *gpu)
{
    for (uint32_t i = 0; i < gpu->mig_count; i++) {
        if (gpu->mig[i].sharing.mode == SHARING_MPS) {
            return true;
        }
    }
    return gpu->mig_count == 0 && gpu->sharing.mode == SHARING_MPS;
}

int64_t gpu_copy_bandwidth(const struct gpu_entry *gpu)
{
    int64_t found = gpu->device.copy_bandwidth_bytes;

    for (uint32_t i = 0; i < gpu->mig_count; i++) {
        int64_t own = gpu->mig[i].device.copy_bandwidth_bytes;
        found = i == 0 || own == found ? own : 0;
    }
    return found;
}

uint64_t gpus_of(const struct scenario *scenario, uint32_t gpu_index)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        count += gpu_index == UINT32_MAX || gpu_index == i ? scenario->gpus[i].count : 0;
    }
    return count;
}

/* What VMs that may go to any GPU want to know, once for all of them. */
static void look_around(struct check *check)
{
    const struct scenario *s = check->scenario;

    check->anywhere = reach_anywhere(s);
    check->copy_bandwidth_bytes = gpu_copy_bandwidth(&s->gpus[0]);
    for (uint32_t i = 0; i < s->gpu_count; i++) {
        if (gpu_copy_bandwidth(&s->gpus[i]) != check->copy_bandwidth_bytes) {
            check->copy_bandwidth_bytes = 0;
        }
    }
}

void gpus_read(struct check *check, const struct node *node, void *scenario)
{
    struct scenario *s = scenario;

    if (!check_list(check, node)) {
        return;
    }
    if (node->count == 0) {
        check_refuse(check, node->place, "%s is empty; a scenario has at least one GPU",
                     check_subject(check));
        return;
    }
    struct gpu_entry *gpus = arena_take(check->arena, node->count, sizeof(*gpus));
    struct counted_name *names = arena_take(check->arena, node->count, sizeof(*names));
    uint64_t sum = 0;
    uint32_t errors = check->errors->count;
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter_item(check, i);
        read_gpu(check, node->items[i], &gpus[i]);
        check_leave(check, before);
        names[i] = (struct counted_name){ gpus[i].name, gpus[i].count, node->items[i]->place };
        sum += gpus[i].count;
    }
    s->gpus = gpus;
    s->gpu_count = node->count;
    if (sum > GPU_COUNT_MAX) {
        check_refuse(check, node->place, "%s has more than %d GPUs, counts written out",
                     check_subject(check), GPU_COUNT_MAX);
        return;
    }
    names_init(check, "GPU", names, node->count, &check->gpu_names);
    check->has_gpus = check->errors->count == errors;
    look_around(check);
}
