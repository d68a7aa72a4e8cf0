#include "metrics/beyond.h"

#include "base/text.h"
#include "engine/amount.h"
#include "scenario/language.h"

#include <math.h>

/* The measured slice is 2^21 ns; schedulers of vGPUs know theirs to the millisecond. */
#define SLICE_MEASURED (2 * MSEC)

/* A switch takes from three quarters (light kernels) to 1.4 times (full registers and shared
   memory) of the device's number, which is that of a full grid. */
#define SWITCH_LOW  0.75
#define SWITCH_HIGH 1.4

/* What the partitions of a GPU entry are asked for. */
struct seen {
    uint32_t turns_vms; /* Most present at once in a partition, by turns; */
    uint32_t mps_vms;   /* under MPS. */
    uint32_t copy_vms;  /* Of those with copies. */
    double turns_load_percent;
    double mps_load_percent;
    uint32_t share_least_ppm;
    uint32_t blocks_least; /* 0: none given. */
    uint32_t blocks_most;
    nsec slice_ns;  /* The shortest. */
    nsec kernel_ns; /* The longest that does not end within a slice and is not preempted. */
    bool has_mig;
    bool has_video;
    bool has_compute_bound; /* MPS: kernels of both kinds, */
    bool has_memory_bound;
    bool has_both_bound;                    /* or such as are both. */
    const struct engine_sharing *switching; /* Where VMs by turns cost switches. */
};

/* ---------------------------------------------------------------- looking */

/* What a kernel of the phase takes on average; 0: a trace knows. */
static nsec kernel_length(const struct phase *phase)
{
    double mean_ns = amount_mean(&phase->demand);

    if (phase->kernel_ns > 0) {
        return phase->kernel_ns;
    }
    return isnan(mean_ns) ? 0 : amount_round(mean_ns);
}

static void see_kernel(struct seen *seen, const struct partition *p, const struct phase *phase)
{
    const struct engine_sharing *compute = &p->sharing->engines[ENGINE_COMPUTE];
    enum preemption_point point =
        phase->has_preemption ? phase->preemption : p->device->preemption;
    nsec kernel_ns = kernel_length(phase);

    if (point == PREEMPTION_KERNEL && kernel_ns > compute->slice_ns &&
        kernel_ns > seen->kernel_ns) {
        seen->kernel_ns = kernel_ns;
    }
}

static void see_grid(struct seen *seen, const struct phase *phase)
{
    if (phase->blocks > 0) {
        seen->blocks_least = seen->blocks_least > 0 && seen->blocks_least < phase->blocks
                                 ? seen->blocks_least
                                 : phase->blocks;
        seen->blocks_most =
            seen->blocks_most > phase->blocks ? seen->blocks_most : phase->blocks;
    }
    seen->has_memory_bound = seen->has_memory_bound || phase->memory_bound_ppm > 0;
    seen->has_compute_bound = seen->has_compute_bound || phase->memory_bound_ppm < PPM;
    seen->has_both_bound =
        seen->has_both_bound || (phase->memory_bound_ppm > 0 && phase->memory_bound_ppm < PPM);
}

/* Whether the VM copies. */
static bool see_vm(struct seen *seen, const struct partition *p, const struct vm_entry *entry)
{
    bool copies = false;

    for (uint32_t w = 0; w < entry->workload_count; w++) {
        const struct workload *workload = &entry->workloads[w].workload;
        for (uint32_t k = 0; k < workload->phase_count; k++) {
            const struct phase *phase = &workload->phases[k];
            copies = copies || phase->kind == PHASE_COPY_IN || phase->kind == PHASE_COPY_OUT;
            seen->has_video =
                seen->has_video || phase->kind == PHASE_ENCODE || phase->kind == PHASE_DECODE;
            if (phase->kind == PHASE_COMPUTE && p->sharing->mode == SHARING_MPS) {
                see_grid(seen, phase);
            } else if (phase->kind == PHASE_COMPUTE &&
                       p->sharing->mode == SHARING_TIME_SLICED) {
                see_kernel(seen, p, phase);
            }
        }
    }
    return copies;
}

/* Most VMs present at once. A lone count suffices while it is within what was measured. */
static uint32_t most_present(const struct partition *p, uint32_t within)
{
    uint32_t most = 0;

    if (p->vm_count <= within) {
        return p->vm_count;
    }
    for (uint32_t i = 0; i < p->vm_count; i++) {
        uint32_t present = 0;
        for (uint32_t k = 0; k < p->vm_count; k++) {
            present += p->vms[k].start_ns <= p->vms[i].start_ns &&
                       p->vms[i].start_ns < p->vms[k].stop_ns;
        }
        most = present > most ? present : most;
    }
    return most;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void see_sharing(struct seen *seen, const struct partition *p)
{
    const struct engine_sharing *compute = &p->sharing->engines[ENGINE_COMPUTE];

    if (p->sharing->mode == SHARING_MPS) {
        seen->mps_vms = larger(seen->mps_vms, most_present(p, BEYOND_MPS_CLIENTS));
        for (uint32_t i = 0; i < p->vm_count; i++) {
            if (p->vms[i].share_ppm < seen->share_least_ppm) {
                seen->share_least_ppm = p->vms[i].share_ppm;
            }
        }
        return;
    }
    if (p->vm_count < 2) {
        return; /* Nothing is switched. */
    }
    seen->switching = compute;
    if (p->sharing->mode == SHARING_TIME_SLICED) {
        seen->turns_vms = larger(seen->turns_vms, most_present(p, BEYOND_TURNS_VMS));
        if (compute->slice_ns < seen->slice_ns) {
            seen->slice_ns = compute->slice_ns;
        }
    }
}

/* Percent of the time that open arrivals keep the engine busy; 0 where a closed loop fills it,
   or where it never idles, which other warnings are about. */
static double open_load(const struct unit_summary *unit)
{
    const struct engine_summary *compute = &unit->engines[0];

    for (uint32_t i = 0; i < unit->vm_count; i++) {
        for (uint32_t w = 0; w < unit->vms[i].workload_count; w++) {
            if (!unit->vms[i].workloads[w].is_open) {
                return 0;
            }
        }
    }
    return unit->engine_count > 0 && compute->idle_ns > 0 ? compute->utilisation_percent : 0;
}

static void see_partition(struct seen *seen, const struct summary *s, uint32_t i)
{
    const struct partition *p = &s->setup->partitions[i];
    uint32_t copying = 0;

    seen->has_mig = seen->has_mig || p->instance != NULL;
    see_sharing(seen, p);
    for (uint32_t vm = 0; vm < p->vm_count; vm++) {
        copying += see_vm(seen, p, setup_entry(s->setup, p, vm));
    }
    seen->copy_vms = larger(seen->copy_vms, copying);
}

/* Of a fleet only the worst partitions are kept. */
static void see_unit(struct seen *seen, const struct summary *s,
                     const struct unit_summary *unit)
{
    const struct partition *p = &s->setup->partitions[unit->partition];
    double *load_percent =
        p->sharing->mode == SHARING_MPS ? &seen->mps_load_percent : &seen->turns_load_percent;
    double load = open_load(unit);

    if (load > *load_percent) {
        *load_percent = load;
    }
}

/* ---------------------------------------------------------------- telling */

/* The text, ready for one more item. */
static struct text *next(struct text *text)
{
    text_put(text, text->size > 0 ? ", " : "");
    return text;
}

static double ms(nsec ns)
{
    return (double)ns / 1e6;
}

static void tell_turns(struct text *text, const struct seen *seen)
{
    if (seen->turns_vms > BEYOND_TURNS_VMS) {
        text_printf(next(text), "%u VMs by turns (at most %d)", seen->turns_vms,
                    BEYOND_TURNS_VMS);
    }
    if (seen->slice_ns < SLICE_MEASURED) {
        text_printf(next(text), "slices of %.3g ms (2.1 ms)", ms(seen->slice_ns));
    }
    if (seen->turns_load_percent > BEYOND_TURNS_LOAD_PERCENT) {
        text_printf(next(text), "a load of %.0f %% (at most %d %%)", seen->turns_load_percent,
                    BEYOND_TURNS_LOAD_PERCENT);
    }
}

static void tell_switches(struct text *text, const struct seen *seen,
                          const struct switch_cost *measured)
{
    if (seen->switching) {
        nsec given_ns = seen->switching->switch_cost.preempt_ns;
        double part = (double)given_ns / (double)measured->preempt_ns;
        if (part < SWITCH_LOW || part > SWITCH_HIGH) {
            text_printf(
                next(text), "switches of %.3g ms (%.3g ms, %.2g to %.2g ms by what runs)",
                ms(given_ns), ms(measured->preempt_ns), ms(measured->preempt_ns) * SWITCH_LOW,
                ms(measured->preempt_ns) * SWITCH_HIGH);
        }
    }
}

/* The documented default, whoever wrote it down: effective.yaml does. */
static bool is_assumed(const struct seen *seen, const struct gpu_entry *gpu)
{
    if (!seen->switching || gpu->device.has_switch) {
        return false;
    }
    const struct switch_cost *cost = &seen->switching->switch_cost;
    return cost->preempt_ns == assumed_switch.preempt_ns &&
           cost->idle_ns == assumed_switch.idle_ns &&
           cost->restore_ns == assumed_switch.restore_ns;
}

static void tell_mps(struct text *text, const struct seen *seen)
{
    if (seen->mps_vms > BEYOND_MPS_CLIENTS) {
        text_printf(next(text), "%u MPS clients (at most %d)", seen->mps_vms,
                    BEYOND_MPS_CLIENTS);
    }
    if (seen->share_least_ppm < BEYOND_MPS_SHARE_PERCENT * (PPM / 100)) {
        text_printf(next(text), "shares of %.3g %% (at least %d %%)",
                    (double)seen->share_least_ppm / 1e4, BEYOND_MPS_SHARE_PERCENT);
    }
    if (seen->blocks_least > 0 && seen->blocks_least < BEYOND_MPS_BLOCKS_MIN) {
        text_printf(next(text), "grids of %u blocks (at least %d)", seen->blocks_least,
                    BEYOND_MPS_BLOCKS_MIN);
    }
    if (seen->blocks_most > BEYOND_MPS_BLOCKS_MAX) {
        text_printf(next(text), "grids of %u blocks (at most %d)", seen->blocks_most,
                    BEYOND_MPS_BLOCKS_MAX);
    }
    if (seen->has_both_bound) {
        text_printf(next(text), "kernels that memory binds in part");
    }
    if (seen->mps_load_percent > BEYOND_MPS_LOAD_PERCENT) {
        text_printf(next(text), "an MPS load of %.0f %% (at most %d %%)",
                    seen->mps_load_percent, BEYOND_MPS_LOAD_PERCENT);
    }
}

static void tell(struct text *text, const struct seen *seen, const struct gpu_entry *gpu)
{
    bool is_measured = gpu->catalogue && gpu->catalogue->device.has_switch;
    const char *where = gpu->catalogue ? gpu->device.name : "this device";

    if (seen->has_mig) {
        text_printf(next(text), "MIG instances");
    }
    if (is_measured) {
        tell_turns(text, seen);
        tell_switches(text, seen, &gpu->catalogue->device.switch_cost);
        tell_mps(text, seen);
        if (seen->copy_vms > BEYOND_COPY_VMS) {
            text_printf(next(text), "copies of %u VMs (at most %d)", seen->copy_vms,
                        BEYOND_COPY_VMS);
        }
    } else {
        if (is_assumed(seen, gpu)) {
            text_printf(next(text), "what a switch costs on %s (assumed)", where);
        }
        if (seen->copy_vms > 0) {
            text_printf(next(text), "copies on %s", where);
        }
    }
    if (seen->kernel_ns > 0) {
        text_printf(next(text),
                    "kernels of %.3g ms that cannot be preempted, longer than the slice",
                    ms(seen->kernel_ns));
    }
    if (gpu->thermal.is_on) {
        text_put(next(text), "heat and the clocks that follow it");
    }
    if (faults_any(&gpu->faults)) {
        text_put(next(text), "faults");
    }
    if (seen->has_video) {
        text_printf(next(text), "encode and decode engines");
    }
}

const char *beyond_measured(const struct summary *s, uint32_t gpu, struct arena *arena)
{
    const struct gpu_entry *entry = &s->setup->scenario->gpus[gpu];
    struct seen seen = { .share_least_ppm = PPM, .slice_ns = NSEC_MAX };
    const char *sentence = NULL;
    struct text text;

    for (uint32_t i = 0; i < s->setup->partition_count; i++) {
        if (s->setup->partitions[i].gpu == gpu) {
            see_partition(&seen, s, i);
        }
    }
    for (uint32_t i = 0; i < s->unit_count; i++) {
        if (s->setup->partitions[s->units[i].partition].gpu == gpu) {
            see_unit(&seen, s, &s->units[i]);
        }
    }
    text_init(&text);
    tell(&text, &seen, entry);
    if (text.size > 0) {
        sentence = arena_format(arena, "%s: outside of what was measured on real GPUs: %s",
                                entry->name, text.bytes);
    }
    text_fini(&text);
    return sentence;
}
