/*
 * rng.h - named, counter-based streams of chance.
 *
 * A stream is a key and a counter: number n of a stream is a function of the two alone
 * (Philox-4x32-10 of Random123; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). So a stream has no hidden state, two streams of different names are independent,
 * and what one VM draws changes nothing for another.
 */
#ifndef SIM_ENGINE_RNG_H
#define SIM_ENGINE_RNG_H

#include <stdint.h>

/* What a stream is named by, besides the seed. Strings are not kept. */
struct rng_name {
    uint64_t seed;
    uint64_t replication;
    const char *entry;    /* The scenario entry's name, as `desktop`, or `desktop@gpu3`. */
    uint64_t replica;     /* Its number within the entry: desktop0, desktop1, ... */
    const char *workload; /* Or "" for what belongs to the whole entry. */
    const char *quantity; /* As "arrival", "job[0]". */
};

struct rng {
    uint32_t key[2];
    uint32_t stream[2];
    uint64_t block;   /* The next block to be computed. */
    uint32_t word[4]; /* The current block. */
    uint32_t used;    /* Words of it already given out, 0..4. */
};

void rng_init(struct rng *rng, const struct rng_name *name);

/* The next 64 random bits. */
uint64_t rng_bits(struct rng *rng);

/* Uniform on the middles of 2^52 equal parts of (0, 1): never 0 and never 1. */
double rng_uniform(struct rng *rng);

/* The next RNG_BATCH of those at once, the same as one by one. */
enum { RNG_BATCH = 8 };
void rng_uniforms(struct rng *rng, double ret[RNG_BATCH]);

/* Uniform on 0..bound-1, without bias; bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

#endif
