/*
 * replay.h - a measured scenario, simulated on a calibrated device.
 *
 * A process that submits work to a real GPU pays for it on the way: a launch takes time before
 * the work is ready, a finished job takes time to be noticed, and its client takes time until
 * it submits the next. None of these occupies the GPU, so they shift arrivals and ends; a
 * small fixed cost for each job does.
 */
#ifndef SIM_STUDY_REPLAY_H
#define SIM_STUDY_REPLAY_H

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "study/measured.h"

#include <stdbool.h>
#include <stdint.h>

/* What a device's calibration says (catalogue's measured.csv, made by `calibrate`). */
struct calibration {
    struct device device;
    nsec slice_ns;
    struct switch_cost switch_cost;
    nsec launch_ns;       /* From submission to being ready on the GPU. */
    nsec job_ns;          /* GPU time of a job beyond its demand. */
    nsec gap_ns;          /* Closed clients: from the end of a job to the next submission. */
    double demand_scale;  /* GPU time over the nominal demand. */
    double copy_in_scale; /* Time of a copy to the device over its nominal time. */
    double copy_out_scale;

    /* Clients of MPS; the engine's traits are the device's. */
    bool has_mps;
    nsec mps_launch_ns;      /* Of a client that submits at the end of its last job. */
    nsec mps_open_launch_ns; /* Of one that wakes up to submit. */
    double mps_demand_scale; /* Of compute-bound kernels. */
    double mps_stream_scale; /* Of memory-bound ones. */
};

/* The calibration of a device. 0, or -1 with *err if it has not been measured. */
int calibration_of(struct catalogue *catalogue, const char *device, struct calibration *ret,
                   struct err *err);

/* Whether scenarios of a mode can be simulated on a device. */
bool replay_can(const struct calibration *calibration, enum measured_mode mode);

/* Latencies of one VM's jobs, in order of their ends. */
struct replay_vm {
    nsec *latencies_ns;
    uint32_t count;
    uint32_t capacity;
};

struct replay {
    struct replay_vm *vms; /* Owned, with what they hold; as the scenario's. */
    uint32_t vm_count;
};

/* 0 and *ret, or -1 with *err. */
int replay_run(const struct measured_scenario *scenario, const struct calibration *calibration,
               struct replay *ret, struct err *err);

void replay_fini(struct replay *replay);

#endif
