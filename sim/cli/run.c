/*
 * run.c - `vgpusim run`: one simulation; the first screen, results and figures.
 */
#include "cli/commands.h"
#include "cli/library.h"
#include "cli/load.h"
#include "cli/report.h"
#include "cli/tables.h"
#include "cli/threads.h"
#include "cli/version.h"
#include "cli/watch.h"
#include "output/figures.h"
#include "output/out.h"
#include "output/recorder.h"
#include "output/results.h"
#include "output/table.h"
#include "output/tracer.h"
#include "run/setup.h"
#include "study/phases.h"
#include "study/simulate.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct run_command {
    const char *folder;
    const char *seed;
    const char *trace;
    struct option_list sets;
    bool jobs;
    bool slices;
    uint64_t threads; /* 0: as many as there are processors. */
    bool no_figures;
    bool no_skip;
    bool no_plain;
    struct load_options load;
};

#define ROW(name, letter, kind, field, argument, doc)                                          \
    {                                                                                          \
        name, letter, kind, offsetof(struct run_command, field), argument, doc, 0, 0           \
    }

static const struct option_row rows[] = {
    ROW("output", 'o', OPTION_TEXT, folder, "DIR", "where results go (default results/NAME)"),
    ROW("seed", 0, OPTION_TEXT, seed, "N", "another seed than the scenario's"),
    ROW("set", 's', OPTION_LIST, sets, "PATH=VALUE", "replace a value, as vms[0].count=4"),
    ROW("jobs", 0, OPTION_FLAG, jobs, NULL, "write jobs.csv: every job"),
    ROW("slices", 0, OPTION_FLAG, slices, NULL, "write slices.csv: who ran when"),
    ROW("trace", 0, OPTION_TEXT, trace, "FILE", "write stays and jobs for Perfetto (JSON)"),
    { "threads", 'j', OPTION_COUNT, offsetof(struct run_command, threads), "N",
      "threads (default: one for each processor)", 1, THREADS_MAX },
    ROW("no-figures", 0, OPTION_FLAG, no_figures, NULL, "draw nothing"),
    ROW("no-skip", 0, OPTION_FLAG, no_skip, NULL, "step through quiet rounds of slices"),
    ROW("no-plain", 0, OPTION_FLAG, no_plain, NULL, "no short way for plain GPUs"),
    ROW("allow-library", 0, OPTION_FLAG, load.allow_library, NULL, LIBRARY_DOC),
    ROW("catalogue", 0, OPTION_TEXT, load.catalogue, "DIR", CATALOGUE_DOC),
    ROW("strict", 0, OPTION_FLAG, load.strict, NULL,
        "exit with 1 if an objective was missed; refuse derived, remembered figures"),
};

static double wall_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int write_inputs_folder(const char *folder, struct err *err)
{
    struct arena arena;

    arena_init(&arena);
    int status = out_folder(arena_format(&arena, "%s/inputs", folder), err);
    arena_fini(&arena);
    return status;
}

/* effective.yaml, and the files that it names beside it. */
static int write_effective(const struct scenario *scenario, const char *folder, struct err *err)
{
    struct text text;
    int status = 0;

    text_init(&text);
    /* Without comments on where values come from: running it must give the same file. */
    scenario_write_effective(scenario, false, &text);
    if (scenario->file_count > 0) {
        status = write_inputs_folder(folder, err);
    }
    for (uint32_t i = 0; i < scenario->file_count && status == 0; i++) {
        const struct scenario_file *file = &scenario->files[i];
        status = results_write_text(folder, file->copy, file->bytes, file->size, err);
    }
    if (status == 0) {
        status = results_write_text(folder, "effective.yaml", text.bytes, text.size, err);
    }
    text_fini(&text);
    return status;
}

static int print_table(const struct summary *summary, struct err *err)
{
    struct out out;

    if (out_open(&out, "-", err)) {
        return -1;
    }
    table_write(&out, summary);
    return out_close(&out, err);
}

/* Figures are a help, not the result: without gnuplot the run has succeeded all the same. */
static int draw(const char *folder)
{
    struct err err;
    int status = figures_draw(folder, FIGURE_SVG | FIGURE_PNG, &err);

    if (status < 0) {
        return tell_error(&err);
    }
    if (status > 0) {
        fprintf(stderr, "figures: %s\n", err.text);
    } else {
        printf("figures: %s/figures\n", folder);
    }
    return EXIT_DONE;
}

static bool missed_objective(const struct summary *summary)
{
    for (uint32_t i = 0; i < summary->setup->scenario->slo_count; i++) {
        if (!summary->slos[i].met) {
            return true;
        }
    }
    return false;
}

/* What one run works with. */
struct job {
    const struct run_command *options;
    const struct loaded *loaded;
    const struct scenario *scenario;
    const struct setup *setup;
    const char *folder;
    struct recorder *recorder; /* For jobs.csv and slices.csv; NULL: neither. */
    struct tracer *tracer;     /* NULL: no trace. */
};

static uint32_t add_listeners(void *context, uint32_t partition, struct probe *ret_probes)
{
    const struct job *job = context;
    uint32_t count = job->recorder ? recorder_add(job->recorder, partition, ret_probes) : 0;

    return count + (job->tracer ? tracer_add(job->tracer, partition, ret_probes + count) : 0);
}

static void end_listeners(void *context, uint32_t partition)
{
    const struct job *job = context;

    if (job->recorder) {
        recorder_over(job->recorder, partition);
    }
}

static int write_results(const struct job *job, const struct simulation *simulation,
                         double seconds, struct err *err)
{
    struct run_facts facts = {
        .version = version_text,
        .wall_seconds = seconds,
        .threads = thread_count(job->options->threads),
        .event_count = simulation->event_count,
    };

    if (results_write(&simulation->summary, job->folder, err) ||
        write_effective(job->scenario, job->folder, err) ||
        (job->recorder && recorder_close(job->recorder, err)) ||
        (job->tracer && tracer_write(job->tracer, job->options->trace, err))) {
        return -1;
    }
    return results_write_run(&facts, job->folder, err);
}

static int simulate_and_write(struct job *job)
{
    struct simulation simulation;
    struct err err;
    struct watch watch;
    struct simulate_options options = {
        .threads = thread_count(job->options->threads),
        .listeners = { add_listeners, end_listeners, job },
        .no_skip = job->options->no_skip,
        .no_plain = job->options->no_plain,
        .phase_draws = PHASES_DRAWS,
    };
    double start = wall_seconds();

    watch_begin(&watch, job->scenario->name, &options.watch);
    int status = simulate(job->setup, &options, &simulation, &err);
    watch_end(&watch);
    if (status) {
        return tell_error_of(job->loaded, &err);
    }
    if (write_results(job, &simulation, wall_seconds() - start, &err) ||
        print_table(&simulation.summary, &err)) {
        status = tell_error(&err);
    } else {
        printf("results: %s\n", job->folder);
        status = job->options->no_figures ? EXIT_DONE : draw(job->folder);
    }
    if (status == EXIT_DONE && job->options->load.strict &&
        missed_objective(&simulation.summary)) {
        status = EXIT_RUN;
    }
    simulation_fini(&simulation);
    return status;
}

/* What is recorded is written as the run goes, so its files come first. */
static int record_and_simulate(struct job *job)
{
    const struct run_command *options = job->options;
    struct err err;

    if (options->jobs || options->slices) {
        job->recorder =
            recorder_open(job->setup, job->folder, options->jobs, options->slices, &err);
        if (!job->recorder) {
            return tell_error(&err);
        }
    }
    return simulate_and_write(job);
}

static int run_loaded(const struct run_command *options, struct loaded *loaded)
{
    struct err_list errors = { .count = 0 };
    struct setup setup;
    struct arena arena;
    int status = EXIT_SCENARIO;

    arena_init(&arena);
    if (setup_build(&loaded->scenario, &arena, &setup, &errors)) {
        report_errors(stderr, &loaded->source, &errors);
    } else {
        struct job job = {
            .options = options,
            .loaded = loaded,
            .scenario = &loaded->scenario,
            .setup = &setup,
            .folder = options->folder
                          ? options->folder
                          : arena_format(&arena, "results/%s", loaded->scenario.name),
            .tracer = options->trace ? tracer_create(&setup) : NULL,
        };
        status = record_and_simulate(&job);
        recorder_free(job.recorder);
        tracer_free(job.tracer);
    }
    arena_fini(&arena);
    return status;
}

static int run_run(const void *options, char *const *operands, int operand_count)
{
    const struct run_command *own = options;
    struct option_list sets = own->sets;
    char seed[64];
    int worst = EXIT_DONE;

    if (own->folder && operand_count > 1) {
        fprintf(stderr, "vgpusim run: --output takes one scenario, not %d\n", operand_count);
        return EXIT_USAGE;
    }
    if (own->trace && operand_count > 1) {
        fprintf(stderr, "vgpusim run: --trace takes one scenario, not %d\n", operand_count);
        return EXIT_USAGE;
    }
    if (own->seed && sets.count < OPTION_LIST_MAX) {
        (void)snprintf(seed, sizeof(seed), "seed=%s", own->seed);
        sets.items[sets.count++] = seed;
    }
    for (int i = 0; i < operand_count && worst == EXIT_DONE; i++) {
        struct loaded loaded;
        worst = load_with(operands[i], &sets, &own->load, &loaded);
        if (worst == EXIT_DONE) {
            worst = run_loaded(own, &loaded);
            loaded_fini(&loaded);
        }
    }
    return worst;
}

const struct command command_run = {
    .name = "run",
    .arguments = "SCENARIO...",
    .summary = "simulate, print the first screen, write results and figures",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct run_command),
    .operands_min = 1,
    .operands_max = INT_MAX,
    .run = run_run,
};
