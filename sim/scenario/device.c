#include "base/nearest.h"
#include "base/quantity.h"
#include "scenario/inputs.h"
#include "scenario/language.h"
#include "scenario/record.h"

#include <string.h>

const char *const preemption_words[] = { "instruction", "block", "kernel", NULL };

/* ------------------------------------------------------------------------ switch costs */

/* clang-format off */
static const struct field switch_fields[] = {
    { .name = "preempt", .kind = FIELD_TIME, .offset = offsetof(struct switch_cost, preempt_ns),
      .min = 0, .max = SEC, .absent = "the device's, else 0.15ms",
      .doc = "Cost of a switch when the outgoing VM still has work." },
    { .name = "idle", .kind = FIELD_TIME, .offset = offsetof(struct switch_cost, idle_ns),
      .min = 0, .max = SEC, .absent = "the device's, else 0.1ms",
      .doc = "Cost of a switch when it has none." },
    { .name = "restore", .kind = FIELD_TIME, .offset = offsetof(struct switch_cost, restore_ns),
      .min = 0, .max = SEC, .absent = "the device's, else 0.03ms",
      .doc = "The part of either that falls inside the incoming VM's slice." },
};
/* clang-format on */

const struct shape switch_shape = {
    .title = "A switch cost",
    .doc = "A plain time says preempt and idle; restore is 0 then.",
    .fields = switch_fields,
    .field_count = ARRAY_LEN(switch_fields),
};

static bool read_plain_switch(struct check *check, const struct node *node,
                              struct switch_cost *ret)
{
    struct err err;
    nsec cost;

    if (quantity_read_time(node->text, &cost, &err)) {
        check_refuse_value(check, node, "%s", err.text);
        return false;
    }
    if (cost > SEC) {
        check_refuse_value(check, node, "it must be between 0s and 1s");
        return false;
    }
    *ret = (struct switch_cost){ .preempt_ns = cost, .idle_ns = cost };
    return true;
}

bool switch_read(struct check *check, const struct node *node, struct switch_cost *ret)
{
    uint32_t errors = check->errors->count;

    if (node->kind == NODE_TEXT && !node->is_empty) {
        return read_plain_switch(check, node, ret);
    }
    if (!shape_change(check, node, &switch_shape, ret) || check->errors->count != errors) {
        return false;
    }
    if (ret->restore_ns > ret->preempt_ns || ret->restore_ns > ret->idle_ns) {
        struct text text;
        text_init(&text);
        quantity_write_time(&text, ret->restore_ns);
        text_put(&text, ", preempt ");
        quantity_write_time(&text, ret->preempt_ns);
        text_put(&text, " and idle ");
        quantity_write_time(&text, ret->idle_ns);
        check_refuse(check, node->place,
                     "%s has restore %s; restore is a part of each and must not be larger",
                     check_subject(check), text.bytes);
        text_fini(&text);
        return false;
    }
    return true;
}

/* ----------------------------------------------------------------------------- devices */

static void read_switch(struct check *check, const struct node *node, void *target)
{
    struct gpu_entry *gpu = target;

    struct switch_cost cost = gpu->device.has_switch ? gpu->device.switch_cost : assumed_switch;

    if (switch_read(check, node, &cost)) {
        gpu->device.switch_cost = cost;
        gpu->device.has_switch = true;
    }
}

/* ---------------------------------------------------------------------- MPS clients */

static void read_jitter(struct check *check, const struct node *node, void *target)
{
    struct mps_traits *traits = target;
    struct err err;
    nsec jitter;

    if (!check_text(check, node)) {
        return;
    }
    if (quantity_read_time(node->text, &jitter, &err)) {
        check_refuse_value(check, node, "%s", err.text);
    } else if (jitter > MPS_JITTER_MAX) {
        check_refuse_value(check, node, "it must be between 0s and 10ms");
    } else {
        traits->jitter_ns = (double)jitter;
    }
}

/* clang-format off */
#define TRAIT(member, least, most)                                                             \
    .kind = FIELD_NUMBER, .offset = offsetof(struct mps_traits, member), .min = (least),       \
    .max = (most), .absent = "the device's, else that of the h100-80gb"

static const struct field mps_fields[] = {
    { .name = "leak", TRAIT(leak, 0, 1000000),
      .doc = "What an SM gives a block over what it gives the next older one." },
    { .name = "alone", TRAIT(alone, 1000000, 2000000),
      .doc = "Time of a block alone on its SM over that of one among several." },
    { .name = "meet", TRAIT(meet, 0, 1000000),
      .doc = "Chance that a kernel for which just enough SMs are idle meets others." },
    { .name = "meet_sms", TRAIT(meet_sms, 0, 64000000),
      .doc = "On how many SMs it meets them." },
    { .name = "latency", TRAIT(latency, 1000, 1000000000),
      .doc = "Time of a memory-bound full grid over its demand, if bandwidth had no end." },
    { .name = "latency_step", TRAIT(latency_step, 0, 1000000000),
      .doc = "What that grows by from 4 blocks an SM to 8." },
    { .name = "bandwidth", TRAIT(bandwidth, 1000, 1000000000),
      .doc = "The same time, if memory answered at once." },
    { .name = "bend", TRAIT(bend, 1000000, 100000000),
      .doc = "How sharply one of the two takes over." },
    { .name = "tail", TRAIT(tail, 10000, 1000000),
      .doc = "Time of a last, smaller wave while others ask for memory, over that of a full "
             "one." },
    { .name = "starve", TRAIT(starve, 1000000, 100000000),
      .doc = "Time of a memory-bound block on an SM that computes, over that on one that does "
             "not." },
};
static const struct member mps_members[] = {
    { .name = "jitter", .form = FORM_TIME, .read = read_jitter,
      .absent = "the device's, else that of the h100-80gb",
      .doc = "Between the first SM that begins a kernel and the last one." },
};
/* clang-format on */

const struct shape mps_shape = {
    .title = "The traits of MPS",
    .doc = "How kernels of MPS clients share SMs and memory; [physics](physics.md) says what "
           "each does.",
    .fields = mps_fields,
    .field_count = ARRAY_LEN(mps_fields),
    .members = mps_members,
    .member_count = ARRAY_LEN(mps_members),
};

static void read_mps(struct check *check, const struct node *node, void *target)
{
    struct gpu_entry *gpu = target;
    struct mps_traits traits = gpu->device.mps.is_measured ? gpu->device.mps : mps_assumed;

    (void)shape_change(check, node, &mps_shape, &traits);
    traits.is_measured = true;
    gpu->device.mps = traits;
}

/* ------------------------------------------------------------------------ whole devices */

static void read_measured(struct check *check, const struct node *node, void *target)
{
    struct record record;

    (void)target;
    record_read(check, node, &record);
}

/* `base:` was looked at before the rest. */
static void read_base(struct check *check, const struct node *node, void *target)
{
    (void)check;
    (void)node;
    (void)target;
}

/* clang-format off */
#define DEVICE(member) offsetof(struct gpu_entry, device.member)

static const struct field fields[] = {
    { .name = "sm", .kind = FIELD_COUNT, .offset = DEVICE(sms), .required = true,
      .min = 1, .max = 10000, .doc = "Streaming multiprocessors, or compute units." },
    { .name = "memory", .kind = FIELD_BYTES, .offset = DEVICE(memory_bytes), .required = true,
      .min = MIB, .max = 100 * TIB, .doc = "Memory of the GPU." },
    { .name = "bandwidth", .kind = FIELD_BANDWIDTH, .offset = DEVICE(bandwidth_bytes),
      .min = 1000000, .max = 1000 * TIB, .word = "unknown",
      .doc = "Bandwidth of its memory." },
    { .name = "copy_engines", .kind = FIELD_COUNT, .offset = DEVICE(copy_engines),
      .min = 1, .max = 2, .fallback = 2,
      .doc = "1: copies in both directions share an engine; 2: each has its own." },
    { .name = "copy_bandwidth", .kind = FIELD_BANDWIDTH, .offset = DEVICE(copy_bandwidth_bytes),
      .min = 1000000, .max = 1000 * TIB, .word = "unknown",
      .doc = "Bandwidth of one copy engine; turns bytes into time." },
    { .name = "preemption", .kind = FIELD_CHOICE, .offset = DEVICE(preemption),
      .choices = preemption_words, .doc = "Where running work can be interrupted." },
    { .name = "slice", .kind = FIELD_TIME, .offset = DEVICE(slice_ns),
      .min = 1, .max = 10 * SEC, .word = "unknown",
      .doc = "Measured slice of its contexts; for information." },
    { .name = "blocks_per_sm", .kind = FIELD_COUNT, .offset = DEVICE(blocks_per_sm),
      .min = 1, .max = 64, .word = "unknown",
      .doc = "Thread blocks of 256 threads that an SM holds." },
    { .name = "ecc", .kind = FIELD_BOOL, .offset = DEVICE(ecc),
      .doc = "Whether error-correcting memory is present and on." },
    { .name = "mixed_sizes", .kind = FIELD_BOOL, .offset = DEVICE(mixed_sizes),
      .doc = "Whether vGPUs of several sizes may share it." },
};
static const struct member members[] = {
    { .name = "base", .form = FORM_NAME, .read = read_base, .absent = "none",
      .doc = "A device of the catalogue, or the file of one (as h100.yaml; calibrate writes "
             "them), of which only the other keys here differ." },
    { .name = "switch", .form = FORM_SWITCH, .shape = &switch_shape, .read = read_switch,
      .absent = "unknown", .doc = "Measured cost of changing the VM on its compute engine." },
    { .name = "mps", .form = FORM_MAP, .shape = &mps_shape, .read = read_mps,
      .absent = "the device's, else those of the h100-80gb",
      .doc = "How kernels of MPS clients share it." },
    { .name = "measured", .form = FORM_MAP, .shape = &record_shape, .read = read_measured,
      .absent = "not said", .doc = "Where its numbers come from; changes nothing." },
};
/* clang-format on */

const struct shape device_shape = {
    .title = "A device",
    .doc = "A kind of GPU that is not in the catalogue, or differs from one that is.",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

/* Takes a device of the catalogue. */
static bool use_catalogue(struct check *check, const struct node *node, struct gpu_entry *gpu)
{
    struct err err;

    if (!check_text(check, node)) {
        return false;
    }
    if (catalogue_device(check->catalogue, node->text, &gpu->catalogue, &err)) {
        check_refuse(check, node->place, "%s: %s", check_subject(check), err.text);
        return false;
    }
    gpu->device = gpu->catalogue->device;
    return true;
}

/* Takes the device of a file. */
static void use_file(struct check *check, const struct node *node, struct gpu_entry *gpu)
{
    const struct node *root;
    struct err err;

    if (!inputs_add(check, node)) {
        return;
    }
    const struct scenario_file *file = inputs_find(check, node->text);
    struct node_text text = { file->path, file->bytes, file->size };
    if (node_parse(check->arena, &text, &root, &err)) {
        check_add(check, &err);
        return;
    }
    device_read_file(check, root, gpu);
}

static void use_named(struct check *check, const struct node *node, struct gpu_entry *gpu)
{
    if (node->kind == NODE_TEXT && record_is_file(node->text)) {
        use_file(check, node, gpu);
    } else {
        (void)use_catalogue(check, node, gpu);
    }
}

static void read_map(struct check *check, const struct node *node, struct gpu_entry *gpu)
{
    const struct node *base = node_find(node, "base");

    if (base) {
        size_t before = check_enter(check, "base");
        use_named(check, base, gpu);
        check_leave(check, before);
        (void)shape_change(check, node, &device_shape, gpu);
        return;
    }
    gpu->device.name = "inline";
    (void)shape_read(check, node, &device_shape, gpu);
}

void device_read_file(struct check *check, const struct node *root, struct gpu_entry *gpu)
{
    const struct node *base = node_find(root, "base");

    if (base && base->kind == NODE_TEXT && record_is_file(base->text)) {
        size_t before = check_enter(check, "base");
        check_refuse_value(check, base,
                           "the file of a device builds on a device of the catalogue, not on "
                           "another file");
        check_leave(check, before);
        return;
    }
    read_map(check, root, gpu);
}

void device_read(struct check *check, const struct node *node, struct gpu_entry *gpu)
{
    if (node->kind == NODE_LIST || node->is_empty) {
        check_refuse_value(check, node,
                           "a device is a name of the catalogue, a file ending in .yaml, or a "
                           "mapping");
    } else if (node->kind == NODE_TEXT) {
        use_named(check, node, gpu);
    } else {
        read_map(check, node, gpu);
    }
}
