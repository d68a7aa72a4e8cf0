/*
 * law.h - what must hold in every run, whatever the scenario and the policy.
 *
 * law_watch listens while the run goes on, and checks at each call what can be known then:
 * counts never below zero nor above a queue's limit, getting work and running dry in turn,
 * Little's law. law_check looks at the whole afterwards: stays that do not overlap and lie
 * where their VM had work, accounts that agree with each other.
 */
#ifndef TESTS_SUPPORT_LAW_H
#define TESTS_SUPPORT_LAW_H

#include "support/build.h"

enum { LAW_VMS_MAX = 1100 };

struct law {
    const struct build *b;
    nsec now;
    nsec ended_ns; /* When the last job did that finished. */
    struct law_vm {
        bool present;
        bool ready[ENGINE_COUNT];
        uint32_t jobs[BUILD_WORKLOADS_MAX]; /* Present: waiting or under way. */
        uint64_t arrived;
        nsec area_ns;    /* Integral of the number of jobs over time. */
        nsec area_until; /* Up to when. */
        nsec sojourn_ns; /* Sum of the time that jobs that are gone were there. */
    } vms[LAW_VMS_MAX];
    uint32_t pending_count; /* Jobs left whose instant is not known yet. */
    struct job_left pending[4096];
};

/* Lets *law, zeroed, listen; after build_start or build_setup, before the run advances. */
void law_watch(struct law *law, struct build *b);

/* After build_run. */
void law_check(struct law *law);

#endif
