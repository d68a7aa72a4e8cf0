/*
 * reference.h - what the hand-written loops of this folder share: chance, and a tally of
 * latencies. The loops are what the simulator's speed is measured against, so they know
 * nothing of it and use the fastest means that give the same statistics.
 */
#ifndef TESTS_BENCH_REFERENCE_H
#define TESTS_BENCH_REFERENCE_H

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MS = 1000000,       /* Nanoseconds. */
    TALLY_BITS = 7,     /* 128 buckets an octave: at most 0.4 % off. */
    TALLY_OCTAVES = 40, /* Latencies up to 2^46 ns, about 20 hours. */
};

/* xoshiro256++ of Blackman and Vigna, "Scrambled linear pseudorandom number generators",
   ACM TOMS 47 (2021), seeded by splitmix64 as they advise. */
struct chance {
    uint64_t s[4];
};

static inline void chance_init(struct chance *chance, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        chance->s[i] = z ^ (z >> 31);
    }
}

static inline uint64_t chance_bits(struct chance *chance)
{
    uint64_t *s = chance->s;
    uint64_t sum = s[0] + s[3];
    uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* An exponential time of that mean, rounded to whole nanoseconds. */
static inline int64_t chance_exponential(struct chance *chance, double mean_ns)
{
    double u = ((double)(int64_t)(chance_bits(chance) >> 11) + 0.5) * 0x1p-53;
    return (int64_t)(-log(u) * mean_ns + 0.5);
}

/* How many latencies fell where, and their sum. */
struct tally {
    uint64_t count;
    int64_t sum_ns;
    uint32_t bucket[TALLY_OCTAVES << TALLY_BITS];
};

/* Buckets below 2^TALLY_BITS ns are one nanosecond wide; then their width doubles with each
   octave. */
static inline uint32_t tally_bucket(int64_t latency_ns)
{
    uint64_t value = (uint64_t)latency_ns | (1u << TALLY_BITS);
    uint32_t octave = 63 - TALLY_BITS - (uint32_t)__builtin_clzll(value);
    uint32_t index = (octave << TALLY_BITS) + (uint32_t)((uint64_t)latency_ns >> octave);
    return index;
}

static inline void tally_add(struct tally *tally, int64_t latency_ns)
{
    uint32_t index = tally_bucket(latency_ns);

    if (index >= TALLY_OCTAVES << TALLY_BITS) {
        fprintf(stderr, "reference: a latency of %" PRId64 " ns is too long\n", latency_ns);
        exit(1);
    }
    tally->count++;
    tally->sum_ns += latency_ns;
    tally->bucket[index]++;
}

/* Adds what `from` holds. */
static inline void tally_merge(struct tally *tally, const struct tally *from)
{
    tally->count += from->count;
    tally->sum_ns += from->sum_ns;
    for (uint32_t i = 0; i < TALLY_OCTAVES << TALLY_BITS; i++) {
        tally->bucket[i] += from->bucket[i];
    }
}

/* The lower edge of the bucket in which the quantile lies, in ns; the tally is not empty. */
static inline int64_t tally_quantile(const struct tally *tally, double p)
{
    uint64_t rank = (uint64_t)ceil(p * (double)tally->count);
    uint64_t seen = 0;
    uint32_t index = 0;

    while ((seen += tally->bucket[index]) < rank) {
        index++;
    }
    uint32_t octave = index >> TALLY_BITS;
    octave = octave > 0 ? octave - 1 : 0;
    return (int64_t)(index - (octave << TALLY_BITS)) << octave;
}

/* The seed from the command line, 1 without one. */
static inline uint64_t reference_seed(int argc, char **argv)
{
    return argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
}

#endif
