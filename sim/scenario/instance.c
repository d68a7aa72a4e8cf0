/* instance.c - `mig:` of a GPU: its instances, and where each of them lies. */
#include "catalogue/geometry.h"
#include "scenario/language.h"

#include <string.h>

enum { MIG_INSTANCES_MAX = 64 };

/* Of creating or destroying an instance; nobody measured it. */
#define ASSUMED_CREATION (500 * MSEC)

/* An item of the list while it is read. */
struct draft {
    const struct gpu_entry *gpu;
    struct mig_entry *entry;
    uint32_t start; /* UINT32_MAX: not given. */
    uint32_t count;
    nsec from_ns;
    nsec until_ns;
};

/* The list, counts written out. */
struct drafts {
    struct mig_entry entries[MIG_INSTANCES_MAX];
    uint32_t items[MIG_INSTANCES_MAX]; /* Which item of the list each comes from. */
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

static void read_profile(struct check *check, const struct node *node, void *target)
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

static void read_name(struct check *check, const struct node *node, void *target)
{
    if (check_name(check, node)) {
        ((struct draft *)target)->entry->name = node->text;
    }
}

static void read_sharing(struct check *check, const struct node *node, void *target)
{
    struct mig_entry *entry = ((struct draft *)target)->entry;

    sharing_read(check, node, &entry->device, node->place, &entry->sharing);
    if (entry->sharing.mode == SHARING_MPS && entry->sharing.replicas > 0) {
        check_refuse(check, node_find(node, "replicas")->place,
                     "%s.replicas: the device plug-in offers no MPS on MIG instances; say each "
                     "VM's share instead",
                     check_subject(check));
    }
}

/* clang-format off */
static const struct field fields[] = {
    { .name = "start", .kind = FIELD_COUNT, .offset = offsetof(struct draft, start),
      .min = 0, .max = MIG_AXIS_MAX, .word = "auto", .word_value = UINT32_MAX,
      .fallback = UINT32_MAX,
      .doc = "Slice at which it begins; auto: the highest that leaves room for the others." },
    { .name = "count", .kind = FIELD_COUNT, .offset = offsetof(struct draft, count),
      .min = 1, .max = MIG_INSTANCES_MAX, .fallback = 1,
      .doc = "So many instances of this kind." },
    { .name = "from", .kind = FIELD_TIME, .guess = "s",
      .offset = offsetof(struct draft, from_ns),
      .min = 0, .max = RUN_LENGTH_MAX,
      .doc = "When it is to be created; those of 0s are there from the start." },
    { .name = "until", .kind = FIELD_TIME, .guess = "s",
      .offset = offsetof(struct draft, until_ns),
      .min = 1, .max = RUN_LENGTH_MAX, .word = "end", .word_value = NSEC_MAX,
      .fallback = NSEC_MAX,
      .doc = "When it is to be destroyed, once its VMs have left; end: never." },
};
static const struct member members[] = {
    { .name = "name", .form = FORM_NAME, .read = read_name, .absent = "its number in the list",
      .doc = "For VMs that ask for it; those that share a name are name0, name1, ..." },
    { .name = "profile", .form = FORM_NAME, .required = true, .read = read_profile,
      .doc = "As the vendor writes it: 1g.10gb." },
    { .name = "sharing", .form = FORM_MAP, .shape = &sharing_shape, .read = read_sharing,
      .absent = "all defaults", .doc = "How its VMs share it." },
};
/* clang-format on */

const struct shape instance_shape = {
    .title = "A MIG instance",
    .doc = "A part of a GPU with SMs and memory of its own.",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

/* Reads one item; how many instances it stands for. */
static uint32_t read_item(struct check *check, const struct node *node,
                          const struct gpu_entry *gpu, struct mig_entry *entry)
{
    struct draft draft = { .gpu = gpu, .entry = entry, .count = 1, .start = UINT32_MAX };

    entry->place = node->place;
    entry->device = gpu->device;
    (void)shape_read(check, node, &instance_shape, &draft);
    if (!node_find(node, "sharing")) {
        sharing_read(check, NULL, &entry->device, node->place, &entry->sharing);
    }
    if (draft.start != UINT32_MAX && draft.count > 1) {
        check_refuse(check, node->place,
                     "%s has a start and a count of %u; each instance has "
                     "its own start",
                     check_subject(check), draft.count);
        draft.start = UINT32_MAX;
    }
    if (draft.until_ns <= draft.from_ns) {
        const struct node *until = node_find(node, "until");
        check_refuse(check, until ? until->place : node->place,
                     "%s must be given up after it is asked for", check_subject(check));
    }
    entry->from_ns = draft.from_ns;
    entry->until_ns = draft.until_ns;
    entry->start = draft.start == UINT32_MAX ? MIG_START_ANY : (int32_t)draft.start;
    return draft.count;
}

/* ------------------------------------------------------------------------------- names */

/* Instances of one name are numbered. */
static const char *label_of(struct check *check, const struct drafts *drafts, uint32_t at)
{
    const char *name = drafts->entries[at].name;
    uint32_t before = 0;
    uint32_t all = 0;

    if (!name) {
        return arena_format(check->arena, "%u", at);
    }
    for (uint32_t i = 0; i < drafts->count; i++) {
        bool same = drafts->entries[i].name && strcmp(drafts->entries[i].name, name) == 0;
        all += same;
        before += same && i < at;
    }
    return all == 1 ? name : arena_format(check->arena, "%s%u", name, before);
}

static void set_labels(struct check *check, struct drafts *drafts)
{
    for (uint32_t i = 0; i < drafts->count; i++) {
        drafts->entries[i].label = label_of(check, drafts, i);
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(drafts->entries[i].label, drafts->entries[k].label) == 0) {
                check_refuse(check, drafts->entries[i].place,
                             "%s has two instances that are called '%s' when counts and "
                             "numbers are written out; the other is in line %u",
                             check_subject(check), drafts->entries[i].label,
                             drafts->entries[k].place.line);
                return;
            }
        }
    }
}

/* ------------------------------------------------------------------------ who may use it */

static bool has_name(const struct mig_entry *entry, const char *name)
{
    return strcmp(entry->label, name) == 0 || (entry->name && strcmp(entry->name, name) == 0);
}

/* MIG-backed vGPU types: those of as many slices whose framebuffer it has. The vendor calls
   4.75 GiB 5 GB, so a tenth less is enough. */
static bool backs(const struct mig_entry *instance, const struct vgpu_type *type)
{
    return type->backing != VGPU_TIME_SLICED &&
           type->mig_slices == instance->mig_profile->compute_slices &&
           type->framebuffer_bytes / 10 * 9 <= instance->device.memory_bytes;
}

bool instance_takes(const struct mig_entry *instance, const struct vm_entry *vm)
{
    if (vm->instance && !has_name(instance, vm->instance)) {
        return false;
    }
    if (!vm->profile.is_mig) {
        return !vm->profile.name;
    }
    if (vm->profile.compute_slices > 0) {
        return compute_instance_suits(instance, vm);
    }
    return vm->profile.vgpu ? backs(instance, vm->profile.vgpu)
                            : strcmp(instance->mig_profile->name, vm->profile.name) == 0;
}

/* ------------------------------------------------------------------------------ places */

/* Some of the instances, and how each is asked for. */
struct places {
    struct mig_request requests[MIG_INSTANCES_MAX];
    uint32_t numbers[MIG_INSTANCES_MAX]; /* Of drafts->entries. */
    uint32_t count;
};

static void add_place(struct places *places, const struct drafts *drafts, uint32_t number)
{
    const struct mig_entry *entry = &drafts->entries[number];

    places->requests[places->count] = (struct mig_request){ entry->mig_profile, entry->start };
    places->numbers[places->count++] = number;
}

/* Finds places on an empty GPU, or says why there are none. Whether there are. */
static bool find_places(struct check *check, const struct node *node, const struct mig_set *set,
                        const struct drafts *drafts, struct places *places)
{
    uint32_t at;
    struct err err;

    if (mig_place(set, places->requests, places->count, &at, &err) == 0) {
        return true;
    }
    uint32_t number = drafts->items[places->numbers[at]];
    const struct node *item = node->items[number];
    const struct node *start = node_find(item, "start");
    size_t before = check_enter_item(check, number);
    check_refuse(check, start ? start->place : item->place, "%s: %s", check_subject(check),
                 err.text);
    check_leave(check, before);
    return false;
}

/* Places all instances that are there from the start, and makes sure that each of the others
   fits an empty GPU. */
static void place_all(struct check *check, const struct node *node, struct gpu_entry *gpu,
                      struct drafts *drafts)
{
    struct places first = { .count = 0 };
    struct mig_set *set = arena_take(check->arena, 1, sizeof(*set));

    for (uint32_t i = 0; i < drafts->count; i++) {
        if (!drafts->entries[i].mig_profile) {
            return; /* Refused already. */
        }
    }
    mig_set_init(set, check->catalogue, gpu->catalogue);
    gpu->mig_set = set;
    for (uint32_t i = 0; i < drafts->count; i++) {
        struct places alone = { .count = 0 };
        bool is_first = drafts->entries[i].from_ns == 0;
        add_place(is_first ? &first : &alone, drafts, i);
        if (!is_first && !find_places(check, node, set, drafts, &alone)) {
            return;
        }
    }
    if (!find_places(check, node, set, drafts, &first)) {
        return;
    }
    for (uint32_t i = 0; i < first.count; i++) {
        drafts->entries[first.numbers[i]].start = first.requests[i].start;
    }
}

/* --------------------------------------------------------------------------- the list */

/* Reads the items. Whether they are few enough. */
static bool read_items(struct check *check, const struct node *node,
                       const struct gpu_entry *gpu, struct drafts *drafts)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct mig_entry entry = { 0 };
        size_t before = check_enter_item(check, i);
        uint32_t copies = read_item(check, node->items[i], gpu, &entry);
        check_leave(check, before);
        if (drafts->count + copies > MIG_INSTANCES_MAX) {
            check_refuse(check, node->items[i]->place, "%s has more than %d instances",
                         check_subject(check), MIG_INSTANCES_MAX);
            return false;
        }
        for (; copies > 0; copies--) {
            drafts->entries[drafts->count] = entry;
            drafts->items[drafts->count++] = i;
        }
    }
    return true;
}

void instances_read(struct check *check, const struct node *node, void *target)
{
    struct gpu_entry *gpu = target;
    struct drafts drafts = { .count = 0 };

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
    if (!read_items(check, node, gpu, &drafts)) {
        return;
    }
    set_labels(check, &drafts);
    place_all(check, node, gpu, &drafts);
    struct mig_entry *mig = arena_take(check->arena, drafts.count, sizeof(*mig));
    memcpy(mig, drafts.entries, drafts.count * sizeof(*mig));
    gpu->mig = mig;
    gpu->mig_count = drafts.count;
}

/* ------------------------------------------------------------------------ repartitioning */

static const char *const admission_words[] = { "refuse", "queue", NULL };

/* clang-format off */
static const struct field repartition_fields[] = {
    { .name = "create", .kind = FIELD_TIME, .offset = offsetof(struct repartition, create_ns),
      .min = 0, .max = HOUR, .fallback = ASSUMED_CREATION,
      .doc = "How long the creation of an instance takes; the default is an assumption." },
    { .name = "destroy", .kind = FIELD_TIME, .offset = offsetof(struct repartition, destroy_ns),
      .min = 0, .max = HOUR, .fallback = ASSUMED_CREATION,
      .doc = "How long its destruction takes; the default is an assumption." },
    { .name = "drain", .kind = FIELD_TIME, .offset = offsetof(struct repartition, drain_ns),
      .min = 0, .max = RUN_LENGTH_MAX, .word = "no_limit", .word_value = NSEC_MAX,
      .fallback = NSEC_MAX,
      .doc = "How long a VM may stay in an instance given up until it is evicted." },
    { .name = "admission", .kind = FIELD_CHOICE,
      .offset = offsetof(struct repartition, admission), .choices = admission_words,
      .fallback = ADMISSION_REFUSE,
      .doc = "An instance for which there is no room is refused, or waits in a queue." },
};
/* clang-format on */

const struct shape repartition_shape = {
    .title = "Repartitioning",
    .doc = "What creating and destroying MIG instances during a run takes.",
    .fields = repartition_fields,
    .field_count = ARRAY_LEN(repartition_fields),
};

void repartition_read(struct check *check, const struct node *node, void *target)
{
    struct gpu_entry *gpu = target;

    (void)shape_read(check, node, &repartition_shape, &gpu->repartition);
    gpu->repartition.is_assumed = !node_find(node, "create") || !node_find(node, "destroy");
}

void repartition_default(struct repartition *ret)
{
    *ret = (struct repartition){
        .create_ns = ASSUMED_CREATION,
        .destroy_ns = ASSUMED_CREATION,
        .drain_ns = NSEC_MAX,
        .admission = ADMISSION_REFUSE,
        .is_assumed = true,
    };
}
