/*
 * hist.h - how often which duration occurred, in little memory.
 *
 * Durations from 0 to NSEC_MAX are counted in buckets: below 256 ns one for each nanosecond,
 * above it 128 equal ones for each power of two. So a quantile read back differs from the one
 * of the durations themselves by at most 1/256 (0.4 %); least and largest are exact. Memory
 * covers only the range between them, four bytes a bucket, whatever the number of durations.
 *
 * All is integers, so merging in any order gives the same histogram.
 */
#ifndef SIM_METRICS_HIST_H
#define SIM_METRICS_HIST_H

#include "base/assert.h"
#include "base/units.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HIST_BITS = 7,
    HIST_OCTAVE = 1 << HIST_BITS, /* Buckets of a power of two. */
    HIST_BUCKETS = (63 - HIST_BITS + 1) * HIST_OCTAVE,
};

struct hist {
    uint32_t *counts; /* Owned; size of them, of buckets first, first + 1, ... */
    uint32_t first;
    uint32_t size;
    uint32_t *carries; /* Owned; NULL, or how often counts[i] went over its largest value. */
    nsec min_ns;       /* NSEC_MAX if empty. */
    nsec max_ns;       /* -1 if empty. */
};

/* The bucket of a duration >= 0, and the least and the largest duration of a bucket. */
static inline uint32_t hist_bucket(nsec value)
{
    int top = 63 - __builtin_clzll((uint64_t)value | HIST_OCTAVE);
    int shift = top - HIST_BITS;

    return ((uint32_t)shift << HIST_BITS) + (uint32_t)((uint64_t)value >> shift);
}

nsec hist_low(uint32_t bucket);
nsec hist_high(uint32_t bucket);

void hist_init(struct hist *h);
void hist_fini(struct hist *h);

/* Behind hist_add: makes room for a bucket; counts one carry. */
void hist_grow(struct hist *h, uint32_t bucket);
void hist_carry(struct hist *h, uint32_t at);

/* The two halves of hist_add: makes room for a duration >= 0 and returns its bucket; counts it
   there, which may come later. */
static inline uint32_t hist_note(struct hist *h, nsec value)
{
    uint32_t bucket = hist_bucket(value);

    if (bucket - h->first >= h->size) {
        hist_grow(h, bucket);
    }
    h->min_ns = value < h->min_ns ? value : h->min_ns;
    h->max_ns = value > h->max_ns ? value : h->max_ns;
    return bucket;
}

static inline void hist_count_one(struct hist *h, uint32_t bucket)
{
    if (++h->counts[bucket - h->first] == 0) {
        hist_carry(h, bucket - h->first);
    }
}

/* Counts one duration >= 0. */
static inline void hist_add(struct hist *h, nsec value)
{
    hist_count_one(h, hist_note(h, value));
}

/* Adds all that `from` counted. */
void hist_merge(struct hist *h, const struct hist *from);

/* How many durations a bucket, or the whole, has counted. */
uint64_t hist_count(const struct hist *h, uint32_t bucket);
uint64_t hist_total(const struct hist *h);

/* The rank-th smallest duration, 1 <= rank <= hist_total: the middle of its bucket, within
   [min_ns, max_ns]; exact for the first and the last. */
nsec hist_at_rank(const struct hist *h, uint64_t rank);

/* Quantile of type 1 (nearest rank): the duration of rank ceil(n p); n > 0, 0 < p <= PPM. */
nsec hist_quantile(const struct hist *h, uint32_t p_ppm);

/* Several of them at once; p_ppm must not fall. */
void hist_quantiles(const struct hist *h, const uint32_t *p_ppm, uint32_t count, nsec *ret);

/* The rank of that quantile among n > 0 values. */
uint64_t hist_quantile_rank(uint64_t n, uint32_t p_ppm);

/* Variance (divided by n), ns^2, taking each duration for the middle of its bucket. 0 if all
   fell into one bucket. */
double hist_variance(const struct hist *h);

#endif
