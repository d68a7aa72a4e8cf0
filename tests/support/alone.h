/*
 * alone.h - one policy with nothing around it: the test is its engine.
 *
 *     struct alone alone;
 *     alone_init(&alone, "round_robin", 8);
 *     alone_begin(&alone);
 *     alone_ready(&alone, 3, 0);
 *     struct slice slice = alone_pick(&alone, 0);
 *     alone_charge(&alone, slice.vm, 2 * MSEC, true, 2 * MSEC);
 *     alone_fini(&alone);
 *
 * Between alone_init and alone_begin the VMs, the quantum and the parameters may be changed.
 * Each VM that is ready has one endless job, numbered in the order in which VMs became ready;
 * or jobs as next_job says, one after the other, if alone_step runs them.
 */
#ifndef TESTS_SUPPORT_ALONE_H
#define TESTS_SUPPORT_ALONE_H

#include "base/arena.h"
#include "policy/policy.h"
#include "scenario/scenario.h"

struct alone {
    struct arena arena;
    struct engine_sharing sharing; /* Policy and parameters; see build_param. */
    struct policy policy;
    struct vm *vms; /* [policy.vm_count]; index, weight 100, priority 100. */
    struct rng rng;
    /* For alone_step: fills demand_ns and what else matters of a VM's next job (kernel_ns,
       ...). NULL: endless jobs. */
    void (*next_job)(struct alone *alone, uint32_t vm, struct job_view *job);
    uint64_t seed;    /* For next_job. */
    nsec now;         /* For alone_step. */
    nsec *service_ns; /* [vm_count]: what alone_step ran. */
    struct alone_host {
        struct policy_host host; /* First: the policy's pointer leads back here. */
        struct job_view *heads;  /* [vm_count]; order 0: dry. */
        uint64_t order;
        bool shows_demand;
    } host;
};

/* A quantum of 2 ms, default parameters, slots for the VMs there are. */
void alone_init(struct alone *alone, const char *policy, uint32_t vm_count);
void alone_fini(struct alone *alone);

/* Gives the policy its state; init must succeed. Every VM joins at time 0. */
void alone_begin(struct alone *alone);

/* A VM that was dry has work. */
enum preempt alone_ready(struct alone *alone, uint32_t vm, nsec now);

struct slice alone_pick(struct alone *alone, nsec now);

/* A whole stay in which nothing else happens: picks, lets time pass to the end of the stay,
   charges; a VM whose job ends has its next one at once. Returns the VM; VM_NONE if the engine
   idled. Switches are free. */
uint32_t alone_step(struct alone *alone);

/* The stay of a VM that ran for ran_ns up to `now`, after a switch-in without cost. */
void alone_charge(struct alone *alone, const struct vm *vm, nsec ran_ns, bool still_ready,
                  nsec now);

#endif
