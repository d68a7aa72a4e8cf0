/*
 * sample.h - a small summary made by hand, for the tests of what judges and writes summaries.
 *
 * One GPU, gpu0, of 10 s with 1 s of warm-up; the entries desktop (two VMs, workload frames
 * with a deadline) and trainer (one VM, a closed workload train). Every number is set, and the
 * five parts add up; a test changes what it is about.
 */
#ifndef TESTS_SUPPORT_SAMPLE_H
#define TESTS_SUPPORT_SAMPLE_H

#include "metrics/summary.h"

struct sample {
    struct scenario scenario;
    struct gpu_entry gpu;
    struct vm_entry entries[2];
    struct workload_entry workloads[2];
    struct slo_entry slos[2];
    struct setup setup;
    struct setup_vm setup_vms[3];
    struct vm partition_vms[3];
    uint32_t partition_setup_vms[3];
    struct partition partition;
    struct unit_summary unit;
    struct vm_summary vms[3];
    struct workload_summary vm_workloads[3];
    struct engine_summary engine;
    struct fairness fairness;
    struct fairness_level levels[2];
    struct fairness_window windows[2];
    nsec window_service[6];
    struct stay stays[2];
    struct distribution_row rows[2];
};

/* Fills *sample, which must stay where it is. */
void sample_init(struct sample *sample);

#endif
