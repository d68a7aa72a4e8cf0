#include "study/simulate.h"

#include "base/assert.h"
#include "metrics/collect.h"
#include "metrics/describe.h"
#include "metrics/mser.h"
#include "run/run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PROBES_MAX = 1 + SIMULATE_LISTENERS_MAX };

/* What all threads share; each result has a place of its own. */
struct job_list {
    const struct setup *setup;
    const struct simulate_options *options;
    struct simulation *simulation;
    atomic_uint next;       /* The next partition to simulate. */
    struct err *errors;     /* By partition; ERR_NONE: fine. */
    nsec *warmups;          /* First pass of `warmup: auto`: by partition. */
    bool *unsure;
    uint64_t *event_counts; /* By partition. */
    bool finds_warmup;      /* This is the first pass. */
};

struct worker {
    struct job_list *list;
    struct arena *results;
    pthread_t thread;
};

/* Runs one partition to its end with these probes. */
static int run_to_end(struct job_list *list, uint32_t index, nsec warmup_ns, nsec border_ns,
                      struct probe *probes, uint32_t probe_count)
{
    struct err *err = &list->errors[index];
    struct run_options options = {
        .setup = list->setup,
        .partition = index,
        .replication = list->options->replication,
        .border_ns = border_ns,
        .warmup_ns = warmup_ns,
        .probes = probes,
        .probe_count = probe_count,
    };
    struct run *run = run_create(&options, err);

    if (!run) {
        return -1;
    }
    int status = run_advance(run, list->setup->scenario->duration_ns, err);
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
    if (run_to_end(list, index, 0, 0, &probe, 1) == 0) {
        list->warmups[index] = mser_warmup(mser, &list->unsure[index]);
    }
    free(mser);
}

static void simulate_partition(struct job_list *list, uint32_t index, struct arena *results)
{
    nsec warmup_ns = list->simulation->warmup_ns;
    struct collector_config config =
        describe_partition(list->setup, index, warmup_ns, results);
    struct probe probes[PROBES_MAX] = { { 0 } };
    uint32_t count = 1;

    struct collector *collector = collector_create(&config, results);
    collector_listen(collector, &probes[0]);
    if (list->options->listeners.add) {
        count += list->options->listeners.add(list->options->listeners.context, index,
                                              &probes[1]);
    }
    if (run_to_end(list, index, warmup_ns, config.window_ns, probes, count) == 0) {
        collector_summarise(collector, &list->simulation->units[index]);
    }
    collector_free(collector);
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
            simulate_partition(list, index, worker->results);
        }
    }
}

/* Goes through all partitions once. -1 with the first error. */
static int pass(struct job_list *list, struct err *err)
{
    struct simulation *simulation = list->simulation;
    uint32_t count = simulation->arena_count;
    struct worker *workers = calloc(count, sizeof(workers[0]));

    if (!workers) {
        out_of_memory();
    }
    atomic_store(&list->next, 0);
    for (uint32_t i = 0; i < count; i++) {
        workers[i] = (struct worker){ .list = list, .results = &simulation->arenas[i] };
    }
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
    free(workers);
    for (uint32_t i = 0; i < list->setup->partition_count; i++) {
        if (list->errors[i].kind != ERR_NONE) {
            *err = list->errors[i];
            return -1;
        }
    }
    return 0;
}

/* The longest warm-up that any partition needs. */
static int settle_warmup(struct job_list *list, struct err *err)
{
    struct simulation *simulation = list->simulation;

    simulation->warmup_ns = list->setup->scenario->warmup_ns;
    if (simulation->warmup_ns != WARMUP_AUTO) {
        return 0;
    }
    list->finds_warmup = true;
    simulation->warmup_ns = 0;
    if (pass(list, err)) {
        return -1;
    }
    list->finds_warmup = false;
    for (uint32_t i = 0; i < list->setup->partition_count; i++) {
        if (list->warmups[i] > simulation->warmup_ns) {
            simulation->warmup_ns = list->warmups[i];
        }
        simulation->warmup_unsure = simulation->warmup_unsure || list->unsure[i];
    }
    return 0;
}

int simulate(const struct setup *setup, const struct simulate_options *options,
             struct simulation *ret, struct err *err)
{
    uint32_t count = setup->partition_count;
    uint32_t threads = options->threads < count ? options->threads : count;
    struct simulation simulation = { .setup = setup, .unit_count = count };
    struct arena scratch;

    simulation.arena_count = threads > 0 ? threads : 1;
    simulation.arenas = calloc(simulation.arena_count, sizeof(simulation.arenas[0]));
    if (!simulation.arenas) {
        out_of_memory();
    }
    arena_init(&scratch);
    simulation.units = arena_take(&simulation.arenas[0], count, sizeof(simulation.units[0]));
    struct job_list list = {
        .setup = setup,
        .options = options,
        .simulation = &simulation,
        .errors = arena_take(&scratch, count, sizeof(struct err)),
        .warmups = arena_take(&scratch, count, sizeof(nsec)),
        .unsure = arena_take(&scratch, count, sizeof(bool)),
        .event_counts = arena_take(&scratch, count, sizeof(uint64_t)),
    };
    int status = settle_warmup(&list, err);
    if (status == 0) {
        status = pass(&list, err);
    }
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
