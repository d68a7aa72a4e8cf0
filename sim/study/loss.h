/*
 * loss.h - how far replays with a calibration are off, as one number, on several threads.
 *
 * The error of each of a VM's numbers counts in percent up to 3, so that no chaotic scenario
 * decides, with a little slope beyond, so that a far start finds its way; that of its mean
 * counts twice. A VM whose order of service is chance (time-sliced, not closed), or how fast
 * its host is that day (models whose host sets the pace), counts 0.15.
 */
#ifndef SIM_STUDY_LOSS_H
#define SIM_STUDY_LOSS_H

#include "study/calibration.h"
#include "study/measured.h"

#include <stdbool.h>
#include <stdint.h>

struct loss;

/* Of a set, which must outlive it. threads > 0; they change nothing but the time it takes. */
struct loss *loss_create(const struct measured_set *set, uint32_t threads);
void loss_free(struct loss *loss);

/* The weighted mean over the VMs of the scenarios with used[i]; 0 if there are none. 0 and
 *ret, or -1 with *err. What it finds for each scenario is remembered. */
int loss_of(struct loss *loss, const bool *used, const struct calibration *calibration,
            double *ret, struct err *err);

/* Leaves out every VM whose number in the set is `part` modulo `parts`, until told otherwise;
   parts 0: none. Forgets what is remembered. */
void loss_leave_out(struct loss *loss, uint32_t part, uint32_t parts);

/* The weights of those VMs, summed. */
double loss_weight(const struct loss *loss, const bool *used);

/* Forgets what is remembered. */
void loss_forget(struct loss *loss);

/* The values that had the least loss on those scenarios, each of which was used in every call
   since the last loss_forget; NULL if there were none. Valid until the next loss_of. */
const double *loss_best(const struct loss *loss, const bool *used);

#endif
