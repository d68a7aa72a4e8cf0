#include "study/simulate.h"

#include "base/assert.h"
#include "metrics/collect.h"
#include "metrics/describe.h"
#include "metrics/gather.h"
#include "metrics/health.h"
#include "metrics/lag.h"
#include "metrics/mser.h"
#include "run/run.h"
#include "study/alone.h"
#include "study/phases.h"
#include "study/reduce.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PROBES_MAX = 3 + SIMULATE_LISTENERS_MAX, WATCH_STEPS = 64 };

enum stage {
    STAGE_WARMUP, /* Find out how long the warm-up is. */
    STAGE_ALL,    /* Simulate every partition. */
    STAGE_WORST,  /* Of a fleet whose VMs were not kept: the worst once more, in full. */
};

/* What all threads share; each result has a place of its own. */
struct job_list {
    const struct setup *setup;
    const struct simulate_options *options;
    enum stage stage;
    const uint32_t *targets; /* The partitions of this stage; NULL: all of them, in order. */
    uint32_t target_count;
    struct unit_summary *units; /* By target; NULL: they are not kept. */
    struct fleet_gpu *gpus;     /* By partition; NULL: this is no fleet. */
    bool reduces;               /* There are too many VMs to keep everything of each. */
    nsec warmup_ns;             /* As given, or as found by the first stage. */
    bool warmup_short;          /* The first stage could not tell. */
    atomic_uint next;           /* The next target to simulate. */
    atomic_bool stopped;        /* The watcher wants no more. */
    nsec *warmups;              /* By partition, for `warmup: auto`. */
    bool *unsure;
    uint64_t *event_counts; /* By partition. */
};

struct worker {
    struct job_list *list;
    struct arena *results;
    struct arena scratch;   /* Of one partition; results where these are kept. */
    struct reducer reducer; /* Of the partitions that it simulated. */
    struct err err;         /* Of the first of its targets that failed; ERR_NONE: none. */
    uint32_t failed;        /* Which it was. */
    pthread_t thread;
};

/* Advances to the end in steps, so that a watcher gets a word in. */
static int advance(struct job_list *list, struct run *run, struct err *err)
{
    const struct simulate_watch *watch = &list->options->watch;
    nsec duration_ns = list->setup->scenario->duration_ns;
    double part = 1.0 / (double)WATCH_STEPS / (double)list->setup->partition_count;

    for (nsec step = 1; step <= WATCH_STEPS; step++) {
        nsec until = (nsec)((wide)duration_ns * step / WATCH_STEPS);
        if (run_advance(run, until, err)) {
            return -1;
        }
        if (watch->stop && watch->stop(watch->context)) {
            atomic_store(&list->stopped, true);
            return err_set(err, ERR_RUN, "interrupted");
        }
        if (watch->progress && list->stage != STAGE_WORST) {
            watch->progress(watch->context, part);
        }
    }
    return 0;
}

/* Runs one partition to its end, with the probes and borders of `options`. */
static int run_to_end(struct job_list *list, uint32_t index, struct run_options options,
                      struct err *err)
{
    options.setup = list->setup;
    options.partition = index;
    options.replication = list->options->replication;
    options.skip = !list->options->no_skip;
    options.no_plain = list->options->no_plain;
    struct run *run = run_create(&options, err);

    if (!run) {
        return -1;
    }
    int status = advance(list, run, err);
    if (status == 0) {
        run_finish(run);
    }
    if (list->stage != STAGE_WORST) {
        list->event_counts[index] = run_event_count(run);
    }
    run_free(run);
    return status;
}

static int find_warmup(struct job_list *list, uint32_t index, struct err *err)
{
    struct mser *mser = malloc(sizeof(*mser));

    if (!mser) {
        out_of_memory();
    }
    mser_init(mser);
    struct probe probe = mser_probe(mser);
    int status = run_to_end(list, index,
                            (struct run_options){ .probes = &probe, .probe_count = 1 }, err);
    if (status == 0) {
        list->warmups[index] = mser_warmup(mser, &list->unsure[index]);
    }
    free(mser);
    return status;
}

/* Each VM once more, alone. */
static int compare_alone(struct job_list *list, struct unit_summary *unit,
                         struct arena *results, struct err *err)
{
    struct alone_options options = {
        .setup = list->setup,
        .partition = unit->partition,
        .replication = list->options->replication,
        .warmup_ns = list->warmup_ns,
        .watch = &list->options->watch,
    };

    return alone_run(&options, unit, results, err);
}

/* Once more under other phases, if arrivals come in phase. */
static int vary_phases(struct job_list *list, struct unit_summary *unit, struct arena *results,
                       struct err *err)
{
    struct phases_options options = {
        .setup = list->setup,
        .partition = unit->partition,
        .replication = list->options->replication,
        .draws = list->options->phase_draws,
        .warmup_ns = list->warmup_ns,
        .watch = &list->options->watch,
    };

    return phases_run(&options, unit, results, err);
}

/* How a partition is listened to: of those that are shown in full, everything is kept. */
static struct collector_config describe(const struct job_list *list, uint32_t index,
                                        struct arena *arena)
{
    struct collector_config config =
        describe_partition(list->setup, index, list->warmup_ns, arena);

    if (list->stage == STAGE_WORST) {
        collector_limit(&config, config.vm_count, 0);
    } else if (!list->units) {
        config.stays_max = 0;
        config.windows_max = 0;
        config.without_p99_interval = true;
    }
    return config;
}

/* What the run of one partition is listened to by, besides others. */
struct listening {
    struct collector *collector;
    struct lag *lag; /* NULL: not requested. */
    struct health_listener health;
    bool is_watched; /* Whether there is anything for `health` to hear. */
    struct probe probes[PROBES_MAX];
    uint32_t count;
};

static void listen(const struct job_list *list, const struct collector_config *config,
                   struct arena *results, struct listening *ret)
{
    const struct simulate_listeners *others = &list->options->listeners;

    *ret = (struct listening){ .collector = collector_create(config, results), .count = 1 };
    collector_listen(ret->collector, &ret->probes[0]);
    if (list->setup->scenario->metrics & METRIC_LAG) {
        ret->lag = lag_create(&list->setup->partitions[config->partition], config->warmup_ns,
                              config->duration_ns);
        lag_listen(ret->lag, &ret->probes[ret->count++]);
    }
    const struct scenario *scenario = list->setup->scenario;
    const struct gpu_entry *gpu =
        &scenario->gpus[list->setup->partitions[config->partition].gpu];
    ret->is_watched = health_is_watched(gpu);
    if (ret->is_watched) {
        health_listen(&ret->health, scenario, gpu, list->warmup_ns, results);
        ret->probes[ret->count++] = health_probe(&ret->health);
    }
    if (others->add && list->stage == STAGE_ALL) {
        ret->count += others->add(others->context, config->partition, &ret->probes[ret->count]);
    }
}

static void tell_over(const struct job_list *list, uint32_t partition)
{
    const struct simulate_listeners *others = &list->options->listeners;

    if (others->over && list->stage == STAGE_ALL) {
        others->over(others->context, partition);
    }
}

/* The run is over: everything that was asked for. */
static int summarise(struct worker *worker, struct listening *l, struct arena *results,
                     struct unit_summary *unit, struct err *err)
{
    struct job_list *list = worker->list;

    collector_summarise(l->collector, unit);
    unit->lags = l->lag ? lag_summarise(l->lag, results) : NULL;
    unit->health = l->is_watched ? health_summarise(&l->health) : NULL;
    if (list->setup->scenario->metrics & METRIC_ALONE &&
        compare_alone(list, unit, results, err)) {
        return -1;
    }
    if (list->options->phase_draws > 0 && unit->partition < PHASES_PARTITIONS_MAX &&
        vary_phases(list, unit, results, err)) {
        return -1;
    }
    if (list->reduces && list->stage == STAGE_ALL) {
        reducer_add(&worker->reducer, l->collector, unit,
                    list->gpus ? &list->gpus[unit->partition] : NULL);
    }
    return 0;
}

static int simulate_partition(struct worker *worker, uint32_t target, uint32_t index,
                              struct err *err)
{
    struct job_list *list = worker->list;
    struct arena *results = list->units ? worker->results : &worker->scratch;
    struct collector_config config = describe(list, index, results);
    struct unit_summary passing;
    struct listening listening;

    listen(list, &config, results, &listening);
    struct run_options options = {
        .border_ns = config.window_ns,
        .warmup_ns = list->warmup_ns,
        .probes = listening.probes,
        .probe_count = listening.count,
    };
    int status = run_to_end(list, index, options, err);
    if (status == 0) {
        tell_over(list, index);
        status = summarise(worker, &listening, results,
                           list->units ? &list->units[target] : &passing, err);
    }
    collector_free(listening.collector);
    lag_free(listening.lag);
    arena_fini(&worker->scratch);
    return status;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct job_list *list = worker->list;

    for (;;) {
        uint32_t target = atomic_fetch_add(&list->next, 1);
        if (target >= list->target_count || atomic_load(&list->stopped)) {
            return NULL;
        }
        uint32_t index = list->targets ? list->targets[target] : target;
        struct err err = { 0 };
        int status = list->stage == STAGE_WARMUP
                         ? find_warmup(list, index, &err)
                         : simulate_partition(worker, target, index, &err);
        if (status && worker->err.kind == ERR_NONE) {
            worker->err = err;
            worker->failed = target;
        }
    }
}

/* Goes through all targets once. -1 with the first error. */
static int pass(struct job_list *list, struct worker *workers, uint32_t count, struct err *err)
{
    uint32_t failed = UINT32_MAX;

    atomic_store(&list->next, 0);
    /* The calling thread is worker 0; what cannot be started is done by the others. */
    uint32_t started = 1;
    while (started < count &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0) {
        started++;
    }
    (void)work(&workers[0]);
    for (uint32_t i = 1; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (workers[i].err.kind != ERR_NONE && workers[i].failed < failed) {
            failed = workers[i].failed;
            *err = workers[i].err;
        }
    }
    return failed == UINT32_MAX ? 0 : -1;
}

/* The longest warm-up that any partition needs. */
static int settle_warmup(struct job_list *list, struct worker *workers, uint32_t count,
                         struct err *err)
{
    list->warmup_ns = list->setup->scenario->warmup_ns;
    if (list->warmup_ns != WARMUP_AUTO) {
        return 0;
    }
    list->stage = STAGE_WARMUP;
    list->warmup_ns = 0;
    if (pass(list, workers, count, err)) {
        return -1;
    }
    for (uint32_t i = 0; i < list->setup->partition_count; i++) {
        if (list->warmups[i] > list->warmup_ns) {
            list->warmup_ns = list->warmups[i];
        }
        list->warmup_short = list->warmup_short || list->unsure[i];
    }
    return 0;
}

/* Every partition; sums are of integers, so it does not matter which worker had which. */
static int simulate_all(struct job_list *list, struct worker *workers, uint32_t count,
                        struct err *err)
{
    list->stage = STAGE_ALL;
    if (pass(list, workers, count, err)) {
        return -1;
    }
    for (uint32_t i = 1; list->reduces && i < count; i++) {
        reducer_merge(&workers[0].reducer, &workers[i].reducer);
    }
    return 0;
}

/* Of a fleet: its numbers, and the worst once more if nothing was kept of them. */
static int simulate_worst(struct job_list *list, struct worker *workers, uint32_t count,
                          struct gather_input *input, struct err *err)
{
    const struct scenario *scenario = list->setup->scenario;
    struct arena *arena = workers[0].results;

    if (!list->gpus) {
        return 0;
    }
    const struct fleet_summary *fleet = fleet_summarise(
        list->setup, list->gpus, scenario->duration_ns - list->warmup_ns, arena);
    input->fleet = fleet;
    input->without_vms = !list->units;
    if (list->units) {
        return 0;
    }
    list->stage = STAGE_WORST;
    list->targets = fleet->worst;
    list->target_count = fleet->worst_count;
    list->units = arena_take(arena, fleet->worst_count, sizeof(list->units[0]));
    return pass(list, workers, count, err);
}

static int run_stages(struct job_list *list, struct worker *workers,
                      struct simulation *simulation, struct err *err)
{
    uint32_t count = simulation->arena_count;
    struct gather_input input = { .setup = list->setup };

    if (settle_warmup(list, workers, count, err) || simulate_all(list, workers, count, err) ||
        simulate_worst(list, workers, count, &input, err)) {
        return -1;
    }
    input.units = list->units;
    input.warmup_ns = list->warmup_ns;
    input.warmup_short = list->warmup_short;
    if (list->reduces) {
        input.pool = workers[0].reducer.pool;
        input.groups = &workers[0].reducer.groups;
    }
    gather_summary(&input, &simulation->arenas[0], &simulation->summary);
    return 0;
}

static int run_all(struct job_list *list, struct simulation *simulation, struct err *err)
{
    uint32_t count = simulation->arena_count;
    /* The groups of the first are part of the summary. */
    struct worker *workers = arena_take(&simulation->arenas[0], count, sizeof(workers[0]));

    for (uint32_t i = 0; i < count; i++) {
        workers[i] = (struct worker){ .list = list, .results = &simulation->arenas[i] };
        if (list->reduces) {
            reducer_init(&workers[i].reducer, list->setup, workers[i].results);
        }
    }
    int status = run_stages(list, workers, simulation, err);
    for (uint32_t i = 0; i < count; i++) {
        reducer_fini(&workers[i].reducer);
    }
    return status;
}

/* What is kept of each partition. */
static void choose(struct job_list *list, struct arena *results)
{
    const struct scenario *scenario = list->setup->scenario;
    struct collector_config limits = { 0 };
    uint32_t count = list->setup->partition_count;
    bool keeps = list->options->keep_vms ||
                 (scenario->metrics & (METRIC_VMS | METRIC_LAG | METRIC_ALONE)) != 0;

    collector_limit(&limits, list->setup->vm_count, 0);
    list->reduces = !limits.keep_distribution;
    list->target_count = count;
    if (fleet_is(list->setup)) {
        list->gpus = arena_take(results, count, sizeof(list->gpus[0]));
    }
    if (!list->gpus || keeps) {
        list->units = arena_take(results, count, sizeof(list->units[0]));
    }
}

int simulate(const struct setup *setup, const struct simulate_options *options,
             struct simulation *ret, struct err *err)
{
    uint32_t count = setup->partition_count;
    uint32_t threads = options->threads < count ? options->threads : count;
    struct simulation simulation = { .arena_count = threads > 0 ? threads : 1 };
    struct arena scratch;

    simulation.arenas = calloc(simulation.arena_count, sizeof(simulation.arenas[0]));
    if (!simulation.arenas) {
        out_of_memory();
    }
    arena_init(&scratch);
    struct job_list list = {
        .setup = setup,
        .options = options,
        .warmups = arena_take(&scratch, count, sizeof(nsec)),
        .unsure = arena_take(&scratch, count, sizeof(bool)),
        .event_counts = arena_take(&scratch, count, sizeof(uint64_t)),
    };
    choose(&list, &simulation.arenas[0]);
    int status = run_all(&list, &simulation, err);
    for (uint32_t i = 0; i < count; i++) {
        simulation.event_count += list.event_counts[i];
    }
    arena_fini(&scratch);
    if (status) {
        simulation_fini(&simulation);
        return -1;
    }
    *ret = simulation;
    return 0;
}

void simulation_fini(struct simulation *simulation)
{
    for (uint32_t i = 0; i < simulation->arena_count; i++) {
        arena_fini(&simulation->arenas[i]);
    }
    free(simulation->arenas);
    *simulation = (struct simulation){ 0 };
}
