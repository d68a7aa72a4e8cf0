#include "run/health.h"

#include "base/assert.h"
#include "run/inside.h"

static const char *const fault_names[FAULT_COUNT] = { "silent", "detected", "reset" };

/* ------------------------------------------------------------------------------- creation */

static void set_next(struct run *run)
{
    struct health *h = run->health;

    h->next_ns = h->heat_ns < h->back_ns ? h->heat_ns : h->back_ns;
    for (int kind = 0; kind < FAULT_COUNT; kind++) {
        h->next_ns = h->fault_ns[kind] < h->next_ns ? h->fault_ns[kind] : h->next_ns;
    }
}

static void plan_fault(struct health *h, enum fault_kind kind, nsec now)
{
    nsec gap = sampler_next(&h->samplers[kind]);

    h->fault_ns[kind] = gap < INSTANT_NEVER - now ? now + gap : INSTANT_NEVER;
}

static nsec mean_of(const struct faults *faults, enum fault_kind kind)
{
    const nsec means[FAULT_COUNT] = { faults->silent_ns, faults->detected_ns,
                                      faults->reset_ns };

    return means[kind];
}

static void init_faults(struct health *h, const struct rng_name *name)
{
    for (int kind = 0; kind < FAULT_COUNT; kind++) {
        nsec mean = mean_of(h->faults, (enum fault_kind)kind);
        struct amount gap = { .kind = AMOUNT_EXPONENTIAL, .mean = (double)mean };
        struct rng_name own = *name;
        h->fault_ns[kind] = INSTANT_NEVER;
        if (mean > 0) {
            own.workload = "faults";
            own.quantity = fault_names[kind];
            sampler_init(&h->samplers[kind], &gap, &own);
            plan_fault(h, (enum fault_kind)kind, 0);
        }
    }
}

struct health *health_create(struct run *run, const struct thermal *thermal,
                             const struct faults *faults, const struct rng_name *name)
{
    if (!thermal->is_on && !faults_any(faults)) {
        return NULL;
    }
    struct health *h = arena_take(&run->arena, 1, sizeof(*h));
    h->thermal = thermal;
    h->faults = faults;
    h->back_ns = h->heat_ns = INSTANT_NEVER;
    h->clock = 1.0;
    init_faults(h, name);
    if (thermal->is_on) {
        h->heat_ns = thermal->interval_ns;
        h->decay =
            thermal_after(&(struct thermal){ .time_constant_ns = thermal->time_constant_ns },
                          1.0, 0.0, thermal->interval_ns);
        h->temperature = (double)(thermal->initial == THERMAL_AMBIENT ? thermal->ambient
                                                                      : thermal->initial) /
                         1e3;
    }
    run->health = h;
    set_next(run);
    return h;
}

/* ----------------------------------------------------------------------------------- heat */

double health_factor(const struct health *health, const struct phase *phase)
{
    double memory = (double)phase->memory_bound_ppm / (double)PPM;

    switch (phase->kind) {
    case PHASE_COMPUTE:
        return (1.0 - memory) / health->clock + memory;
    case PHASE_ENCODE:
    case PHASE_DECODE:
        return 1.0 / health->clock;
    default:
        return 1.0;
    }
}

/* What is left of a flight's phase takes `factor` times as long. Work that there was stays. */
static void scale_left(struct flight *flight, double factor)
{
    nsec left = (nsec)((double)flight->remaining_ns * factor + 0.5);

    left = left > 0 || flight->remaining_ns == 0 ? left : 1;
    flight->demands_ns[flight->phase] += left - flight->remaining_ns;
    flight->slowed_ns += left - flight->remaining_ns;
    flight->remaining_ns = left;
}

void health_stretch(const struct run *run, const struct stream *stream, struct flight *flight)
{
    double factor = health_factor(run->health, &stream->workload->phases[flight->phase]);

    if (factor > 1.0) {
        flight->remaining_ns = flight->demands_ns[flight->phase];
        scale_left(flight, factor);
    }
}

/* The clock of all engines becomes that of another step. */
static void set_step(struct run *run, uint32_t step, nsec now)
{
    struct health *h = run->health;
    struct health before = *h;

    h->step = step;
    h->clock = (double)h->thermal->clocks_ppm[step] / (double)PPM;
    for (uint32_t i = 0; i < run->slicer_count; i++) {
        struct slicer *s = &run->slicers[i];
        slicer_settle(s, now);
        for (uint32_t vm = 0; vm < run->vm_count; vm++) {
            for (struct flight *f = s->lanes[vm].head; f; f = f->next) {
                const struct phase *phase = &run->streams[f->stream].workload->phases[f->phase];
                scale_left(f, health_factor(h, phase) / health_factor(&before, phase));
            }
        }
        slicer_plan(run, s);
    }
}

void health_heat(struct run *run, nsec now)
{
    struct health *h = run->health;
    const struct thermal *thermal = h->thermal;

    if (now != h->heat_ns) {
        return;
    }
    struct engine_totals totals = slicer_totals(&run->slicers[0], now);
    nsec load = totals.busy_ns + totals.switch_ns;
    double part = (double)(load - h->load_ns) / (double)thermal->interval_ns;
    double watts = thermal_power(thermal, part, h->clock);
    double steady = thermal_steady(thermal, watts);
    h->temperature = steady + (h->temperature - steady) * h->decay;
    h->load_ns = load;
    h->heat_ns = now + thermal->interval_ns;
    struct heat heat = { now, thermal->interval_ns, h->temperature, watts, h->clock };
    RUN_TELL(run, heated, &heat);
    if (h->temperature >= (double)thermal->limit / 1e3 && h->step + 1 < thermal->clock_count) {
        set_step(run, h->step + 1, now);
    } else if (h->step > 0 &&
               h->temperature < (double)(thermal->limit - thermal->hysteresis) / 1e3) {
        set_step(run, h->step - 1, now);
    }
    set_next(run);
}

/* --------------------------------------------------------------------------------- faults */

/* Who has a job on the compute engine; VM_NONE: nobody. */
static uint32_t running_vm(const struct run *run, nsec now)
{
    const struct slicer *s = run->slicer_count > 0 ? &run->slicers[0] : NULL;
    bool runs = s && !run->spatial && s->state == SLICER_BUSY && now >= s->run_start_ns;

    return runs ? s->vm : VM_NONE;
}

static void tell_fault(struct run *run, enum fault_kind kind, uint32_t vm, nsec now)
{
    struct fault fault = { .now = now, .kind = kind, .vm = vm, .away_ns = 0 };

    fault.away_ns = kind == FAULT_RESET ? run->health->faults->away_ns : 0;
    RUN_TELL(run, failed, &fault);
}

static void reset(struct run *run, nsec now)
{
    run->is_away = true;
    for (uint32_t vm = 0; vm < run->vm_count; vm++) {
        if (run->vms[vm].present) {
            run_lose_flights(run, vm, now);
        }
    }
    for (uint32_t i = 0; i < run->slicer_count; i++) {
        slicer_reset(&run->slicers[i], now);
    }
    run->health->back_ns = now + run->health->faults->away_ns;
}

static void come_back(struct run *run, nsec now)
{
    run->is_away = false;
    run->health->back_ns = INSTANT_NEVER;
    for (uint32_t vm = 0; vm < run->vm_count; vm++) {
        if (run->vms[vm].present) {
            run_join(run, vm, now);
        }
    }
    for (uint32_t i = 0; i < run->stream_count; i++) {
        run_begin_jobs(run, &run->streams[i], now);
    }
}

void health_faults(struct run *run, nsec now)
{
    struct health *h = run->health;

    if (now == h->fault_ns[FAULT_SILENT]) {
        tell_fault(run, FAULT_SILENT, running_vm(run, now), now);
        plan_fault(h, FAULT_SILENT, now);
    }
    if (now == h->fault_ns[FAULT_DETECTED]) {
        uint32_t vm = running_vm(run, now);
        tell_fault(run, FAULT_DETECTED, vm, now);
        if (vm != VM_NONE) {
            slicer_lose_head(run, &run->slicers[0], now);
        }
        plan_fault(h, FAULT_DETECTED, now);
    }
    if (now == h->back_ns) {
        come_back(run, now);
        plan_fault(h, FAULT_RESET, now);
    } else if (now == h->fault_ns[FAULT_RESET]) {
        h->fault_ns[FAULT_RESET] = INSTANT_NEVER;
        tell_fault(run, FAULT_RESET, VM_NONE, now);
        reset(run, now);
    }
    set_next(run);
}
