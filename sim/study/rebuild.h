/*
 * rebuild.h - the scenario that replays a measured one on a calibrated device.
 */
#ifndef SIM_STUDY_REBUILD_H
#define SIM_STUDY_REBUILD_H

#include "base/arena.h"
#include "run/probe.h"
#include "scenario/scenario.h"
#include "study/calibration.h"
#include "study/measured.h"

struct rebuild {
    const struct measured_scenario *measured;
    const struct calibration *calibration;
    struct arena arena;  /* What the scenario is made of lives there. */
    uint64_t draw;       /* Of perturbed submissions (replay_run_perturbed); 0: none. */
    uint64_t ring;       /* The order of the VMs, and what else is chance. */
    nsec **submitted_ns; /* Of VMs whose jobs arrive by a trace, when clients submitted them. */
};

/* So many launches by clients that wake up are slow, by an exponential time. */
#define REBUILD_TAIL_PART 0.15

struct scenario rebuild_scenario(struct rebuild *b);

/* When the client submitted a job that the run says is over. */
nsec rebuild_submitted(const struct rebuild *b, const struct job_end *job);

#endif
