#include "scenario/language.h"

#include <string.h>

enum { GPU_COUNT_MAX = 1000000, MIG_INSTANCES_MAX = 64 };

/* ----------------------------------------------------------------------- MIG instances */

/* An instance while it is read. */
struct draft {
    const struct gpu_entry *gpu;
    struct mig_entry *entry;
    uint32_t start; /* UINT32_MAX: not given. */
    uint32_t count;
};

/* The profile and what an instance of it has. 0, or -1 with *err. */
static int find_profile(struct check *check, const struct gpu_entry *gpu, const char *name,
                        struct mig_entry *entry, struct err *err)
{
    /* What the scenario says of the device itself goes into its instances. */
    struct catalogue_device own = *gpu->catalogue;
    const struct mig_profile *profile;

    own.device = gpu->device;
    if (catalogue_mig_profile(check->catalogue, gpu->catalogue, name, &profile, err) ||
        catalogue_mig_device(check->catalogue, &own, profile, &entry->device, err)) {
        return -1;
    }
    entry->mig_profile = profile;
    return 0;
}

static void read_instance_profile(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;
    struct err err;

    if (!check_text(check, node)) {
        return;
    }
    draft->entry->profile = node->text;
    /* A device that is not of the catalogue is refused once, for the whole list. */
    if (draft->gpu->catalogue &&
        find_profile(check, draft->gpu, node->text, draft->entry, &err)) {
        check_refuse(check, node->place, "%s: %s", check_subject(check), err.text);
    }
}

static void read_instance_sharing(struct check *check, const struct node *node, void *target)
{
    struct mig_entry *entry = ((struct draft *)target)->entry;

    sharing_read(check, node, &entry->device, node->place, &entry->sharing);
}

/* clang-format off */
static const struct field instance_fields[] = {
    { .name = "start", .kind = FIELD_COUNT, .offset = offsetof(struct draft, start),
      .min = 0, .max = MIG_AXIS_MAX, .word = "auto", .word_value = UINT32_MAX,
      .fallback = UINT32_MAX,
      .doc = "Slice at which it begins; auto: the simulator finds a place." },
    { .name = "count", .kind = FIELD_COUNT, .offset = offsetof(struct draft, count),
      .min = 1, .max = MIG_INSTANCES_MAX, .fallback = 1,
      .doc = "So many instances of this kind." },
};
static const struct member instance_members[] = {
    { .name = "profile", .form = FORM_NAME, .required = true, .read = read_instance_profile,
      .doc = "As the vendor writes it: 1g.10gb." },
    { .name = "sharing", .form = FORM_MAP, .shape = &sharing_shape,
      .read = read_instance_sharing, .absent = "all defaults",
      .doc = "How its VMs share it." },
};
/* clang-format on */

const struct shape instance_shape = {
    .title = "A MIG instance",
    .doc = "A part of a GPU with SMs and memory of its own.",
    .fields = instance_fields,
    .field_count = ARRAY_LEN(instance_fields),
    .members = instance_members,
    .member_count = ARRAY_LEN(instance_members),
};

static void check_start(struct check *check, const struct node *node, const struct draft *draft)
{
    const struct mig_profile *profile = draft->entry->mig_profile;
    struct text text;

    if (draft->start == UINT32_MAX || !profile) {
        return;
    }
    if (draft->count > 1) {
        check_refuse(check, node->place,
                     "%s has a start and a count of %u; each instance has "
                     "its own start",
                     check_subject(check), draft->count);
        return;
    }
    text_init(&text);
    for (uint32_t i = 0; i < profile->start_count; i++) {
        if (profile->starts[i] == draft->start) {
            text_fini(&text);
            return;
        }
        text_printf(&text, "%s%u", i > 0 ? ", " : "", profile->starts[i]);
    }
    check_refuse(check, node_find(node, "start")->place, "%s.start is %u; %s may start at %s",
                 check_subject(check), draft->start, profile->name, text.bytes);
    text_fini(&text);
}

/* Reads one item; how many instances it stands for. */
static uint32_t read_instance(struct check *check, const struct node *node,
                              const struct gpu_entry *gpu, struct mig_entry *entry)
{
    struct draft draft = { .gpu = gpu, .entry = entry, .count = 1, .start = UINT32_MAX };

    entry->place = node->place;
    entry->device = gpu->device;
    (void)shape_read(check, node, &instance_shape, &draft);
    if (!node_find(node, "sharing")) {
        sharing_read(check, NULL, &entry->device, node->place, &entry->sharing);
    }
    check_start(check, node, &draft);
    entry->start = draft.start == UINT32_MAX ? -1 : (int32_t)draft.start;
    return draft.count;
}

static void read_mig(struct check *check, const struct node *node, void *target)
{
    struct gpu_entry *gpu = target;
    struct mig_entry entries[MIG_INSTANCES_MAX];
    uint32_t count = 0;

    if (node->kind != NODE_LIST || node->count == 0 || node->count > MIG_INSTANCES_MAX) {
        check_refuse_value(check, node, "it must be a list of 1 to %d instances",
                           MIG_INSTANCES_MAX);
        return;
    }
    if (!gpu->catalogue) {
        check_refuse(check, node->place,
                     "%s needs a device of the catalogue, by name or as 'base'",
                     check_subject(check));
    }
    for (uint32_t i = 0; i < node->count; i++) {
        struct mig_entry entry = { 0 };
        size_t before = check_enter_item(check, i);
        uint32_t copies = read_instance(check, node->items[i], gpu, &entry);
        check_leave(check, before);
        if (count + copies > MIG_INSTANCES_MAX) {
            check_refuse(check, node->items[i]->place, "%s has more than %d instances",
                         check_subject(check), MIG_INSTANCES_MAX);
            return;
        }
        while (copies-- > 0) {
            entries[count++] = entry;
        }
    }
    struct mig_entry *mig = arena_take(check->arena, count, sizeof(*mig));
    memcpy(mig, entries, count * sizeof(*mig));
    gpu->mig = mig;
    gpu->mig_count = count;
}

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
};
static const struct member members[] = {
    { .name = "name", .form = FORM_NAME, .required = true, .read = read_name,
      .doc = "Unique among the GPUs." },
    { .name = "device", .form = FORM_DEVICE, .required = true, .shape = &device_shape,
      .read = read_device, .doc = "The kind of GPU: a name of the catalogue, or a mapping." },
    { .name = "sharing", .form = FORM_MAP, .shape = &sharing_shape, .read = read_sharing,
      .absent = "all defaults", .doc = "How its VMs share it." },
    { .name = "mig", .form = FORM_LIST, .shape = &instance_shape, .read = read_mig,
      .absent = "the GPU is whole", .doc = "MIG instances, instead of sharing." },
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
    (void)shape_read(check, node, &gpu_shape, gpu);
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

/* What VMs that may go to any GPU want to know, once for all of them. */
static void look_around(struct check *check)
{
    const struct scenario *s = check->scenario;

    check->copy_bandwidth_bytes = gpu_copy_bandwidth(&s->gpus[0]);
    for (uint32_t i = 0; i < s->gpu_count; i++) {
        check->any_mps = check->any_mps || gpu_has_mps(&s->gpus[i]);
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
