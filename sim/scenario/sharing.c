#include "base/quantity.h"
#include "policy/slots.h"
#include "scenario/language.h"

#include <string.h>

enum { REPLICAS_MAX = 1000 };

/* Where neither the scenario, the vendor nor the device says it. */
#define ASSUMED_SLICE (2 * MSEC)

const struct switch_cost assumed_switch = {
    .preempt_ns = 150 * USEC,
    .idle_ns = 100 * USEC,
    .restore_ns = 30 * USEC,
};

const char *const mode_words[] = { "exclusive", "time_sliced", "mps", NULL };

/* ----------------------------------------------------------------------------- engines */

/* Sharing while it is read. */
struct draft {
    struct sharing *sharing;
    struct engine_sharing *engine; /* The one that policy, slice and switch are for. */
    int mode;
    nsec slice_ns; /* 0: not given. */
    uint32_t replicas;
    uint32_t clients;
};

static void read_engine_policy(struct check *check, const struct node *node, void *target)
{
    policy_read(check, node, ((struct draft *)target)->engine);
}

static void read_engine_switch(struct check *check, const struct node *node, void *target)
{
    struct engine_sharing *engine = ((struct draft *)target)->engine;

    if (switch_read(check, node, &engine->switch_cost)) {
        engine->switch_origin = ORIGIN_SCENARIO;
    }
}

/* clang-format off */
#define SLICE_FIELD(words)                                                                     \
    { .name = "slice", .kind = FIELD_TIME, .offset = offsetof(struct draft, slice_ns),         \
      .min = 1, .max = 100 * SEC, .absent = (words),                                           \
      .doc = "Longest stay of a VM while others wait." }

static const struct field engine_fields[] = { SLICE_FIELD("2ms") };
static const struct member engine_members[] = {
    { .name = "policy", .form = FORM_POLICY, .read = read_engine_policy, .absent = "fifo",
      .doc = "Who runs next, and for how long." },
    { .name = "switch", .form = FORM_SWITCH, .shape = &switch_shape,
      .read = read_engine_switch, .absent = "0s", .doc = "Cost of changing the VM." },
};
/* clang-format on */

const struct shape engine_shape = {
    .title = "An engine",
    .doc = "How an engine besides compute is shared.",
    .fields = engine_fields,
    .field_count = ARRAY_LEN(engine_fields),
    .members = engine_members,
    .member_count = ARRAY_LEN(engine_members),
};

static void take_slice(struct check *check, const struct node *node, const struct draft *draft)
{
    if (draft->slice_ns == 0) {
        return;
    }
    if (draft->engine->slice_origin == ORIGIN_REGISTRY) {
        check_refuse(check, node_find(node, "slice")->place,
                     "%s.slice is given, but rm_pvmrl %s says the slice already; leave it out",
                     check_subject(check), draft->engine->rm_pvmrl);
        return;
    }
    draft->engine->slice_ns = draft->slice_ns;
    draft->engine->slice_origin = ORIGIN_SCENARIO;
}

static void read_engine(struct check *check, const struct node *node, struct draft *draft,
                        enum engine_kind kind)
{
    struct draft own = { .sharing = draft->sharing, .engine = &draft->sharing->engines[kind] };

    (void)shape_read(check, node, &engine_shape, &own);
    take_slice(check, node, &own);
}

static void read_copy(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;

    read_engine(check, node, draft, ENGINE_COPY_IN);
    draft->sharing->engines[ENGINE_COPY_OUT] = draft->sharing->engines[ENGINE_COPY_IN];
}

static void read_copy_in(struct check *check, const struct node *node, void *target)
{
    read_engine(check, node, target, ENGINE_COPY_IN);
}

static void read_copy_out(struct check *check, const struct node *node, void *target)
{
    read_engine(check, node, target, ENGINE_COPY_OUT);
}

static void read_encode(struct check *check, const struct node *node, void *target)
{
    read_engine(check, node, target, ENGINE_ENCODE);
}

static void read_decode(struct check *check, const struct node *node, void *target)
{
    read_engine(check, node, target, ENGINE_DECODE);
}

/* clang-format off */
#define ENGINE_MEMBER(key, reader, words)                                                      \
    { .name = (key), .form = FORM_MAP, .shape = &engine_shape, .read = (reader),               \
      .absent = "fifo, free switches", .doc = (words) }

static const struct member engines_members[] = {
    ENGINE_MEMBER("copy", read_copy, "Copies in both directions."),
    ENGINE_MEMBER("copy_in", read_copy_in, "Copies to the GPU."),
    ENGINE_MEMBER("copy_out", read_copy_out, "Copies from the GPU."),
    ENGINE_MEMBER("encode", read_encode, "Video encoding."),
    ENGINE_MEMBER("decode", read_decode, "Video decoding."),
};
/* clang-format on */

const struct shape engines_shape = {
    .title = "Engines",
    .doc = "How the engines besides compute are shared.",
    .members = engines_members,
    .member_count = ARRAY_LEN(engines_members),
};

static void read_engines(struct check *check, const struct node *node, void *target)
{
    if (node_find(node, "copy") &&
        (node_find(node, "copy_in") || node_find(node, "copy_out"))) {
        check_refuse(check, node->place,
                     "%s has 'copy' and one of 'copy_in' and 'copy_out'; 'copy' means both",
                     check_subject(check));
        return;
    }
    (void)shape_read(check, node, &engines_shape, target);
}

/* clang-format off */
static const struct field fields[] = {
    { .name = "mode", .kind = FIELD_CHOICE, .offset = offsetof(struct draft, mode),
      .choices = mode_words, .fallback = SHARING_TIME_SLICED,
      .doc = "exclusive: whole jobs, first come first served; time_sliced: turns; "
             "mps: all at once." },
    SLICE_FIELD("the vendor's rule for the profile, else 2ms"),
    { .name = "replicas", .kind = FIELD_COUNT, .offset = offsetof(struct draft, replicas),
      .min = 2, .max = REPLICAS_MAX, .word = "none", .absent = "no limit",
      .doc = "As the Kubernetes device plug-in offers a GPU: so many VMs at most; under mps "
             "each with 100 / replicas per cent of the SMs and that part of the memory, "
             "rounded down." },
    { .name = "clients", .kind = FIELD_COUNT, .offset = offsetof(struct draft, clients),
      .min = 1, .max = REPLICAS_MAX, .word = "device",
      .absent = "48, before Volta 16, on a MIG instance its part of them",
      .doc = "Under mps: so many VMs at most." },
};
static const struct member members[] = {
    { .name = "policy", .form = FORM_POLICY, .read = read_engine_policy,
      .absent = "best_effort", .doc = "Under time_sliced: who computes next, for how long." },
    { .name = "switch", .form = FORM_SWITCH, .shape = &switch_shape,
      .read = read_engine_switch, .absent = "the device's, else as in the table of its keys",
      .doc = "Cost of changing the VM on the compute engine." },
    { .name = "engines", .form = FORM_MAP, .shape = &engines_shape, .read = read_engines,
      .absent = "fifo, free switches", .doc = "How the other engines are shared." },
};
/* clang-format on */

const struct shape sharing_shape = {
    .title = "Sharing",
    .doc = "How the VMs of a GPU or MIG instance share it.",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

/* ------------------------------------------------------------------------------- modes */

/* Keys that say nothing under this mode are refused rather than ignored. */
static void refuse_idle_key(struct check *check, const struct node *node, const char *key,
                            enum sharing_mode mode)
{
    const struct node *value = node ? node_find(node, key) : NULL;

    if (value) {
        check_refuse(check, value->place, "%s.%s has no meaning under mode: %s; leave it out",
                     check_subject(check), key, mode_words[mode]);
    }
}

static void set_defaults(struct check *check, const struct device *device, struct place place,
                         struct sharing *ret)
{
    for (int kind = 0; kind < ENGINE_COUNT; kind++) {
        struct engine_sharing *engine = &ret->engines[kind];
        *engine = (struct engine_sharing){
            .slice_ns = ASSUMED_SLICE,
            .slice_origin = ORIGIN_ASSUMED,
            .switch_origin = ORIGIN_ASSUMED,
        };
        policy_set_name(check, "fifo", place, engine);
    }
    struct engine_sharing *compute = &ret->engines[ENGINE_COMPUTE];
    compute->switch_cost = device->has_switch ? device->switch_cost : assumed_switch;
    compute->switch_origin = device->has_switch ? ORIGIN_DEVICE : ORIGIN_ASSUMED;
}

void sharing_read(struct check *check, const struct node *node, const struct device *device,
                  struct place place, struct sharing *ret)
{
    struct engine_sharing *compute = &ret->engines[ENGINE_COMPUTE];
    struct draft draft = { .sharing = ret, .engine = compute, .mode = SHARING_TIME_SLICED };

    ret->place = node ? node->place : place;
    set_defaults(check, device, ret->place, ret);
    if (node) {
        (void)shape_read(check, node, &sharing_shape, &draft);
    }
    ret->mode = (enum sharing_mode)draft.mode;
    ret->replicas = draft.replicas;
    ret->clients = draft.clients;
    if (ret->mode != SHARING_MPS) {
        refuse_idle_key(check, node, "clients", ret->mode);
    }
    if (ret->mode == SHARING_EXCLUSIVE) {
        refuse_idle_key(check, node, "replicas", ret->mode);
    }
    take_slice(check, node, &draft);
    if (ret->mode == SHARING_TIME_SLICED) {
        if (!node || !node_find(node, "policy")) {
            policy_set_name(check, "best_effort", ret->place, compute);
        }
        return;
    }
    refuse_idle_key(check, node, "policy", ret->mode);
    refuse_idle_key(check, node, "slice", ret->mode);
    if (ret->mode == SHARING_MPS) {
        refuse_idle_key(check, node, "switch", ret->mode);
    }
}

/* Whether the vendor runs it in rounds of a fixed frequency. */
static bool has_frequency(const struct engine_sharing *engine)
{
    const struct slots_params *params = engine->params;

    return engine->policy &&
           (engine->policy == &policy_equal_share || engine->policy == &policy_fixed_share) &&
           params->order != SLOTS_LEAST_SERVED;
}

static void check_slice(struct check *check, const struct sharing *sharing,
                        const struct engine_sharing *engine)
{
    struct text text;

    if (!engine->policy || strcmp(engine->policy->name, "fifo") == 0 ||
        engine->slice_ns > engine->switch_cost.restore_ns) {
        return;
    }
    text_init(&text);
    quantity_write_time(&text, engine->slice_ns);
    text_put(&text, "; it must be longer than the restore of ");
    quantity_write_time(&text, engine->switch_cost.restore_ns);
    check_refuse(check, sharing->place, "%s has a slice of %s that is part of it",
                 check_subject(check), text.bytes);
    text_fini(&text);
}

void sharing_finish(struct check *check, struct sharing *sharing, uint32_t vms_max)
{
    struct engine_sharing *compute = &sharing->engines[ENGINE_COMPUTE];

    if (sharing->mode == SHARING_TIME_SLICED && compute->slice_origin == ORIGIN_ASSUMED &&
        vms_max > 0) {
        compute->slice_ns = has_frequency(compute) ? SEC / (nsec)vgpu_frequency_hz(vms_max)
                                                   : vgpu_slice_ns(vms_max);
        compute->slice_origin = ORIGIN_VENDOR;
    }
    for (int kind = 0; kind < ENGINE_COUNT; kind++) {
        if (kind != ENGINE_COMPUTE || sharing->mode == SHARING_TIME_SLICED) {
            check_slice(check, sharing, &sharing->engines[kind]);
        }
    }
}

uint32_t replica_share_ppm(const struct sharing *sharing)
{
    bool says = sharing->mode == SHARING_MPS && sharing->replicas > 0;

    return says ? 100 / sharing->replicas * (uint32_t)(PPM / 100) : 0;
}

int64_t replica_memory_bytes(const struct sharing *sharing, int64_t memory_bytes)
{
    bool says = sharing->mode == SHARING_MPS && sharing->replicas > 0;

    return says ? memory_bytes / sharing->replicas / MIB * MIB : 0;
}
