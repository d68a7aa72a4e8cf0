/*
 * build.h - scenarios in C, and a run of one that keeps what happened.
 *
 * A test says what it means and nothing more:
 *
 *     struct build b;
 *     build_init(&b, "round_robin");
 *     build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 6 * MSEC }, 1);
 *     build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 1 * MSEC, 3 * MSEC }, 1);
 *     build_run(&b);
 *     assert_string_equal(build_schedule(&b, MSEC), "A0-2 B2-4 A4-6 B6-7 A7-9");
 *     build_fini(&b);
 *
 * Before build_run the fields of a VM, a workload or the sharing may be changed freely: they
 * are the structs that a scenario file would have filled. What is not set is as simple as it
 * can be: one second, one GPU that can be interrupted at once, free switches, a slice of 2 ms,
 * VMs of 1 GiB each and a GPU with memory for just these.
 */
#ifndef TESTS_SUPPORT_BUILD_H
#define TESTS_SUPPORT_BUILD_H

#include "run/run.h"
#include "scenario/scenario.h"
#include "support/record.h"

enum { BUILD_VMS_MAX = 1100, BUILD_WORKLOADS_MAX = 4, BUILD_GPUS_MAX = 5 };

/* A job of a trace: when it arrives after its VM's start, and its demand. */
struct build_job {
    nsec arrival_ns;
    nsec demand_ns;
};

struct build {
    struct scenario scenario;
    struct gpu_entry gpus[BUILD_GPUS_MAX];
    struct vm_entry *vms; /* [BUILD_VMS_MAX]; scenario.vm_count of them are used. */
    struct setup setup;   /* From build_setup on. */
    struct run_options options;
    struct record record;   /* What happened, from build_run on. */
    struct probe probes[2]; /* The record's; a second one for the test, if it wants. */
    struct run *run;
    struct err err;
    struct err_list errors;
};

/* One GPU whose compute engine has the policy of that name with its default parameters; the
   other engines are first come, first served. */
void build_init(struct build *b, const char *policy);
void build_fini(struct build *b);

/* The compute engine of the first GPU: slice_ns, switch_cost, policy may be set here. */
struct engine_sharing *build_compute(struct build *b);

/* The same costs for a switch from a VM with work and from one without. */
void build_switch(struct build *b, nsec cost_ns, nsec restore_ns);

/* Sets a parameter of the first GPU's policy; see params_set. */
void build_param(struct build *b, const char *key, int64_t value);

/* Puts the limiter of that name beneath a VM, with its default parameters and this share; and
   sets a parameter of it. */
void build_limiter(struct build *b, uint32_t vm, const char *name, int64_t share_ppm);
void build_limiter_param(struct build *b, uint32_t vm, const char *key, int64_t value);

/* The first GPU under MPS, whose traits are the assumed ones. Each VM has a share of 100 %
   until vms[i].share_ppm says otherwise. */
void build_mps(struct build *b);

/* Adds a VM without workloads: weight 100, priority 100, there for the whole run. Returns its
   index. `name` must outlive b. */
uint32_t build_vm(struct build *b, const char *name);

/* A name for a VM by number: A, B, ... Z, and again from A. */
const char *build_letter(uint32_t number);

/* Adds a workload with one compute phase, whose demand is set by the caller; returns it to be
   filled further. Its name is w0, w1, ... */
struct workload *build_workload(struct build *b, uint32_t vm);

/* The phases of a workload, to be changed; more of them come with build_phase. */
struct phase *build_phases(struct workload *workload);
struct phase *build_phase(struct build *b, struct workload *workload, enum phase_kind kind,
                          struct amount demand);

/* Whole workloads: jobs at given times (not decreasing); one client that submits the next
   job `think_ns` after the end of the last; Poisson arrivals. */
struct workload *build_jobs(struct build *b, uint32_t vm, const struct build_job *jobs,
                            size_t count);
struct workload *build_closed(struct build *b, uint32_t vm, struct amount demand,
                              nsec think_ns);
struct workload *build_poisson(struct build *b, uint32_t vm, nsec mean_gap_ns,
                               struct amount demand);

struct amount build_constant(nsec value_ns);
struct amount build_exponential(nsec mean_ns);

/* Places the VMs. 0, or -1 with b->errors. */
int build_setup(struct build *b);

/* build_setup (unless it was called) and run_create; each must succeed. */
void build_start(struct build *b);

/* The whole run, from build_start (unless it was called) to run_finish. Each step must
   succeed, or the test fails with the error. */
void build_run(struct build *b);

/* As build_run, but the run may fail: -1 with b->err. */
int build_try(struct build *b);

/* Who had the compute engine when, in units of unit_ns: "A0-2 B2-4.5 A4.5-6", a new piece for
   each job. For VMs with one workload of one phase. Lives as long as b. */
const char *build_schedule(struct build *b, nsec unit_ns);

/* A VM's job by number; it must have finished. */
const struct job_end *build_job_of(const struct build *b, uint32_t vm, uint64_t number);

#endif
