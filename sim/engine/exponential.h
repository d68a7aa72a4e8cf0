/*
 * exponential.h - exponential times of mean 1, many at once.
 *
 * A model of queues draws little else, and drawn one by one these take as long as all that
 * happens to a job. Many at once take a quarter of the instructions where the processor has
 * AVX2 (docs/performance.md), and are the same to the last bit everywhere: whole numbers, and
 * floating-point operations that IEEE 754 defines, in the order of engine/exact.h.
 */
#ifndef SIM_ENGINE_EXPONENTIAL_H
#define SIM_ENGINE_EXPONENTIAL_H

#include "engine/rng.h"

enum { EXPONENTIAL_BATCH = 16 };

/* The next draws: -exact_log(rng_uniform(rng)) for each. */
void exponential_batch(struct rng *rng, double ret[EXPONENTIAL_BATCH]);

/* The same without AVX2. */
void exponential_batch_any(struct rng *rng, double ret[EXPONENTIAL_BATCH]);

#endif
