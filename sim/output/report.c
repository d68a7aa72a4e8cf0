#include "output/report.h"

#include "output/figures.h"
#include "output/out.h"
#include "output/report_parts.h"
#include "output/sheet.h"
#include "output/summary_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    UNFOLDED_ROWS_MAX = 12,
    FAIRNESS_GPUS_MAX = 4,
};

static const char style[] =
    ":root{color-scheme:light dark;--text:#1b1b1b;--soft:#555;--back:#fff;--card:#f4f5f7;"
    "--line:#c9ccd1;--bad:#a30000;--good:#00603f}\n"
    "@media(prefers-color-scheme:dark){:root{--text:#e8e8e8;--soft:#b4b4b4;--back:#16181c;"
    "--card:#22252b;--line:#464b54;--bad:#ff8f8f;--good:#6fdcae}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:62rem;background:var(--back);"
    "color:var(--text);font:16px/1.5 'DejaVu Sans',system-ui,sans-serif}\n"
    "h1{font-size:1.7rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.25rem;margin:2.2rem 0 "
    ".6rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}\n"
    ".question{font-size:1.1rem;margin:.4rem 0 1rem;max-width:46rem;white-space:pre-line}\n"
    ".facts{display:flex;flex-wrap:wrap;gap:.3rem 2rem;margin:0;padding:.7rem "
    "1rem;background:var(--card);border-radius:.4rem}.facts div{display:flex;gap:.5rem}"
    ".facts dt{color:var(--soft)}.facts dd{margin:0;font-weight:600;overflow-wrap:anywhere}\n"
    ".warnings{border-left:.3rem solid var(--bad);background:var(--card);padding:.6rem 1rem;"
    "margin:1rem 0}.warnings h2{margin:0;border:0;font-size:1rem;color:var(--bad)}"
    ".warnings ul{margin:.2rem 0 0;padding-left:1.2rem}\n"
    ".wide{overflow-x:auto;margin:1rem 0}.wide:focus-visible{outline:2px solid #0072b2}\n"
    "table{border-collapse:collapse;font-size:.85rem;min-width:100%}"
    "caption{text-align:left;color:var(--soft);padding:.2rem 0;font-size:.85rem}"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
    "white-space:nowrap}thead th{border-bottom:2px solid var(--line);vertical-align:bottom}"
    "tbody th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    ".met{color:var(--good);font-weight:600}.missed{color:var(--bad);font-weight:600}\n"
    "figure{margin:1.2rem 0}figure svg{display:block;width:100%;max-width:46rem;height:auto;"
    "background:#fff;color:#000;border-radius:.4rem}"
    "figcaption{color:var(--soft);font-size:.85rem;margin-top:.3rem;max-width:46rem}\n"
    "details{margin:1rem 0}summary{cursor:pointer;font-weight:600}"
    "pre{background:var(--card);padding:1rem;overflow-x:auto;font-size:.8rem}\n"
    "footer{margin-top:3rem;color:var(--soft);font-size:.85rem}a{color:inherit}\n"
    "@media print{body{max-width:none;font-size:10pt;padding:0}figure,tr{break-inside:avoid}"
    "h2{break-after:avoid}.wide{overflow:visible}table,caption{font-size:7.5pt}figure "
    "svg{max-width:14cm}"
    ""
    "th,td{padding:.1rem .3rem;white-space:normal}}\n";

/* clang-format off */
static const struct html_column latency_columns[] = {
    { "vm", "VM", HTML_NAME },
    { "workload", "workload", HTML_NAME },
    { "latency_mean_ns", "mean", HTML_MS },
    { "latency_mean_low_ns", "mean, from", HTML_MS },
    { "latency_mean_high_ns", "to", HTML_MS },
    { "latency_p50_ns", "p50", HTML_MS },
    { "latency_p90_ns", "p90", HTML_MS },
    { "latency_p95_ns", "p95", HTML_MS },
    { "latency_p99_ns", "p99", HTML_MS },
    { "latency_p99_low_ns", "p99, from", HTML_MS },
    { "latency_p99_high_ns", "to", HTML_MS },
    { "latency_max_ns", "largest", HTML_MS },
    { "slowdown_mean", "slowdown", HTML_NUMBER },
};

static const struct html_column phase_columns[] = {
    { "vm", "VM", HTML_NAME },
    { "workload", "workload", HTML_NAME },
    { "latency_mean_ns", "mean of the run", HTML_MS },
    { "phase_mean_low_ns", "over phases, from", HTML_MS },
    { "phase_mean_high_ns", "to", HTML_MS },
    { "latency_p99_ns", "p99 of the run", HTML_MS },
    { "phase_p99_low_ns", "over phases, from", HTML_MS },
    { "phase_p99_high_ns", "to", HTML_MS },
};

static const struct html_column work_columns[] = {
    { "vm", "VM", HTML_NAME },
    { "workload", "workload", HTML_NAME },
    { "gpu", "GPU", HTML_NAME },
    { "jobs_arrived", "arrived", HTML_COUNT },
    { "jobs_done", "done", HTML_COUNT },
    { "jobs_dropped", "dropped", HTML_COUNT },
    { "jobs_unfinished", "unfinished", HTML_COUNT },
    { "deadline_missed", "late", HTML_COUNT },
    { "frames_per_second", "frames/s", HTML_NUMBER },
    { "frames_low_1_percent", "1 % low", HTML_NUMBER },
    { "share_percent", "share (%)", HTML_PERCENT },
    { "entitled_percent", "entitled (%)", HTML_PERCENT },
};

static const struct html_column part_columns[] = {
    { "vm", "VM", HTML_NAME },
    { "workload", "workload", HTML_NAME },
    { "queue_wait_mean_ns", "wait in queue", HTML_MS },
    { "slice_wait_mean_ns", "wait for slice", HTML_MS },
    { "run_mean_ns", "run", HTML_MS },
    { "switch_mean_ns", "switch", HTML_MS },
    { "host_mean_ns", "host", HTML_MS },
    { "latency_mean_ns", "latency", HTML_MS },
};

static const struct html_column gpu_columns[] = {
    { "gpu", "GPU", HTML_NAME },
    { "mode", "sharing", HTML_NAME },
    { "policy", "policy", HTML_NAME },
    { "slice_ns", "slice (ms)", HTML_MS },
    { "vms", "VMs", HTML_COUNT },
    { "backlogged_vms", "always busy", HTML_COUNT },
    { "jain_backlogged", "Jain, of those", HTML_NUMBER },
    { "jain_all", "Jain, of all", HTML_NUMBER },
};

static const struct html_column fairness_columns[] = {
    { "window_ns", "window (ms)", HTML_MS },
    { "windows", "windows", HTML_COUNT },
    { "jain_mean", "Jain, mean", HTML_NUMBER },
    { "jain_min", "Jain, least", HTML_NUMBER },
};

static const struct html_column engine_columns[] = {
    { "engine", "engine", HTML_NAME },
    { "gpu", "GPU", HTML_NAME },
    { "utilisation_percent", "in use (%)", HTML_PERCENT },
    { "busy_ns", "busy (ms)", HTML_MS },
    { "switch_ns", "switching (ms)", HTML_MS },
    { "lost_ns", "lost (ms)", HTML_MS },
    { "wasted_ns", "idle with work (ms)", HTML_MS },
    { "idle_ns", "idle (ms)", HTML_MS },
    { "stays", "stays", HTML_COUNT },
    { "switches", "switches", HTML_COUNT },
};
/* clang-format on */

static void put_fact(struct report *r, const char *name, const char *value)
{
    text_put(&r->html, "<div><dt>");
    html_put(&r->html, name);
    text_put(&r->html, "</dt><dd>");
    html_put(&r->html, value);
    text_put(&r->html, "</dd></div>\n");
}

static const char *seconds(struct report *r, const char *key)
{
    double value_ns = json_number_value(json_object_get(r->root, key));

    return arena_format(&r->arena, "%.9g s", value_ns / 1e9);
}

static void put_head(struct report *r, const struct summary_file *file)
{
    const char *name = json_string_value(json_object_get(r->root, "name"));
    const char *question = json_string_value(json_object_get(r->root, "question"));
    json_int_t refused = json_integer_value(json_object_get(r->root, "vms_refused"));
    struct text policies;

    text_put(&r->html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, "
                       "initial-scale=1\">\n<title>");
    html_put(&r->html, name);
    text_printf(&r->html,
                " - vgpusim</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n"
                "<header>\n<h1>",
                style);
    html_put(&r->html, name);
    text_put(&r->html, "</h1>\n");
    if (question && *question) {
        text_put(&r->html, "<p class=\"question\">");
        html_put(&r->html, question);
        text_put(&r->html, "</p>\n");
    }
    text_put(&r->html, "<dl class=\"facts\">\n");
    text_init(&policies);
    summary_file_put_policies(file, &policies);
    put_fact(r, "policy", policies.bytes);
    put_fact(r, "seed", file->seed);
    put_fact(r, "simulated", seconds(r, "duration_ns"));
    put_fact(r, "of it warm-up", seconds(r, "warmup_ns"));
    if (refused > 0) {
        put_fact(r, "VMs refused", arena_format(&r->arena, "%" JSON_INTEGER_FORMAT, refused));
    }
    text_put(&r->html, "</dl>\n</header>\n");
    text_fini(&policies);
}

static void put_warnings(struct report *r)
{
    const json_t *warnings = json_object_get(r->root, "warnings");
    size_t index = 0;
    json_t *warning = NULL;

    if (json_array_size(warnings) == 0) {
        return;
    }
    text_put(&r->html, "<section class=\"warnings\" aria-labelledby=\"warnings\">\n"
                       "<h2 id=\"warnings\">Before you believe this</h2>\n<ul>\n");
    json_array_foreach(warnings, index, warning)
    {
        text_put(&r->html, "<li>");
        if (json_is_string(warning)) {
            html_put(&r->html, json_string_value(warning));
        }
        text_put(&r->html, "</li>\n");
    }
    text_put(&r->html, "</ul>\n</section>\n");
}

/* A value in the unit that people use for such an objective. */
static void put_objective(struct text *html, const char *metric, const json_t *value)
{
    double number = json_number_value(value);

    if (!json_is_number(value)) {
        text_put(html, "unknown");
    } else if (strncmp(metric, "latency", strlen("latency")) == 0) {
        text_printf(html, "%.4g ms", number / 1e6);
    } else if (strcmp(metric, "throughput") == 0) {
        text_printf(html, "%.4g jobs/s", number);
    } else {
        text_printf(html, "%.4g %%", 100 * number);
    }
}

const char *report_text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void put_slo(struct text *html, const json_t *slo)
{
    const json_t *max = json_object_get(slo, "max");
    const json_t *met = json_object_get(slo, "met");
    const char *metric = report_text_of(slo, "metric");

    text_put(html, "<tr><th scope=\"row\">");
    html_put(html, report_text_of(slo, "vm"));
    text_put(html, "</th><td>");
    html_put(html, metric);
    text_put(html, json_is_number(max) ? " at most " : " at least ");
    put_objective(html, metric, json_is_number(max) ? max : json_object_get(slo, "min"));
    text_put(html, "</td><td>");
    put_objective(html, metric, json_object_get(slo, "worst_value"));
    text_put(html, "</td><td>");
    html_put(html, report_text_of(slo, "worst_vm"));
    text_put(html, " ");
    html_put(html, report_text_of(slo, "worst_workload"));
    text_printf(html, "</td><td class=\"n\">%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT,
                json_integer_value(json_object_get(slo, "vms_met")),
                json_integer_value(json_object_get(slo, "vms")));
    text_put(html, json_is_true(met) ? "</td><td class=\"met\">met</td></tr>\n"
                                     : "</td><td class=\"missed\">missed</td></tr>\n");
}

static void put_slos(struct report *r)
{
    const json_t *slos = json_object_get(r->root, "slo");
    size_t index = 0;
    json_t *slo = NULL;

    if (json_array_size(slos) == 0) {
        return;
    }
    text_put(&r->html, "<section>\n<h2>Objectives</h2>\n<div class=\"wide\" role=\"region\" "
                       "aria-label=\"Objectives\" tabindex=\"0\"><table>"
                       "<caption>Each is judged by the VM that comes off worst</caption>\n"
                       "<thead><tr><th scope=\"col\">VMs</th><th scope=\"col\">objective</th>"
                       "<th scope=\"col\">worst</th><th scope=\"col\">at</th>"
                       "<th scope=\"col\" class=\"n\">VMs that meet it</th>"
                       "<th scope=\"col\">verdict</th></tr></thead>\n<tbody>\n");
    json_array_foreach(slos, index, slo)
    {
        put_slo(&r->html, slo);
    }
    text_put(&r->html, "</tbody></table></div>\n</section>\n");
}

void report_put_figure(struct report *r, const char *name)
{
    struct err ignored = { 0 };
    struct text svg = { 0 };
    const struct figure *figure = NULL;

    for (size_t i = 0; i < figure_count; i++) {
        if (strcmp(figures[i].name, name) == 0) {
            figure = &figures[i];
        }
    }
    const char *path = arena_format(&r->arena, "%s/figures/%s.svg", r->dir, name);
    if (!figure || sheet_read(path, SHEET_BYTES_MAX, &svg, &ignored)) {
        return;
    }
    size_t before = r->html.size;
    text_put(&r->html, "<figure>");
    if (html_put_svg(&r->html, svg.bytes, name, figure->title, figure->alt)) {
        r->html.size = before;
        r->html.bytes[before] = '\0';
    } else {
        text_put(&r->html, "<figcaption>");
        html_put(&r->html, figure->alt);
        text_put(&r->html, "</figcaption></figure>\n");
    }
    text_fini(&svg);
}

/* A row for each member of the list `key` of each GPU, which gets the GPU's name. */
static json_t *gather(const json_t *gpus, const char *key)
{
    json_t *rows = json_array();
    size_t index = 0;
    size_t number = 0;
    json_t *gpu = NULL;
    json_t *item = NULL;

    json_array_foreach(gpus, index, gpu)
    {
        json_array_foreach(json_object_get(gpu, key), number, item)
        {
            json_t *row = json_copy(item);
            json_object_set(row, "gpu", json_object_get(gpu, "gpu"));
            json_array_append_new(rows, row);
        }
    }
    return rows;
}

/* Where arrivals come in phase, between what their latencies lie under other phases. */
static void put_phases(struct report *r, const json_t *vms)
{
    json_t *rows = json_array();
    size_t index = 0;
    json_t *row = NULL;

    json_array_foreach(vms, index, row)
    {
        if (json_object_get(row, "phase_draws")) {
            json_array_append(rows, row);
        }
    }
    if (json_array_size(rows) > 0) {
        html_put_table(&r->html,
                       TABLE("Latency in ms where arrivals come in phase, and between what it "
                             "lies under other phases",
                             phase_columns),
                       rows, REPORT_ROWS_MAX);
    }
    json_decref(rows);
}

static void put_latency(struct report *r)
{
    const json_t *vms = json_object_get(r->root, "vms");

    text_put(&r->html, "<section>\n<h2>Latency</h2>\n");
    html_put_table(&r->html,
                   TABLE("Latency in ms; the ranges are 95 % intervals", latency_columns), vms,
                   REPORT_ROWS_MAX);
    put_phases(r, vms);
    report_put_figure(r, "latency_percentiles");
    report_put_figure(r, "latency_distribution");
    report_put_figure(r, "breakdown");
    bool is_long = json_array_size(vms) > UNFOLDED_ROWS_MAX;
    text_put(&r->html, is_long ? "<details><summary>The same in numbers</summary>\n" : "");
    html_put_table(&r->html, TABLE("Parts of the mean latency in ms", part_columns), vms,
                   REPORT_ROWS_MAX);
    text_put(&r->html, is_long ? "</details>\n" : "");
    text_put(&r->html, "</section>\n");
}

static void put_sharing(struct report *r)
{
    text_put(&r->html, "<section>\n<h2>Work and shares</h2>\n");
    html_put_table(&r->html,
                   TABLE("Jobs after the warm-up, and shares of the GPU", work_columns),
                   json_object_get(r->root, "vms"), REPORT_ROWS_MAX);
    report_put_figure(r, "share");
    report_put_figure(r, "timeline");
    text_put(&r->html, "</section>\n");
}

static void put_fairness(struct report *r)
{
    const json_t *gpus = json_object_get(r->root, "gpus");
    size_t index = 0;
    json_t *gpu = NULL;

    text_put(&r->html, "<section>\n<h2>Fairness</h2>\n");
    html_put_table(&r->html, TABLE("GPUs, and Jain's index over the whole run", gpu_columns),
                   gpus, REPORT_ROWS_MAX);
    report_put_figure(r, "fairness_window");
    report_put_figure(r, "fairness_time");
    json_array_foreach(gpus, index, gpu)
    {
        if (index < FAIRNESS_GPUS_MAX) {
            const char *caption = arena_format(&r->arena, "Jain's index by window on %s",
                                               report_text_of(gpu, "gpu"));
            html_put_table(&r->html, TABLE(caption, fairness_columns),
                           json_object_get(gpu, "fairness"), REPORT_ROWS_MAX);
        }
    }
    text_put(&r->html, "</section>\n");
}

static void put_engines(struct report *r)
{
    json_t *engines = gather(json_object_get(r->root, "gpus"), "engines");

    text_put(&r->html, "<section>\n<h2>Engines</h2>\n");
    html_put_table(&r->html, TABLE("What each engine did after the warm-up", engine_columns),
                   engines, REPORT_ROWS_MAX);
    report_put_figure(r, "engines");
    text_put(&r->html, "</section>\n");
    json_decref(engines);
}

/* effective.yaml, folded. */
static void put_values(struct report *r)
{
    struct err ignored = { 0 };
    struct text yaml = { 0 };
    const char *path = arena_format(&r->arena, "%s/effective.yaml", r->dir);

    if (sheet_read(path, SHEET_BYTES_MAX, &yaml, &ignored)) {
        return;
    }
    text_put(&r->html,
             "<section>\n<h2>Values used</h2>\n<details><summary>Every value, defaults "
             "included</summary>\n<pre>");
    html_put(&r->html, yaml.bytes);
    text_put(&r->html, "</pre></details>\n</section>\n");
    text_fini(&yaml);
}

static int write_page(struct report *r, struct err *err)
{
    struct out *out = arena_take(&r->arena, 1, sizeof(*out));

    if (out_open(out, arena_format(&r->arena, "%s/report.html", r->dir), err)) {
        return -1;
    }
    out_bytes(out, r->html.bytes, r->html.size);
    return out_close(out, err);
}

int report_write(const char *dir, struct err *err)
{
    struct summary_file file;
    struct report report = { .dir = dir };

    arena_init(&report.arena);
    const char *path = arena_format(&report.arena, "%s/summary.json", dir);
    int result = summary_file_load(&file, path, err) ? -1 : 0;
    if (result == 0) {
        text_init(&report.html);
        report.root = file.root;
        put_head(&report, &file);
        put_warnings(&report);
        put_slos(&report);
        report_put_fleet(&report);
        put_latency(&report);
        put_sharing(&report);
        put_fairness(&report);
        put_engines(&report);
        put_values(&report);
        text_put(&report.html,
                 "</main>\n<footer>Made by vgpusim from the files of this folder; "
                 "the CSV files hold every number.</footer>\n</body>\n</html>\n");
        result = write_page(&report, err);
        text_fini(&report.html);
        summary_file_fini(&file);
    }
    arena_fini(&report.arena);
    return result;
}
