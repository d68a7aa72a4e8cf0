#include "output/results.h"

#include "output/out.h"
#include "output/sheets.h"

static int write_sheet(const struct summary *s, const char *folder, const char *name,
                       void (*write)(struct out *, const struct summary *), struct err *err)
{
    struct out o;

    if (out_open_in(&o, folder, name, err)) {
        return -1;
    }
    write(&o, s);
    return out_close(&o, err);
}

/* Beyond what scenarios request: what there is. */
enum { WANTS_HEALTH = 1 << 30, WANTS_HEAT = 1 << 29 };

static uint32_t requests_of(const struct summary *s)
{
    uint32_t requests = s->setup->scenario->metrics;

    for (uint32_t u = 0; u < s->unit_count; u++) {
        const struct health_summary *h = s->units[u].health;
        requests |= h ? WANTS_HEALTH : 0;
        requests |= h && h->has_heat ? WANTS_HEAT : 0;
    }
    return requests;
}

int results_write(const struct summary *s, const char *folder, struct err *err)
{
    static const struct {
        const char *name;
        void (*write)(struct out *, const struct summary *);
        uint32_t request; /* Of scenario.metrics; 0: always. */
        bool of_fleet;
    } files[] = {
        { "vms.csv", sheet_vms, 0, false },
        { "windows.csv", sheet_windows, 0, false },
        { "fairness.csv", sheet_fairness, 0, false },
        { "distribution.csv", sheet_distribution, 0, false },
        { "timeline.csv", sheet_timeline, 0, false },
        { "engines.csv", sheet_engines, 0, false },
        { "gpus.csv", sheet_gpus, 0, true },
        { "lag.csv", sheet_lag, METRIC_LAG, false },
        { "alone.csv", sheet_alone, METRIC_ALONE, false },
        { "health.csv", sheet_health, WANTS_HEALTH, false },
        { "temperature.csv", sheet_temperature, WANTS_HEAT, false },
        { "summary.json", json_summary, 0, false },
    };

    uint32_t requests = requests_of(s);
    if (out_folder(folder, err)) {
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        bool is_wanted = files[i].request == 0 || (requests & files[i].request) != 0;
        is_wanted = is_wanted && (!files[i].of_fleet || s->fleet);
        if (is_wanted && write_sheet(s, folder, files[i].name, files[i].write, err)) {
            return -1;
        }
    }
    return 0;
}

int results_write_run(const struct run_facts *facts, const char *folder, struct err *err)
{
    struct out o;

    if (out_folder(folder, err) || out_open_in(&o, folder, "run.json", err)) {
        return -1;
    }
    json_run(&o, facts);
    return out_close(&o, err);
}

int results_write_text(const char *folder, const char *name, const char *bytes, size_t size,
                       struct err *err)
{
    struct out o;

    if (out_folder(folder, err) || out_open_in(&o, folder, name, err)) {
        return -1;
    }
    out_bytes(&o, bytes, size);
    return out_close(&o, err);
}
