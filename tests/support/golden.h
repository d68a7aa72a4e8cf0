/*
 * golden.h - schedules that are known beforehand, from tests/policy/golden.csv.
 *
 * The file gives for each schedule who ran when (policy, start_ms, end_ms, vm, job); its first
 * lines say where it comes from. Pieces that touch and belong to one job count as one. Where it
 * names jobs a, b and c, VMs always have work: which job runs does not matter, and what happens
 * after the last piece neither.
 */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include "support/build.h"

/* The workload of most of the schedules: A has jobs at 0 (6 ms) and 10 ms (2 ms), B one at 1 ms
   (3 ms), C one at 2 ms (4 ms). Adds the VMs A, B and C. */
void golden_workload(struct build *b);

/* Checks that the compute engine's schedule, after build_run, is the one of that name. */
void golden_check(const struct build *b, const char *schedule);

#endif
