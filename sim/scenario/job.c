#include "base/nearest.h"
#include "scenario/language.h"

#include <string.h>

const char *const phase_words[] = {
    "host", "compute", "copy_in", "copy_out", "encode", "decode", NULL,
};

/* A phase while it is read. */
struct draft {
    const struct workload_entry *entry;
    struct phase *phase;
    struct phase_demand *demand;
    uint32_t blocks;
    uint32_t memory_bound_ppm;
    nsec kernel_ns;
    int preemption; /* -1: the device's. */
    bool ahead;
};

static void read_demand(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;
    const struct arrival *arrival = &draft->entry->workload.arrival;
    const struct trace_use *trace = draft->entry->trace;
    enum phase_kind kind = draft->phase->kind;
    struct amount_want want = {
        .bytes = kind == PHASE_COPY_IN || kind == PHASE_COPY_OUT,
        .trace = arrival->kind == ARRIVAL_TRACE && trace && trace->demand && kind != PHASE_HOST,
    };

    (void)amount_read(check, node, &want, &draft->demand->amount, &draft->demand->in_bytes);
}

/* clang-format off */
static const struct field compute_fields[] = {
    { .name = "blocks", .kind = FIELD_COUNT, .offset = offsetof(struct draft, blocks),
      .min = 1, .max = 1000000000, .word = "fill",
      .doc = "Thread blocks of the grid; fill: as many as the device holds." },
    { .name = "memory_bound", .kind = FIELD_SHARE,
      .offset = offsetof(struct draft, memory_bound_ppm), .min = 0, .max = PPM,
      .doc = "The part of its time that is bound by memory bandwidth." },
    { .name = "kernel", .kind = FIELD_TIME, .offset = offsetof(struct draft, kernel_ns),
      .min = 1, .max = HOUR, .word = "whole",
      .doc = "Length of one kernel; whole: the whole phase is one." },
    { .name = "preemption", .kind = FIELD_CHOICE, .offset = offsetof(struct draft, preemption),
      .choices = preemption_words, .word = "device", .word_value = -1, .fallback = -1,
      .doc = "Where it can be interrupted; device: as its GPU says." },
};
static const struct member compute_members[] = {
    { .name = "demand", .form = FORM_AMOUNT, .required = true, .read = read_demand,
      .doc = "Time that it needs alone on the idle, whole device." },
};
/* clang-format on */

const struct shape compute_shape = {
    .title = "A compute phase",
    .fields = compute_fields,
    .field_count = ARRAY_LEN(compute_fields),
    .members = compute_members,
    .member_count = ARRAY_LEN(compute_members),
};

/* clang-format off */
static const struct field host_fields[] = {
    { .name = "ahead", .kind = FIELD_BOOL, .offset = offsetof(struct draft, ahead),
      .doc = "Whether its time counts from the beginning of the job: the host submits work and "
             "does not wait for the phases before." },
};
static const struct member host_members[] = {
    { .name = "demand", .form = FORM_AMOUNT, .required = true, .read = read_demand,
      .doc = "Time that the host takes." },
};
/* clang-format on */

const struct shape host_shape = {
    .title = "A host phase",
    .fields = host_fields,
    .field_count = ARRAY_LEN(host_fields),
    .members = host_members,
    .member_count = ARRAY_LEN(host_members),
};

/* Whether a mapping is the long form of a phase; else it is an amount. */
static bool is_long_form(const struct node *node, const struct shape *shape)
{
    bool is_long = node_find(node, "demand") != NULL;

    for (size_t i = 0; i < shape->field_count && !is_long; i++) {
        is_long = node_find(node, shape->fields[i].name) != NULL;
    }
    return is_long;
}

static void read_host(struct check *check, const struct node *node, struct draft *draft)
{
    if (is_long_form(node, &host_shape)) {
        (void)shape_read(check, node, &host_shape, draft);
        draft->phase->from_begin = draft->ahead;
    } else {
        read_demand(check, node, draft);
    }
}

static void read_compute(struct check *check, const struct node *node, struct draft *draft)
{
    struct phase *phase = draft->phase;

    if (!is_long_form(node, &compute_shape)) {
        read_demand(check, node, draft);
        return;
    }
    (void)shape_read(check, node, &compute_shape, draft);
    phase->blocks = draft->blocks;
    phase->memory_bound_ppm = draft->memory_bound_ppm;
    phase->kernel_ns = draft->kernel_ns;
    phase->has_preemption = draft->preemption >= 0;
    if (phase->has_preemption) {
        phase->preemption = (enum preemption_point)draft->preemption;
    }
}

/* The phase of that name; false, and refused, if there is none. */
static bool find_phase(struct check *check, const struct node_key *key, enum phase_kind *ret)
{
    struct nearest nearest;

    nearest_init(&nearest, key->name);
    for (int i = 0; phase_words[i]; i++) {
        if (strcmp(phase_words[i], key->name) == 0) {
            *ret = (enum phase_kind)i;
            return true;
        }
        nearest_offer(&nearest, phase_words[i]);
    }
    const char *best = nearest_best(&nearest);
    check_refuse(check, key->place,
                 "%s has no key '%.40s'; %s%s%sa phase is one of host, compute, copy_in, "
                 "copy_out, encode or decode",
                 check_subject(check), key->name, best ? "did you mean '" : "",
                 best ? best : "", best ? "'? " : "");
    return false;
}

static void read_phase(struct check *check, const struct node *node, struct draft *draft)
{
    if (!check_map(check, node)) {
        return;
    }
    if (node->count != 1) {
        check_refuse(check, node->place,
                     "%s has %u keys; a phase is a mapping with one, as {compute: 5ms}",
                     check_subject(check), node->count);
        return;
    }
    if (!find_phase(check, &node->keys[0], &draft->phase->kind)) {
        return;
    }
    size_t before = check_enter(check, node->keys[0].name);
    if (draft->phase->kind == PHASE_COMPUTE) {
        read_compute(check, node->items[0], draft);
    } else if (draft->phase->kind == PHASE_HOST) {
        read_host(check, node->items[0], draft);
    } else {
        read_demand(check, node->items[0], draft);
    }
    check_leave(check, before);
    draft->phase->demand = draft->demand->amount;
}

void job_read(struct check *check, const struct node *node, struct workload_entry *entry)
{
    if (node->kind != NODE_LIST || node->count == 0 || node->count > WORKLOAD_PHASES_MAX) {
        check_refuse_value(check, node, "it must be a list of 1 to %d phases",
                           WORKLOAD_PHASES_MAX);
        return;
    }
    struct phase *phases = arena_take(check->arena, node->count, sizeof(*phases));
    struct phase_demand *demands = arena_take(check->arena, node->count, sizeof(*demands));
    for (uint32_t i = 0; i < node->count; i++) {
        struct draft draft = { .entry = entry, .phase = &phases[i], .demand = &demands[i] };
        size_t before = check_enter_item(check, i);
        read_phase(check, node->items[i], &draft);
        check_leave(check, before);
    }
    entry->workload.phases = phases;
    entry->workload.phase_count = node->count;
    entry->demands = demands;
}
