/*
 * heard.h - all that a probe hears of a run, folded into one number.
 *
 * For tests that run a scenario in two ways, which must tell the same in the same order.
 */
#ifndef TESTS_SUPPORT_HEARD_H
#define TESTS_SUPPORT_HEARD_H

#include "run/probe.h"

struct heard {
    uint64_t hash;  /* Of all calls with all that they say, in order. */
    uint64_t jobs;  /* That finished. */
    uint64_t stays; /* On compute, by the totals of the last border. */
};

/* A probe that listens to all but stays, getting work and running dry: who listens to stays
   has every slice stepped, and who listens to the others has no plain GPU. */
struct probe heard_probe(struct heard *heard);

/* For those who want these as well; context: the struct heard. */
void heard_stayed(void *context, const struct stay *stay);
void heard_ready(void *context, enum engine_kind engine, uint32_t vm, nsec now);

/* Folds one more number into a hash. */
void heard_fold(uint64_t *hash, int64_t number);

#endif
