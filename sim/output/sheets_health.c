/* sheets_health.c - health.csv and temperature.csv. */
#include "output/sheets.h"

static void number(struct out *o, bool is_known, double value)
{
    out_char(o, ',');
    if (is_known) {
        out_format(o, "%.9g", value);
    }
}

static void count(struct out *o, bool is_known, int64_t value)
{
    out_char(o, ',');
    if (is_known) {
        out_int(o, value);
    }
}

void sheet_health(struct out *o, const struct summary *s)
{
    out_text(o, "gpu,temperature_mean_c,temperature_max_c,power_mean_w,clock_mean_percent,"
                "throttled_percent,silent_errors,corrupted_jobs,detected_errors,resets,"
                "lost_jobs,away_ns,silent_per_year,detected_per_year,resets_per_year\n");
    for (uint32_t u = 0; u < s->unit_count; u++) {
        const struct health_summary *h = s->units[u].health;
        if (!h) {
            continue;
        }
        bool heat = h->has_heat && h->watched_ns > 0;
        double seconds = heat ? (double)h->watched_ns / (double)SEC : 1.0;
        out_text(o, s->units[u].gpu);
        number(o, heat, h->temperature_mean);
        number(o, heat, h->temperature_max);
        number(o, heat, h->joules / seconds);
        number(o, heat, 100 * h->clock_mean);
        number(o, heat, heat ? 100 * (double)h->throttled_ns / (double)h->watched_ns : 0.0);
        count(o, h->has_faults, (int64_t)h->faults[FAULT_SILENT]);
        count(o, h->has_faults, (int64_t)h->corrupted);
        count(o, h->has_faults, (int64_t)h->faults[FAULT_DETECTED]);
        count(o, h->has_faults, (int64_t)h->faults[FAULT_RESET]);
        count(o, h->has_faults, (int64_t)h->lost);
        count(o, h->has_faults, h->away_ns);
        for (int kind = 0; kind < FAULT_COUNT; kind++) {
            number(o, h->has_faults, h->expected_per_year[kind]);
        }
        out_char(o, '\n');
    }
}

void sheet_temperature(struct out *o, const struct summary *s)
{
    out_text(o, "gpu,now_ns,temperature_c,power_w,clock_percent\n");
    for (uint32_t u = 0; u < s->unit_count; u++) {
        const struct health_summary *h = s->units[u].health;
        for (uint32_t i = 0; h && i < h->row_count; i++) {
            const struct warmth_row *row = &h->rows[i];
            out_text(o, s->units[u].gpu);
            count(o, true, row->now);
            number(o, true, row->temperature);
            number(o, true, row->watts);
            number(o, true, 100 * row->clock);
            out_char(o, '\n');
        }
    }
}
