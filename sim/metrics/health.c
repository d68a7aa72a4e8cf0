#include "metrics/health.h"

static const double year_ns = 365.25 * (double)DAY;

bool health_is_watched(const struct gpu_entry *gpu)
{
    return gpu->thermal.is_on || faults_any(&gpu->faults);
}

static double per_year(nsec mean_ns)
{
    return mean_ns > 0 ? year_ns / (double)mean_ns : 0.0;
}

void health_listen(struct health_listener *listener, const struct scenario *scenario,
                   const struct gpu_entry *gpu, nsec warmup_ns, struct arena *results)
{
    struct health_summary *s = arena_take(results, 1, sizeof(*s));
    nsec intervals = gpu->thermal.is_on ? scenario->duration_ns / gpu->thermal.interval_ns : 0;

    s->has_heat = gpu->thermal.is_on;
    s->has_faults = faults_any(&gpu->faults);
    s->expected_per_year[FAULT_SILENT] = per_year(gpu->faults.silent_ns);
    s->expected_per_year[FAULT_DETECTED] = per_year(gpu->faults.detected_ns);
    s->expected_per_year[FAULT_RESET] = per_year(gpu->faults.reset_ns);
    *listener =
        (struct health_listener){ .summary = s,
                                  .warmup_ns = warmup_ns,
                                  .duration_ns = scenario->duration_ns,
                                  .stride = (uint32_t)(intervals / WARMTH_ROWS_MAX) + 1 };
    s->rows =
        arena_take(results, (size_t)(intervals / listener->stride) + 1, sizeof(s->rows[0]));
}

static void on_heated(void *context, const struct heat *heat)
{
    struct health_listener *l = context;
    struct health_summary *s = l->summary;

    if (++l->since == l->stride) { /* Also during warm-up: that is when it gets warm. */
        s->rows[s->row_count++] =
            (struct warmth_row){ heat->now, heat->temperature, heat->watts, heat->clock };
        l->since = 0;
    }
    if (heat->now - heat->span_ns < l->warmup_ns) {
        return;
    }
    l->intervals++;
    l->temperature_sum += heat->temperature;
    l->clock_sum += heat->clock;
    s->temperature_max =
        heat->temperature > s->temperature_max ? heat->temperature : s->temperature_max;
    s->joules += heat->watts * (double)heat->span_ns / (double)SEC;
    s->watched_ns += heat->span_ns;
    s->throttled_ns += heat->clock < 1.0 ? heat->span_ns : 0;
}

static void on_failed(void *context, const struct fault *fault)
{
    struct health_listener *l = context;
    struct health_summary *s = l->summary;
    nsec left = l->duration_ns - fault->now;

    if (fault->now < l->warmup_ns) {
        return;
    }
    s->faults[fault->kind]++;
    s->corrupted += fault->kind == FAULT_SILENT && fault->vm != VM_NONE;
    s->away_ns += fault->away_ns < left ? fault->away_ns : left;
}

static void on_unfinished(void *context, const struct job_left *job)
{
    struct health_listener *l = context;

    l->summary->lost += job->lost && job->arrival_ns >= l->warmup_ns;
}

struct probe health_probe(struct health_listener *listener)
{
    return (struct probe){ .context = listener,
                           .heated = on_heated,
                           .failed = on_failed,
                           .unfinished = on_unfinished };
}

const struct health_summary *health_summarise(struct health_listener *listener)
{
    struct health_summary *s = listener->summary;

    if (listener->intervals > 0) {
        s->temperature_mean = listener->temperature_sum / (double)listener->intervals;
        s->clock_mean = listener->clock_sum / (double)listener->intervals;
    }
    return s;
}
