/*
 * decision.h - whether what a policy answered can be carried out.
 *
 * Internal to run/.
 */
#ifndef SIM_RUN_DECISION_H
#define SIM_RUN_DECISION_H

#include "run/slicer.h"

/* 0, or -1 with the run's error set, which names the policy, the engine and the time: the
   decision is invalid, or the policy has failed before. */
int decision_check(struct run *run, const struct slicer *s, const struct slice *slice,
                   nsec now);

/* Whether the policy has failed: 0, or -1 with the run's error set. */
int decision_check_failure(struct run *run, const struct slicer *s);

#endif
