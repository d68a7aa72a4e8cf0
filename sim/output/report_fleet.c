/* report_fleet.c - the part of the report that speaks of a fleet's GPUs. */
#include "output/report_parts.h"

/* clang-format off */
static const struct html_column spread_columns[] = {
    { "measure", "of a GPU", HTML_NAME },
    { "least", "least", HTML_NUMBER },
    { "p10", "p10", HTML_NUMBER },
    { "p50", "p50", HTML_NUMBER },
    { "p90", "p90", HTML_NUMBER },
    { "p99", "p99", HTML_NUMBER },
    { "most", "most", HTML_NUMBER },
    { "mean", "mean", HTML_NUMBER },
};

static const struct html_column worst_columns[] = {
    { "gpu", "GPU", HTML_NAME },
    { "vms", "VMs", HTML_COUNT },
    { "vms_missed", "miss an SLO", HTML_COUNT },
    { "utilisation_percent", "used (%)", HTML_PERCENT },
    { "switch_percent", "switching (%)", HTML_PERCENT },
    { "jobs_per_second", "jobs/s", HTML_NUMBER },
    { "latency_mean_ns", "mean (ms)", HTML_MS },
    { "latency_p99_ns", "p99 (ms)", HTML_MS },
    { "jain_all", "Jain", HTML_NUMBER },
    { "jain_windows", "Jain, 100 ms", HTML_NUMBER },
};
/* clang-format on */

/* The rows of a pool's table: a measure each, latencies in ms. */
static json_t *spread_rows(const json_t *pool)
{
    static const struct {
        const char *key;
        const char *title;
        double unit;
    } measures[] = {
        { "utilisation_percent", "compute used (%)", 1 },
        { "switch_percent", "switching (%)", 1 },
        { "jobs_per_second", "jobs/s", 1 },
        { "latency_mean_ns", "mean latency (ms)", 1e6 },
        { "latency_p99_ns", "p99 latency (ms)", 1e6 },
        { "jain_all", "fairness (Jain)", 1 },
        { "jain_windows", "fairness in the shortest windows", 1 },
    };
    json_t *rows = json_array();

    for (size_t i = 0; i < ARRAY_LEN(measures); i++) {
        json_t *row = json_pack("{s:s}", "measure", measures[i].title);
        const char *key = NULL;
        json_t *value = NULL;
        json_object_foreach(json_object_get(pool, measures[i].key), key, value)
        {
            if (json_is_number(value)) {
                json_object_set_new(row, key,
                                    json_real(json_number_value(value) / measures[i].unit));
            }
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

void report_put_fleet(struct report *r)
{
    const json_t *fleet = json_object_get(r->root, "fleet");
    size_t index = 0;
    json_t *pool = NULL;

    if (!json_is_object(fleet)) {
        return;
    }
    text_put(&r->html, "<section>\n<h2>The fleet</h2>\n");
    report_put_figure(r, "fleet");
    json_array_foreach(json_object_get(fleet, "pools"), index, pool)
    {
        const char *caption = arena_format(
            &r->arena, "%" JSON_INTEGER_FORMAT " GPUs or instances of %s, and how they differ",
            json_integer_value(json_object_get(pool, "gpus")), report_text_of(pool, "gpu"));
        json_t *rows = spread_rows(pool);
        html_put_table(&r->html, TABLE(caption, spread_columns), rows, REPORT_ROWS_MAX);
        json_decref(rows);
    }
    html_put_table(&r->html,
                   TABLE("The worst GPUs: by VMs that miss an objective, then by p99 latency",
                         worst_columns),
                   json_object_get(fleet, "worst"), REPORT_ROWS_MAX);
    text_put(&r->html,
             "<p>In what follows, VMs stand together by entry of the scenario, and the "
             "GPUs are the worst ones; gpus.csv has every GPU.</p>\n</section>\n");
}
