#include "base/quantity.h"
#include "base/text.h"
#include "scenario/language.h"

#include <string.h>

static const char *const when_full_words[] = { "drop_new", "drop_old", NULL };

/* clang-format off */
static const struct field queue_fields[] = {
    { .name = "limit", .kind = FIELD_COUNT,
      .offset = offsetof(struct workload_entry, workload.queue_limit), .required = true,
      .min = 1, .max = 1000000000, .word = "none", .word_value = UINT32_MAX,
      .fallback = UINT32_MAX,
      .doc = "Most jobs present at once, those under way included." },
    { .name = "when_full", .kind = FIELD_CHOICE,
      .choices = when_full_words,
      .offset = offsetof(struct workload_entry, workload.when_full),
      .doc = "Which job is dropped when one more arrives: that one, or the oldest waiting." },
};
/* clang-format on */

const struct shape queue_shape = {
    .title = "A queue",
    .fields = queue_fields,
    .field_count = ARRAY_LEN(queue_fields),
};

static void read_name(struct check *check, const struct node *node, void *target)
{
    if (check_name(check, node)) {
        ((struct workload_entry *)target)->workload.name = node->text;
    }
}

static void read_arrival(struct check *check, const struct node *node, void *target)
{
    arrival_read(check, node, target);
}

static void read_job(struct check *check, const struct node *node, void *target)
{
    job_read(check, node, target);
}

static void read_queue(struct check *check, const struct node *node, void *target)
{
    (void)shape_read(check, node, &queue_shape, target);
}

/* clang-format off */
static const struct field fields[] = {
    { .name = "in_flight", .kind = FIELD_COUNT,
      .offset = offsetof(struct workload_entry, workload.in_flight),
      .min = 1, .max = WORKLOAD_IN_FLIGHT_MAX, .fallback = 1,
      .doc = "Jobs that may be under way at once; 1 is one in-order stream." },
    { .name = "frames", .kind = FIELD_BOOL,
      .offset = offsetof(struct workload_entry, workload.frames), .fallback = 0,
      .doc = "Whether each job is a frame that is shown: a vGPU's frame-rate limiter and a "
             "missing licence hold up such jobs only." },
    { .name = "deadline", .kind = FIELD_TIME,
      .offset = offsetof(struct workload_entry, workload.deadline_ns),
      .min = 1, .max = RUN_LENGTH_MAX, .word = "none", .word_value = NSEC_MAX,
      .fallback = NSEC_MAX, .doc = "Latest end of a job, counted from its arrival." },
};
static const struct member members[] = {
    { .name = "name", .form = FORM_NAME, .read = read_name, .absent = "work, work1, ...",
      .doc = "Unique within the VM." },
    { .name = "arrival", .form = FORM_ARRIVAL, .required = true, .read = read_arrival,
      .doc = "When jobs arrive." },
    { .name = "job", .form = FORM_JOB, .read = read_job,
      .absent = "one compute phase as long as the trace says; else required",
      .doc = "What each job does: its phases, in order." },
    { .name = "queue", .form = FORM_MAP, .shape = &queue_shape, .read = read_queue,
      .absent = "no limit", .doc = "How many jobs may be present." },
};
/* clang-format on */

const struct shape workload_shape = {
    .title = "A workload",
    .doc = "One in-order stream of jobs of a VM.",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

/* A trace with demands is a whole workload: each job one compute phase. */
static void make_trace_job(struct check *check, struct workload_entry *entry)
{
    struct phase *phase = arena_take(check->arena, 1, sizeof(*phase));
    struct phase_demand *demand = arena_take(check->arena, 1, sizeof(*demand));

    demand->amount.kind = AMOUNT_TRACE;
    *phase = (struct phase){ .kind = PHASE_COMPUTE, .demand = demand->amount };
    entry->workload.phases = phase;
    entry->workload.phase_count = 1;
    entry->demands = demand;
}

/* A client that neither thinks nor waits would submit for ever in one instant. */
static void check_loop(struct check *check, const struct node *node,
                       const struct workload *workload)
{
    const struct node *arrival = node_find(node, "arrival");
    bool takes_time = !amount_includes_zero(&workload->arrival.think);

    for (uint32_t i = 0; i < workload->phase_count; i++) {
        takes_time = takes_time || !amount_includes_zero(&workload->phases[i].demand);
    }
    if (!takes_time && workload->phase_count > 0 && arrival) {
        check_refuse(check, arrival->place,
                     "%s is a loop that may take no time; make 'think' or a phase of the job "
                     "always more than 0",
                     check_subject(check));
    }
}

/* A client whose job finds the queue full thinks, and submits again; one that does not think
   would do so for ever in one instant. */
static void check_clients(struct check *check, const struct node *node,
                          const struct workload *workload)
{
    const struct node *arrival = node_find(node, "arrival");

    if (arrival && workload->arrival.clients > workload->queue_limit &&
        amount_includes_zero(&workload->arrival.think)) {
        check_refuse(check, arrival->place,
                     "%s has %u clients that may not think, and a queue of %u jobs; a client "
                     "that finds it full would try again for ever at the same instant",
                     check_subject(check), workload->arrival.clients, workload->queue_limit);
    }
}

/* No draw is less, as far as that is easily known. */
static nsec least_of(const struct amount *amount)
{
    switch (amount->kind) {
    case AMOUNT_CONSTANT:
        return amount_round(amount->mean);
    case AMOUNT_UNIFORM:
        return amount_round(amount->low);
    case AMOUNT_PARETO:
        return amount_round(amount->scale);
    default:
        return 0;
    }
}

/* A deadline that not even an idle GPU can meet is a mistake. */
static void check_deadline(struct check *check, const struct node *node,
                           const struct workload_entry *entry)
{
    const struct workload *workload = &entry->workload;
    nsec least = 0;
    struct text text;

    for (uint32_t i = 0; i < workload->phase_count; i++) {
        if (!entry->demands[i].in_bytes && !workload->phases[i].from_begin) {
            least += least_of(&workload->phases[i].demand);
        }
    }
    if (least > workload->deadline_ns) {
        size_t before = check_enter(check, "deadline");
        text_init(&text);
        quantity_write_time(&text, least);
        check_refuse_value(check, node_find(node, "deadline"),
                           "a job takes %s at least when it is alone, so it could never end in "
                           "time",
                           text.bytes);
        text_fini(&text);
        check_leave(check, before);
    }
}

void workload_read(struct check *check, const struct node *node, struct workload_entry *entry)
{
    struct workload *workload = &entry->workload;
    uint32_t errors = check->errors->count;

    entry->place = node->place;
    workload->queue_limit = UINT32_MAX;
    if (!shape_read(check, node, &workload_shape, entry)) {
        return;
    }
    if (!node_find(node, "job")) {
        if (entry->trace && entry->trace->demand) {
            make_trace_job(check, entry);
        } else if (check->errors->count == errors) {
            check_refuse(check, node->place, "%s lacks the key 'job'", check_subject(check));
        }
    }
    if (check->errors->count == errors && node_find(node, "deadline")) {
        check_deadline(check, node, entry);
    }
    if (workload->arrival.kind == ARRIVAL_CLOSED && check->errors->count == errors) {
        check_loop(check, node, workload);
        check_clients(check, node, workload);
    }
}
