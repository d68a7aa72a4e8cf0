#include "output/figures.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/embed.h"
#include "base/text.h"
#include "base/units.h"
#include "output/gnuplot.h"
#include "output/sheet.h"
#include "output/summary_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VMS_MAX = 2000, /* Rows of vms.csv that the scripts are quick for. */
    PARALLEL_MAX = 8,
};

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

enum { VMS, DISTRIBUTION, TIMELINE, WINDOWS, FAIRNESS, ENGINES, GPUS, SHEET_COUNT };

static const char *const sheet_files[SHEET_COUNT] = { "vms.csv",      "distribution.csv",
                                                      "timeline.csv", "windows.csv",
                                                      "fairness.csv", "engines.csv",
                                                      "gpus.csv" };

static const struct sheet sheets[SHEET_COUNT] = {
    [VMS] = { NAMES("vm", "workload", "gpu"),
              NAMES("latency_mean_ns", "latency_p50_ns", "latency_p90_ns", "latency_p95_ns",
                    "latency_p99_ns", "latency_p99_low_ns", "latency_p99_high_ns",
                    "share_percent", "entitled_percent", "queue_wait_mean_ns",
                    "slice_wait_mean_ns", "run_mean_ns", "switch_mean_ns", "host_mean_ns") },
    [DISTRIBUTION] = { NAMES("vm", "workload"), NAMES("latency_ns", "cumulative_percent") },
    [TIMELINE] = { NAMES("gpu", "engine", "vm"),
                   NAMES("switch_start_ns", "run_start_ns", "run_end_ns") },
    [WINDOWS] = { NAMES("gpu", "vm"), NAMES("start_ns", "end_ns", "service_ns", "jain") },
    [FAIRNESS] = { NAMES("gpu"), NAMES("window_ns", "windows", "jain_mean", "jain_min") },
    [ENGINES] = { NAMES("gpu", "engine"),
                  NAMES("busy_ns", "switch_ns", "lost_ns", "wasted_ns", "idle_ns") },
    [GPUS] = { NAMES("gpu"),
               NAMES("latency_mean_ns", "latency_p99_ns", "utilisation_percent") },
};

/* Figures of one file rather than of a results folder. */
static const struct {
    const char *name;   /* Of the figure. */
    const char *script; /* Path of the embedded script. */
    struct sheet sheet; /* What the file must have. */
} file_figures[] = {
    [FIGURE_VALIDATION] = { "validation",
                            "plots/validation.gp",
                            { NAMES("mode", "metric"),
                              NAMES("measured_ns", "predicted_ns", "measured_low_ns",
                                    "measured_high_ns", "error_percent", "error_low_percent",
                                    "error_high_percent") } },
    [FIGURE_VALIDATION_REGIMES] = { "validation_regimes",
                                    "plots/validation_regimes.gp",
                                    { NAMES("regime", "metric"), NAMES("error_percent") } },
    [FIGURE_VALIDATION_QUANTILES] = { "validation_quantiles",
                                      "plots/validation_quantiles.gp",
                                      { NAMES("regime"),
                                        NAMES("percent", "measured_ns", "predicted_ns") } },
    [FIGURE_VALIDATION_ERRORS] = { "validation_quantile_errors",
                                   "plots/validation_quantile_errors.gp",
                                   { NAMES("regime"),
                                     NAMES("percent", "vms", "error_p10_percent",
                                           "error_median_percent", "error_p90_percent") } },
    [FIGURE_VALIDATION_TIMELINES] = { "validation_timelines",
                                      "plots/validation_timelines.gp",
                                      { NAMES("scenario", "regime", "worst_vm", "source", "vm"),
                                        NAMES("case", "measured_mean_ns", "predicted_mean_ns",
                                              "from_ns", "to_ns", "place", "arrival_ns",
                                              "start_ns", "end_ns") } },
    [FIGURE_COMPARE] = { "compare",
                         "plots/compare.gp",
                         { NAMES("variant", "subject", "measure"),
                           NAMES("mean", "low", "high") } },
};

const struct figure figures[] = {
    { "latency_distribution", "plots/latency_distribution.gp", "Distribution of latency",
      "The part of the jobs done within a time, and the part slower than it, for each VM." },
    { "latency_percentiles", "plots/latency_percentiles.gp", "Latency percentiles",
      "The 50th, 90th, 95th and 99th percentile of latency, as bars for each VM." },
    { "timeline", "plots/timeline.gp", "Who ran when",
      "The stays of each VM on the engines of the first GPU shortly after the warm-up, and the "
      "switches between them." },
    { "fairness_time", "plots/fairness_time.gp", "Fairness over time",
      "Jain's index in each window of time, and the share that each VM had of the first GPU." },
    { "fairness_window", "plots/fairness_window.gp", "Fairness by length of window",
      "The mean and the least of Jain's index against the length of the window." },
    { "share", "plots/share.gp", "Share of the GPU",
      "The share of the GPU that each VM got, against the share that it was entitled to." },
    { "breakdown", "plots/breakdown.gp", "Where the mean latency goes",
      "The mean latency of each VM, split into waiting in the queue, waiting for a slice, "
      "running, switching and host time." },
    { "engines", "plots/engines.gp", "What the engines did",
      "The part of the time in which each engine ran, switched, or idled although there was "
      "work." },
    { "fleet", "plots/fleet.gp", "The GPUs of the fleet",
      "How many GPUs have which utilisation, and the part of the GPUs whose mean and p99 "
      "latency "
      "are at most so much." },
};
const size_t figure_count = ARRAY_LEN(figures);

/* The sheet that figure i reads beside vms.csv; VMS: none. */
static const int sheet_of[ARRAY_LEN(figures)] = { DISTRIBUTION, VMS,      TIMELINE,
                                                  WINDOWS,      FAIRNESS, VMS,
                                                  VMS,          ENGINES,  GPUS };

/* The scenario, its policies and the seed, from summary.json, and whether it is a fleet. */
static int read_subtitle(const char *path, struct text *subtitle, bool *ret_fleet,
                         struct err *err)
{
    struct summary_file file;
    int result = summary_file_load(&file, path, err);

    if (result) {
        return result == SUMMARY_FILE_TOO_LARGE ? FIGURES_TOO_LARGE : result;
    }
    text_put(subtitle, json_string_value(json_object_get(file.root, "name")));
    text_put(subtitle, ", ");
    summary_file_put_policies(&file, subtitle);
    text_printf(subtitle, ", seed %s", file.seed);
    *ret_fleet = json_is_object(json_object_get(file.root, "fleet"));
    summary_file_fini(&file);
    return 0;
}

/* The figures that are being drawn; the oldest is waited for when there are enough. */
struct queue {
    const char *folder; /* Where the figures go. Borrowed. */
    unsigned formats;   /* FIGURE_*. */
    struct gnuplot running[PARALLEL_MAX];
    size_t size; /* How many may run at a time. */
    size_t next; /* The slot of the oldest, and of the next. */
    int result;  /* Of the first that went wrong. */
    struct err *err;
};

static void note(struct queue *queue, int result, const struct err *err)
{
    if (result && !queue->result) {
        queue->result = result;
        *queue->err = *err;
    }
}

static void queue_init(struct queue *queue, unsigned formats, struct err *err)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    *queue = (struct queue){ .formats = formats, .size = 2, .err = err };
    if (processors > 2) {
        queue->size = processors < PARALLEL_MAX ? (size_t)processors : PARALLEL_MAX;
    }
}

static void queue_finish(struct queue *queue)
{
    struct err err = { 0 };

    for (size_t i = 0; i < queue->size; i++) {
        note(queue, gnuplot_finish(&queue->running[(queue->next + i) % queue->size], &err),
             &err);
    }
}

/* False: gnuplot is not there, and there is no point in going on. */
static bool queue_put(struct queue *queue, const struct gnuplot_task *task)
{
    struct gnuplot *slot = &queue->running[queue->next];
    struct err err = { 0 };

    note(queue, gnuplot_finish(slot, &err), &err);
    int result = gnuplot_start(slot, task, &err);
    if (result == GNUPLOT_MISSING) {
        queue->result = FIGURES_NO_GNUPLOT;
        return false;
    }
    note(queue, result, &err);
    queue->next = (queue->next + 1) % queue->size;
    return true;
}

static void put_script(struct text *script, const char *path)
{
    const struct embedded_file *file = embedded_find(path);

    assert(file);
    text_put_bytes(script, file->bytes, file->size);
    text_put(script, "\n");
}

static void put_variable(struct text *script, const char *name, const char *value)
{
    text_printf(script, "%s = ", name);
    gnuplot_quote(script, value);
    text_put(script, "\n");
}

/* An array of texts, name[1] and so on, and their number. */
static void put_names(struct text *script, const char *const *names, uint32_t count)
{
    text_printf(script, "name_count = %u\narray name[%u]\n", count, count);
    for (uint32_t i = 0; i < count; i++) {
        text_printf(script, "name[%u] = ", i + 1);
        gnuplot_quote(script, names[i]);
        text_put(script, "\n");
    }
}

/* Draws one script in each of the formats; false as queue_put. */
static bool draw(struct queue *queue, const char *name, const char *script)
{
    static const char *const endings[] = { "svg", "png", "pdf" };
    struct gnuplot_task task = { .name = name, .folder = queue->folder, .script = script };
    bool is_there = true;

    for (size_t i = 0; i < ARRAY_LEN(endings) && is_there; i++) {
        if (queue->formats & (1U << i)) {
            task.format = endings[i];
            is_there = queue_put(queue, &task);
        }
    }
    return is_there;
}

/* To gnuplot, a name that begins with '<' or '|' is a command; "./" makes it a file. */
static const char *as_path(struct arena *arena, const char *name)
{
    return name[0] == '/' ? name : arena_format(arena, "./%s", name);
}

static int make_folder(const char *folder, struct err *err)
{
    if (mkdir(folder, 0777) && errno != EEXIST) {
        return err_set(err, ERR_CREATE, "%s: %s", folder, strerror(errno));
    }
    return 0;
}

static int no_gnuplot(struct err *err, const char *then, const char *what)
{
    err_set(err, ERR_RUN, "gnuplot is not installed; apt-get install gnuplot-nox, then %s %s",
            then, what);
    return FIGURES_NO_GNUPLOT;
}

/* Checks every sheet of the folder `path`; that of GPUs only a fleet has. Without a right
   vms.csv no figure can be drawn: then -1 or FIGURES_*. A mistake in another goes to the queue,
   and its figures are left out. */
static int check_sheets(struct queue *queue, struct arena *arena, const char *path,
                        bool *is_right, struct err *err)
{
    int count = is_right[GPUS] ? SHEET_COUNT : GPUS;

    for (int i = 0; i < count; i++) {
        struct err mistake = { 0 };
        uint32_t rows = 0;
        const char *file = arena_format(arena, "%s/%s", path, sheet_files[i]);
        int result = sheet_check(&sheets[i], file, &rows, &mistake);

        if (result == 0 && i == VMS && rows > VMS_MAX) {
            err_set(&mistake, ERR_RUN, "%u rows of vms.csv are too many to draw; at most %d",
                    rows, VMS_MAX);
            result = SHEET_TOO_LARGE;
        }
        result = result == SHEET_TOO_LARGE ? FIGURES_TOO_LARGE : result;
        if (result && i == VMS) {
            *err = mistake;
            return result;
        }
        is_right[i] = result == 0;
        note(queue, result, &mistake);
    }
    return 0;
}

/* Draws the figures whose sheets are right; false as queue_put. */
static bool draw_all(struct queue *queue, const char *path, const char *subtitle,
                     const bool *is_right)
{
    struct text script;
    bool is_there = true;

    text_init(&script);
    for (size_t i = 0; i < figure_count && is_there; i++) {
        if (is_right[sheet_of[i]]) {
            text_clear(&script);
            put_variable(&script, "dir", path);
            put_variable(&script, "subtitle", subtitle);
            put_script(&script, "plots/common.gp");
            put_script(&script, "plots/vms.gp");
            put_script(&script, figures[i].script);
            is_there = draw(queue, figures[i].name, script.bytes);
        }
    }
    queue_finish(queue);
    text_fini(&script);
    return is_there;
}

int figures_draw(const char *dir, unsigned formats, struct err *err)
{
    bool is_right[SHEET_COUNT] = { false };
    struct arena arena;
    struct text subtitle;
    struct queue queue;

    arena_init(&arena);
    text_init(&subtitle);
    queue_init(&queue, formats, err);
    const char *path = as_path(&arena, dir);
    queue.folder = arena_format(&arena, "%s/figures", path);

    int result = read_subtitle(arena_format(&arena, "%s/summary.json", path), &subtitle,
                               &is_right[GPUS], err);
    if (result == 0) {
        result = check_sheets(&queue, &arena, path, is_right, err);
    }
    if (result == 0) {
        result = make_folder(queue.folder, err);
    }
    if (result == 0) {
        bool is_there = draw_all(&queue, path, subtitle.bytes, is_right);
        result = is_there ? queue.result : no_gnuplot(err, "vgpusim plot", dir);
    }
    text_fini(&subtitle);
    arena_fini(&arena);
    return result;
}

int figures_draw_file(enum file_figure figure, const struct figure_paths *paths,
                      unsigned formats, struct err *err)
{
    struct arena arena;
    struct text script;
    struct queue queue;
    uint32_t rows = 0;

    arena_init(&arena);
    text_init(&script);
    queue_init(&queue, formats, err);
    const char *path = as_path(&arena, paths->csv);
    queue.folder = as_path(&arena, paths->folder);

    int result = sheet_check(&file_figures[figure].sheet, path, &rows, err);
    result = result == SHEET_TOO_LARGE ? FIGURES_TOO_LARGE : result;
    if (result == 0) {
        result = make_folder(queue.folder, err);
    }
    if (result == 0) {
        put_variable(&script, "file", path);
        put_variable(&script, "dir", queue.folder);
        put_variable(&script, "subtitle", paths->subtitle);
        if (paths->names) {
            put_names(&script, paths->names, paths->name_count);
        }
        put_script(&script, "plots/common.gp");
        put_script(&script, file_figures[figure].script);
        bool is_there = draw(&queue, file_figures[figure].name, script.bytes);
        queue_finish(&queue);
        result = is_there ? queue.result : no_gnuplot(err, "draw", paths->csv);
    }
    text_fini(&script);
    arena_fini(&arena);
    return result;
}
