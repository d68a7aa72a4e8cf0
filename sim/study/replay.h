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
#include "study/calibration.h"
#include "study/measured.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a grid has fewer blocks than the demands of the measurements refer to. */
bool replay_is_small(uint32_t blocks);

/* Whether a model's host sets its pace: it submits kernels one by one. */
bool replay_is_paced(const struct measured_vm *vm);

/* Whether kernels of that name were measured when the model was made. Others are taken for such
   as compute; in a real model, for such as the GPU alone binds unless replay_is_paced. */
bool replay_knows_kernel(const char *kernel);

/* One VM's jobs, in order of their ends: from submission to end, when submitted, and when an
   engine began the first phase. */
struct replay_vm {
    nsec *latencies_ns;
    nsec *arrivals_ns;
    nsec *starts_ns;
    uint32_t count;
    uint32_t first_count; /* Of the first run, if there are several. */
    uint32_t capacity;
};

struct replay {
    struct replay_vm *vms; /* Owned, with what they hold; as the scenario's. */
    uint32_t vm_count;
};

/* With VMs in one order of the ring. 0 and *ret, or -1 with *err. */
int replay_run(const struct measured_scenario *scenario, const struct calibration *calibration,
               struct replay *ret, struct err *err);

/* The jobs of so many runs, one run after the other, each with another order of the ring or,
   under MPS, with other chances: what a measured run had is not known. One run where nothing is
   left to chance. */
int replay_run_pooled(const struct measured_scenario *scenario,
                      const struct calibration *calibration, uint32_t runs, struct replay *ret,
                      struct err *err);

/* How many of them a prediction is made of. */
enum { REPLAY_RUNS = 8 };

/* One run with every submission up to REPLAY_JITTER_NS late, by the draws of that number > 0:
   what a host does not repeat. */
#define REPLAY_JITTER_NS (50 * USEC)

int replay_run_perturbed(const struct measured_scenario *scenario,
                         const struct calibration *calibration, uint64_t draw,
                         struct replay *ret, struct err *err);

void replay_fini(struct replay *replay);

#endif
