#include "study/simulate.h"

#include "base/assert.h"
#include "metrics/collect.h"
#include "metrics/describe.h"
#include "metrics/gather.h"
#include "metrics/lag.h"
#include "metrics/mser.h"
#include "run/run.h"
#include "study/alone.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PROBES_MAX = 2 + SIMULATE_LISTENERS_MAX, WATCH_STEPS = 64 };

/* What all threads share; each result has a place of its own. */
struct job_list {
    const struct setup *setup;
    const struct simulate_options *options;
    struct unit_summary *units;
    nsec warmup_ns;             /* As given, or as found by the first pass. */
    bool warmup_short;          /* The first pass could not tell. */
    const uint32_t *pool_first; /* As gather_entry_first gives it. */
    uint32_t pool_size;         /* Histograms of a pool. */
    bool pools;                 /* There are too many VMs to keep the distribution of each. */
    atomic_uint next;           /* The next partition to simulate. */
    struct err *errors;         /* By partition; ERR_NONE: fine. */
    nsec *warmups;              /* First pass of `warmup: auto`: by partition. */
    bool *unsure;
    uint64_t *event_counts; /* By partition. */
    bool finds_warmup;      /* This is the first pass. */
};

struct worker {
    struct job_list *list;
    struct arena *results;
    struct hist *pool; /* [pool_size], of the partitions that it simulated. */
    pthread_t thread;
};

/* Advances to the end in steps, so that a watcher gets a word in. */
static int advance(const struct job_list *list, struct run *run, struct err *err)
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
            return err_set(err, ERR_RUN, "interrupted");
        }
        if (watch->progress) {
            watch->progress(watch->context, part);
        }
    }
    return 0;
}

/* Runs one partition to its end, with the probes and borders of `options`. */
static int run_to_end(struct job_list *list, uint32_t index, struct run_options options)
{
    struct err *err = &list->errors[index];

    options.setup = list->setup;
    options.partition = index;
    options.replication = list->options->replication;
    options.skip = !list->options->no_skip;
    struct run *run = run_create(&options, err);

    if (!run) {
        return -1;
    }
    int status = advance(list, run, err);
    if (status == 0) {
        run_finish(run);
    }
    list->event_counts[index] = run_event_count(run);
    run_free(run);
    return status;
}

static void find_warmup(struct job_list *list, uint32_t index)
{
    struct mser *mser = malloc(sizeof(*mser));

    if (!mser) {
        out_of_memory();
    }
    mser_init(mser);
    struct probe probe = mser_probe(mser);
    if (run_to_end(list, index, (struct run_options){ .probes = &probe, .probe_count = 1 }) ==
        0) {
        list->warmups[index] = mser_warmup(mser, &list->unsure[index]);
    }
    free(mser);
}

/* Each VM once more, alone. */
static void compare_alone(struct worker *worker, uint32_t index, struct unit_summary *unit)
{
    struct job_list *list = worker->list;
    struct alone_options options = {
        .setup = list->setup,
        .partition = index,
        .replication = list->options->replication,
        .warmup_ns = list->warmup_ns,
        .watch = &list->options->watch,
    };

    (void)alone_run(&options, unit, worker->results, &list->errors[index]);
}

static void simulate_partition(struct worker *worker, uint32_t index)
{
    struct job_list *list = worker->list;
    struct collector_config config =
        describe_partition(list->setup, index, list->warmup_ns, worker->results);
    struct probe probes[PROBES_MAX] = { { 0 } };
    uint32_t count = 1;

    struct collector *collector = collector_create(&config, worker->results);
    struct lag *lag = NULL;
    collector_listen(collector, &probes[0]);
    if (list->setup->scenario->metrics & METRIC_LAG) {
        lag = lag_create(&list->setup->partitions[index], list->warmup_ns, config.duration_ns);
        lag_listen(lag, &probes[count++]);
    }
    if (list->options->listeners.add) {
        count += list->options->listeners.add(list->options->listeners.context, index,
                                              &probes[count]);
    }
    struct run_options options = {
        .border_ns = config.window_ns,
        .warmup_ns = list->warmup_ns,
        .probes = probes,
        .probe_count = count,
    };
    if (run_to_end(list, index, options) == 0) {
        struct unit_summary *unit = &list->units[index];
        collector_summarise(collector, unit);
        unit->lags = lag ? lag_summarise(lag, worker->results) : NULL;
        if (list->setup->scenario->metrics & METRIC_ALONE) {
            compare_alone(worker, index, unit);
        }
        if (list->pools) {
            collector_pool(collector, list->pool_first, worker->pool);
        }
    }
    collector_free(collector);
    lag_free(lag);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct job_list *list = worker->list;

    for (;;) {
        uint32_t index = atomic_fetch_add(&list->next, 1);
        if (index >= list->setup->partition_count) {
            return NULL;
        }
        if (list->finds_warmup) {
            find_warmup(list, index);
        } else {
            simulate_partition(worker, index);
        }
    }
}

/* Goes through all partitions once. -1 with the first error. */
static int pass(struct job_list *list, struct worker *workers, uint32_t count, struct err *err)
{
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
    for (uint32_t i = 0; i < list->setup->partition_count; i++) {
        if (list->errors[i].kind != ERR_NONE) {
            *err = list->errors[i];
            return -1;
        }
    }
    return 0;
}

/* The longest warm-up that any partition needs. */
static int settle_warmup(struct job_list *list, struct worker *workers, uint32_t count,
                         struct err *err)
{
    list->warmup_ns = list->setup->scenario->warmup_ns;
    if (list->warmup_ns != WARMUP_AUTO) {
        return 0;
    }
    list->finds_warmup = true;
    list->warmup_ns = 0;
    if (pass(list, workers, count, err)) {
        return -1;
    }
    list->finds_warmup = false;
    for (uint32_t i = 0; i < list->setup->partition_count; i++) {
        if (list->warmups[i] > list->warmup_ns) {
            list->warmup_ns = list->warmups[i];
        }
        list->warmup_short = list->warmup_short || list->unsure[i];
    }
    return 0;
}

/* Too many VMs for the distribution of each: those of a scenario entry are kept together. */
static void prepare_pools(struct job_list *list, struct worker *workers, uint32_t count,
                          struct arena *arena)
{
    const struct scenario *scenario = list->setup->scenario;
    struct collector_config probe = { 0 };

    collector_limit(&probe, list->setup->vm_count, 0);
    list->pools = !probe.keep_distribution;
    if (!list->pools) {
        return;
    }
    list->pool_first = gather_entry_first(scenario, arena);
    list->pool_size = list->pool_first[scenario->vm_count];
    for (uint32_t i = 0; i < count; i++) {
        workers[i].pool = arena_take(arena, list->pool_size, sizeof(struct hist));
        for (uint32_t k = 0; k < list->pool_size; k++) {
            hist_init(&workers[i].pool[k]);
        }
    }
}

/* Sums of integers, so it does not matter which worker had which partition. */
static void merge_pools(const struct job_list *list, struct worker *workers, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t k = 0; k < list->pool_size; k++) {
            hist_merge(&workers[0].pool[k], &workers[i].pool[k]);
        }
    }
}

static void free_pools(const struct job_list *list, struct worker *workers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < list->pool_size; k++) {
            hist_fini(&workers[i].pool[k]);
        }
    }
}

static int run_all(struct job_list *list, struct simulation *simulation, struct arena *scratch,
                   struct err *err)
{
    uint32_t count = simulation->arena_count;
    struct worker *workers = arena_take(scratch, count, sizeof(workers[0]));

    for (uint32_t i = 0; i < count; i++) {
        workers[i] = (struct worker){ .list = list, .results = &simulation->arenas[i] };
    }
    prepare_pools(list, workers, count, scratch);
    int status = settle_warmup(list, workers, count, err);
    if (status == 0) {
        status = pass(list, workers, count, err);
    }
    if (status == 0) {
        merge_pools(list, workers, count);
        struct gather_input input = {
            .setup = list->setup,
            .units = list->units,
            .warmup_ns = list->warmup_ns,
            .warmup_short = list->warmup_short,
            .pool = list->pools ? workers[0].pool : NULL,
        };
        gather_summary(&input, &simulation->arenas[0], &simulation->summary);
    }
    free_pools(list, workers, count);
    return status;
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
        .units = arena_take(&simulation.arenas[0], count, sizeof(struct unit_summary)),
        .errors = arena_take(&scratch, count, sizeof(struct err)),
        .warmups = arena_take(&scratch, count, sizeof(nsec)),
        .unsure = arena_take(&scratch, count, sizeof(bool)),
        .event_counts = arena_take(&scratch, count, sizeof(uint64_t)),
    };
    int status = run_all(&list, &simulation, &scratch, err);
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
