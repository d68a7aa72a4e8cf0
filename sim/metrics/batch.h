/*
 * batch.h - means of successive batches of latencies, in constant memory.
 *
 * A sequence is cut into batches of equal length; when there are BATCH_MAX of them, neighbours
 * are joined and the length doubles. So there are always between half of BATCH_MAX and
 * BATCH_MAX - 1 full batches once that many jobs have ended; what follows the last full one is
 * left out. Sums are exact.
 */
#ifndef SIM_METRICS_BATCH_H
#define SIM_METRICS_BATCH_H

#include "base/units.h"
#include "metrics/interval.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    BATCH_MAX = 32,
    BATCH_LEAST = 10, /* With fewer batches nothing is said of the mean. */
};

struct batches {
    uint64_t left; /* Values that the batch under way still lacks; > 0. */
    uint64_t length;
    wide total;     /* Of all values up to the end of the last full batch. */
    uint32_t count; /* Full ones. */
    wide sums[BATCH_MAX];
};

void batches_init(struct batches *b);

/* Counts one value; true if the batch is full: then batches_close must follow. The values are
   not looked at, so that whoever sums them anyway need not do it twice. */
static inline bool batches_count(struct batches *b)
{
    return --b->left == 0;
}

/* Ends the batch; total: of all values counted so far. */
void batches_close(struct batches *b, wide total);

/* Mean of each full batch, in order, to means[BATCH_MAX]; returns their number. */
uint32_t batches_means(const struct batches *b, double *means);

/* What the batches say of the mean, at 95 %. */
struct batch_answer {
    double low, high; /* NAN: fewer than BATCH_LEAST batches, or they are not independent. */
    double spread;    /* Length * variance of the batch means: the variance that one value
                         contributes to the mean; NAN alike. */
};

struct batch_answer batches_answer(const struct batches *b);

#endif
