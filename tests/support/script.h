/*
 * script.h - a policy whose every answer a test decides, to see what the run makes of it.
 *
 * Unless the test says otherwise, the ready VM with the highest index runs until it is dry.
 */
#ifndef TESTS_SUPPORT_SCRIPT_H
#define TESTS_SUPPORT_SCRIPT_H

#include "support/build.h"

enum { SCRIPT_CHARGES_MAX = 64 };

struct script {
    nsec length_ns; /* 0 stands for NSEC_MAX. */
    enum until until;
    enum preempt verdict; /* On each ready. */
    /* The choice, where the above is not enough; NULL: the rule above. */
    struct slice (*pick)(const struct script *script, const struct policy *p, nsec now);
    nsec drop_after_ns; /* Jobs of VM 0 that have waited for so long are refused; 0: none. */

    /* What was charged, in order. */
    struct script_charge {
        uint32_t vm;
        nsec now;
        struct usage used;
    } charges[SCRIPT_CHARGES_MAX];
    uint32_t charge_count;
};

/* As build_init, with this policy; *script may be filled before and after. */
void script_init(struct build *b, struct script *script);

/* The ready VM with the highest index; NULL: none. */
const struct vm *script_highest(const struct policy *p);

#endif
