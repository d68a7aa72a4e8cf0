/*
 * stay.h - one stay of a VM on an engine, from the choice to the charge.
 *
 * Internal to run/, and to slicer.c in it. These run once for every slice, so they are inline
 * and written with few branches: what a slice costs is what a run costs (docs/performance.md).
 */
#ifndef SIM_RUN_STAY_H
#define SIM_RUN_STAY_H

#include "run/inside.h"
#include "run/piece.h"

/* Inlined also where the compiler finds it large. */
#define STAY_INLINE static inline __attribute__((always_inline))

/* Sets the next event of a VM that runs: the end of its phase, or of its stay. */
STAY_INLINE void stay_plan(const struct run *run, struct slicer *s)
{
    const struct flight *head = s->lanes[s->vm].head;
    nsec phase_end = s->segment_start_ns + head->remaining_ns;
    nsec stay_end = s->slice_end_ns;

    if (s->until == UNTIL_KERNEL_END) {
        nsec kernel = piece_kernel(run, head);
        nsec rest = piece_rest(piece_done(head, 0), kernel);
        nsec kernel_end = s->segment_start_ns + (rest > 0 ? rest : kernel);
        stay_end = kernel_end < stay_end ? kernel_end : stay_end;
    }
    /* Which of the two it is nobody can foresee, the processor neither: hence no branch. */
    bool is_cut = stay_end < phase_end;
    nsec end = is_cut ? stay_end : phase_end;
    s->next = moment_at(end, MOMENT_END) + is_cut * (moment)MOMENT_SLICE_END;
}

/* Takes what has run off the phase. */
STAY_INLINE void stay_account(struct slicer *s, nsec now)
{
    struct flight *head = s->lanes[s->vm].head;
    nsec ran = now - s->segment_start_ns;

    if (ran > 0) {
        nsec start = s->segment_start_ns;
        head->start_ns = head->start_ns < start ? head->start_ns : start;
        head->remaining_ns -= ran;
        s->segment_start_ns = now;
    }
}

/* Tells probes of the present stay. */
void stay_tell(struct run *run, struct slicer *s, nsec now);

/* Likewise, where it is not in the slicer; whether it is continued is filled in. */
void stay_tell_as(struct run *run, struct slicer *s, struct stay *stay);

/* A stay in which the VM was switched in, and perhaps ran, is over: counts it. */
STAY_INLINE void stay_count(struct run *run, struct slicer *s, nsec ran_ns, nsec now)
{
    s->used.ran_ns = ran_ns;
    s->service_ns[s->vm] += ran_ns;
    s->totals.busy_ns += ran_ns;
    s->totals.stays++;
    if (run->listeners.stayed.count > 0) {
        stay_tell(run, s, now);
    }
}

/* Tells the policy what the VM has used. */
STAY_INLINE void stay_charge(struct slicer *s, uint32_t vm, bool still_ready, nsec now)
{
    s->used.still_ready = still_ready;
    s->policy.ops->charge(&s->policy, s->lanes[vm].vm, &s->used, now);
}

/* The engine is kept until the stay's end_ns, or until the VM has work. */
void stay_hold(struct slicer *s, nsec now);

/* The VM of the stay has work: it is switched in if need be, and runs for length_ns, but not
   beyond end_ns. */
STAY_INLINE void stay_start(struct run *run, struct slicer *s, nsec length_ns, nsec end_ns,
                            nsec now)
{
    struct flight *head = s->lanes[s->vm].head;
    uint32_t resident = s->resident;
    nsec slice_start = now;
    nsec run_start = now;

    if (resident != s->vm) {
        if (resident != VM_NONE) {
            bool has_work = s->lanes[resident].head != NULL && !s->between_jobs;
            struct slicer_switch *cost = &s->switches[has_work ? resident + 1 : 0];
            run_start += cost->cost_ns;
            if (run_start > end_ns) { /* It would not be over in time. */
                s->length_ns = length_ns;
                s->hold_end_ns = end_ns;
                stay_hold(s, now);
                return;
            }
            slice_start = run_start - cost->restore_ns;
            s->totals.switches++;
            s->totals.switch_ns += cost->cost_ns;
            head->switch_ns += cost->cost_ns;
        }
        s->resident = s->vm;
        s->used.switched_in_ns = slice_start;
    }
    s->state = SLICER_BUSY;
    s->switch_start_ns = now;
    s->run_start_ns = run_start;
    s->segment_start_ns = run_start;
    uint64_t slice_end = (uint64_t)slice_start + (uint64_t)length_ns; /* Cannot overflow so. */
    /* The rest of a slice may be less than restore. */
    slice_end = slice_end > (uint64_t)run_start ? slice_end : (uint64_t)run_start;
    slice_end = slice_end < (uint64_t)end_ns ? slice_end : (uint64_t)end_ns;
    s->slice_end_ns = (nsec)slice_end;
    stay_plan(run, s);
}

/* The stay is over: tells the policy and the probes. The engine is free. */
void stay_end(struct run *run, struct slicer *s, nsec now);

/* The engine idles, or is kept, while a VM has work; or no longer. */
void stay_waste_begin(struct slicer *s, nsec now);
void stay_waste_end(struct slicer *s, nsec now);

#endif
