#include "study/phases.h"

#include "engine/rng.h"
#include "metrics/hist.h"
#include "run/run.h"

#include <math.h>

/* Periods come from rates, so two that are meant to be equal may differ in the last bits; and
   phases that drift apart by less than this within a second meet again and again. */
static const double period_tolerance = 1e-9;

/* One workload of a VM of the partition. */
struct member {
    const struct vm *vm;
    const struct setup_vm *setup_vm;
    const struct vm_entry *entry;
    const struct workload *workload;
};

static uint32_t count_streams(const struct setup *setup, const struct partition *p)
{
    uint32_t count = 0;

    for (uint32_t vm = 0; vm < p->vm_count; vm++) {
        count += setup_entry(setup, p, vm)->workload_count;
    }
    return count;
}

static struct member *list_members(const struct setup *setup, const struct partition *p,
                                   struct arena *arena)
{
    struct member *members = arena_take(arena, count_streams(setup, p), sizeof(*members));
    uint32_t count = 0;

    for (uint32_t vm = 0; vm < p->vm_count; vm++) {
        const struct vm_entry *entry = setup_entry(setup, p, vm);
        for (uint32_t i = 0; i < entry->workload_count; i++) {
            members[count++] = (struct member){
                .vm = &p->vms[vm],
                .setup_vm = &setup->vms[p->setup_vms[vm]],
                .entry = entry,
                .workload = &entry->workloads[i].workload,
            };
        }
    }
    return members;
}

static bool is_strict(const struct member *m)
{
    return m->workload->arrival.kind == ARRIVAL_PERIODIC && !m->workload->arrival.has_jitter;
}

/* Whether jobs of both fall due at the same instant, again and again. */
static bool are_in_phase(const struct member *a, const struct member *b)
{
    const struct arrival *first = &a->workload->arrival;
    const struct arrival *second = &b->workload->arrival;
    double shorter = fmin(first->period_ns, second->period_ns);
    double times = fmax(first->period_ns, second->period_ns) / shorter;
    double apart =
        (double)(a->vm->start_ns + first->offset_ns - b->vm->start_ns - second->offset_ns) /
        shorter;

    return a->vm != b->vm && fabs(times - round(times)) <= period_tolerance * times &&
           fabs(apart - round(apart)) * shorter <= 1.0;
}

static bool mark(const struct member *members, uint32_t count, bool *ret_marks)
{
    bool any = false;

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < count && is_strict(&members[i]) && !ret_marks[i]; k++) {
            if (is_strict(&members[k]) && are_in_phase(&members[i], &members[k])) {
                ret_marks[i] = true;
                ret_marks[k] = true;
                any = true;
            }
        }
    }
    return any;
}

bool phases_find(const struct setup *setup, uint32_t partition, bool *ret_marks)
{
    const struct partition *p = &setup->partitions[partition];
    struct arena arena;

    arena_init(&arena);
    bool any = mark(list_members(setup, p, &arena), count_streams(setup, p), ret_marks);
    arena_fini(&arena);
    return any;
}

/* ---------------------------------------------------------------- a draw */

/* What happens to one stream in one draw. */
struct outcome {
    wide sum_ns;
    uint64_t count;
    struct hist latencies;
};

struct listener {
    nsec warmup_ns;
    const uint32_t *first; /* By VM: its first stream. */
    struct outcome *outcomes;
};

static void on_finished(void *context, const struct job_end *job)
{
    const struct listener *l = context;
    struct outcome *o = &l->outcomes[l->first[job->vm] + job->workload];

    if (job->arrival_ns >= l->warmup_ns) {
        o->sum_ns += job->end_ns - job->arrival_ns;
        o->count++;
        hist_add(&o->latencies, job->end_ns - job->arrival_ns);
    }
}

static int run_draw(const struct phases_options *options, const nsec *shifts_ns,
                    struct listener *listener, struct err *err)
{
    nsec duration_ns = options->setup->scenario->duration_ns;
    nsec until_ns = duration_ns - options->warmup_ns > PHASES_SPAN_MAX
                        ? options->warmup_ns + PHASES_SPAN_MAX
                        : duration_ns;
    struct probe probe = { .context = listener, .finished = on_finished };
    struct run_options run_options = {
        .setup = options->setup,
        .partition = options->partition,
        .replication = options->replication,
        .shifts_ns = shifts_ns,
        .probes = &probe,
        .probe_count = 1,
        .skip = true,
    };
    struct run *run = run_create(&run_options, err);

    if (!run) {
        return -1;
    }
    int status = run_advance(run, until_ns, err);
    run_free(run);
    return status;
}

/* ---------------------------------------------------------------- all draws */

/* Takes the outcomes of a draw into the spreads, and empties them. */
static void note_outcomes(struct outcome *outcomes, uint32_t count, uint32_t draw,
                          struct phase_spread *spreads)
{
    for (uint32_t i = 0; i < count; i++) {
        struct outcome *o = &outcomes[i];
        struct phase_spread *s = &spreads[i];
        if (o->count == 0 || (draw > 0 && s->mean_high_ns <= 0)) {
            *s = (struct phase_spread){ 0 };
        } else {
            double mean = (double)o->sum_ns / (double)o->count;
            nsec p99 = hist_quantile(&o->latencies, quantile_ppm[QUANTILE_P99]);
            s->mean_low_ns = draw == 0 ? mean : fmin(s->mean_low_ns, mean);
            s->mean_high_ns = fmax(s->mean_high_ns, mean);
            s->p99_low_ns = draw == 0 || p99 < s->p99_low_ns ? p99 : s->p99_low_ns;
            s->p99_high_ns = p99 > s->p99_high_ns ? p99 : s->p99_high_ns;
        }
        hist_fini(&o->latencies);
        *o = (struct outcome){ 0 };
        hist_init(&o->latencies);
    }
}

/* Everything that the draws of a partition need. */
struct work {
    const struct member *members;
    uint32_t count;
    bool *marks;
    nsec *shifts_ns;
    uint32_t *first;
    struct outcome *outcomes;
};

static void draw_shifts(const struct phases_options *options, uint32_t draw,
                        const struct work *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        const struct member *m = &w->members[i];
        struct rng rng;
        struct rng_name name = {
            .seed = options->setup->scenario->seed,
            .replication = options->replication,
            .entry = m->entry->name,
            .replica = m->setup_vm->replica,
            .workload = m->workload->name,
            .quantity = "phase",
        };
        rng_init(&rng, &name);
        for (uint32_t k = 0; k <= draw && w->marks[i]; k++) {
            w->shifts_ns[i] = (nsec)(rng_uniform(&rng) * m->workload->arrival.period_ns);
        }
    }
}

static int run_draws(const struct phases_options *options, const struct work *w,
                     struct phase_spread *spreads, struct err *err)
{
    struct listener listener = { options->warmup_ns, w->first, w->outcomes };

    for (uint32_t draw = 0; draw < options->draws; draw++) {
        if (options->watch->stop && options->watch->stop(options->watch->context)) {
            return err_set(err, ERR_RUN, "interrupted");
        }
        draw_shifts(options, draw, w);
        if (run_draw(options, w->shifts_ns, &listener, err)) {
            return -1;
        }
        note_outcomes(w->outcomes, w->count, draw, spreads);
    }
    return 0;
}

static struct work prepare(const struct setup *setup, const struct partition *p,
                           struct arena *arena)
{
    uint32_t count = count_streams(setup, p);
    uint32_t stream = 0;
    struct work w = {
        .members = list_members(setup, p, arena),
        .count = count,
        .marks = arena_take(arena, count, sizeof(bool)),
        .shifts_ns = arena_take(arena, count, sizeof(nsec)),
        .first = arena_take(arena, p->vm_count, sizeof(uint32_t)),
        .outcomes = arena_take(arena, count, sizeof(struct outcome)),
    };

    for (uint32_t vm = 0; vm < p->vm_count; vm++) {
        w.first[vm] = stream;
        stream += setup_entry(setup, p, vm)->workload_count;
    }
    for (uint32_t i = 0; i < count; i++) {
        hist_init(&w.outcomes[i].latencies);
    }
    return w;
}

int phases_run(const struct phases_options *options, struct unit_summary *unit,
               struct arena *results, struct err *err)
{
    const struct partition *p = &options->setup->partitions[options->partition];
    struct arena arena;
    int status = 0;

    arena_init(&arena);
    struct work w = prepare(options->setup, p, &arena);
    if (mark(w.members, w.count, w.marks)) {
        struct phase_spread *spreads = arena_take(results, w.count, sizeof(*spreads));
        struct phase_summary *summary = arena_take(results, 1, sizeof(*summary));
        status = run_draws(options, &w, spreads, err);
        *summary = (struct phase_summary){ options->draws, spreads };
        unit->phases = status == 0 ? summary : NULL;
    }
    for (uint32_t i = 0; i < w.count; i++) {
        hist_fini(&w.outcomes[i].latencies);
    }
    arena_fini(&arena);
    return status;
}
