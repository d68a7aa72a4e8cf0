/*
 * recorder.h - every job and every slice of a run, for jobs.csv and slices.csv.
 *
 * What is recorded stays in memory until the run is over (48 bytes a job, 24 a slice), since
 * only then the order of the lines is known. Partitions may be recorded by different threads.
 *
 * jobs.csv has the columns of the measurements of real GPUs: jobs in order of their end, then
 * those that did not finish (no end, and no start if they never had the GPU) in order of
 * arrival; ties by VM in scenario order, then by number. slices.csv has uninterrupted stays of
 * a VM on an engine, in order of their start, then engine, then VM; those of no length are
 * left out.
 */
#ifndef SIM_OUTPUT_RECORDER_H
#define SIM_OUTPUT_RECORDER_H

#include "base/err.h"
#include "run/probe.h"
#include "run/setup.h"

#include <stdbool.h>

struct recorder;

/* Borrows the setup. */
struct recorder *recorder_create(const struct setup *setup, bool jobs, bool slices);
void recorder_free(struct recorder *r);

/* Fills one probe for a partition, and returns 1: simulate_listeners.add, with the recorder as
   its context. */
uint32_t recorder_add(void *recorder, uint32_t partition, struct probe *ret_probes);

/* Writes jobs.csv and slices.csv, as asked for, into a folder. 0, or -1 with *err. */
int recorder_write(struct recorder *r, const char *folder, struct err *err);

#endif
