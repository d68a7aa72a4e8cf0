/*
 * amount.h - what a scenario calls an amount: a constant, a distribution, or measured values.
 *
 * Amounts are times in nanoseconds or sizes in bytes. Every draw is rounded to a whole number
 * at once (halves up), so that nothing later depends on the last bit of a floating-point
 * number. Samplers use only operations that IEEE 754 fixes to the last bit and our own
 * logarithm and exponential (engine/exact.h), so a draw is the same on every machine.
 */
#ifndef SIM_ENGINE_AMOUNT_H
#define SIM_ENGINE_AMOUNT_H

#include "base/units.h"
#include "engine/exponential.h"
#include "engine/rng.h"

#include <stdbool.h>
#include <stdint.h>

enum amount_kind {
    AMOUNT_CONSTANT,         /* mean */
    AMOUNT_EXPONENTIAL,      /* mean */
    AMOUNT_UNIFORM,          /* low, high */
    AMOUNT_LOGNORMAL,        /* mean, cv */
    AMOUNT_GAMMA,            /* mean, cv */
    AMOUNT_HYPEREXPONENTIAL, /* mean, cv >= 1; two phases with balanced means */
    AMOUNT_PARETO,           /* scale (the least value), shape > 0 */
    AMOUNT_WEIBULL,          /* scale, shape > 0 */
    AMOUNT_EMPIRICAL,        /* values, each as likely as the others */
    AMOUNT_SEQUENCE,         /* values, in order, again from the first; in no mixture */
    AMOUNT_MIXTURE,          /* one of parts, by weight */
    AMOUNT_TRACE,            /* the demand in the trace row that the job came from */
};

/* The file that an empirical amount or a sequence was read from; see scenario/. */
struct amount_source;

/* Twice the longest run. */
#define AMOUNT_MAX (2 * RUN_LENGTH_MAX)

struct amount {
    enum amount_kind kind;
    double mean; /* Times and sizes in ns or bytes, as doubles. */
    double cv;   /* Coefficient of variation: standard deviation / mean; > 0. */
    double low;
    double high;
    double scale;
    double shape;
    const int64_t *values; /* value_count of them, each >= 0. Borrowed. */
    uint64_t value_count;
    const struct amount *parts; /* Borrowed. */
    const double *weights;      /* part_count of them, sum 1. Borrowed. */
    uint32_t part_count;
    const struct amount_source *source; /* Not for engine/. NULL: from no file. Borrowed. */
};

enum { SAMPLER_BATCH = EXPONENTIAL_BATCH };

/* One stream of draws of an amount: its own random numbers and place in a sequence. What the
   usual draw needs comes first, in few lines of a cache. */
struct sampler {
    uint32_t used; /* Of units; SAMPLER_BATCH: all. */
    bool is_exponential;
    double mean;                 /* AMOUNT_EXPONENTIAL: may be changed between draws. */
    double units[SAMPLER_BATCH]; /* The next draws, before rounding; if exponential, for a mean
                                    of 1. */
    struct amount amount;
    struct rng rng;
    uint64_t position; /* AMOUNT_SEQUENCE: the next value. */
    double a, b, c;    /* Constants worked out by sampler_init. */
};

void sampler_init(struct sampler *sampler, const struct amount *amount,
                  const struct rng_name *name);

/* The next draw, 0..AMOUNT_MAX. Not for AMOUNT_TRACE. A value beyond AMOUNT_MAX, which a heavy
   tail may give, becomes AMOUNT_MAX: either lasts beyond the end of any run. */
static inline int64_t sampler_next(struct sampler *sampler);

/* The same draw without looking ahead in sampler->rng, for those who take other numbers from
   there as well. A sampler is used with one of the two only. */
int64_t sampler_draw(struct sampler *sampler);

/* Internal: works out the next units; and sampler_next of what is not exponential. */
void sampler_refill(struct sampler *sampler);
int64_t sampler_take(struct sampler *sampler);

/* The exact mean of the distribution; infinite for a pareto of shape <= 1; NaN for
   AMOUNT_TRACE, whose mean the trace knows. */
double amount_mean(const struct amount *amount);

/* Whether a draw may be 0 (a rounding to 0 included), so that a loop may take no time. */
bool amount_may_be_zero(const struct amount *amount);

/* Rounds a draw >= 0. */
static inline int64_t amount_round(double value)
{
    return value < (double)AMOUNT_MAX ? (int64_t)(value + 0.5) : AMOUNT_MAX;
}

static inline int64_t sampler_next(struct sampler *sampler)
{
    if (!sampler->is_exponential) {
        return sampler_take(sampler);
    }
    if (sampler->used == SAMPLER_BATCH) {
        sampler_refill(sampler);
    }
    return amount_round(sampler->mean * sampler->units[sampler->used++]);
}

#endif
