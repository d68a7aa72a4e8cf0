#include "metrics/batch.h"

#include <math.h>

void batches_init(struct batches *b)
{
    *b = (struct batches){ .left = 1, .length = 1 };
}

static void join_neighbours(struct batches *b)
{
    for (uint32_t i = 0; i < BATCH_MAX / 2; i++) {
        b->sums[i] = b->sums[2 * i] + b->sums[2 * i + 1];
    }
    b->count = BATCH_MAX / 2;
    b->length *= 2;
}

void batches_close(struct batches *b, wide total)
{
    b->sums[b->count++] = total - b->total;
    b->total = total;
    if (b->count == BATCH_MAX) {
        join_neighbours(b);
    }
    b->left = b->length;
}

uint32_t batches_means(const struct batches *b, double *means)
{
    for (uint32_t i = 0; i < b->count; i++) {
        means[i] = (double)b->sums[i] / (double)b->length;
    }
    return b->count;
}

/* Joining the batches once more halves their correlation; it is tried while enough are left. */
struct batch_answer batches_answer(const struct batches *b)
{
    double means[BATCH_MAX];
    uint32_t count = batches_means(b, means);
    double length = (double)b->length;

    while (count >= BATCH_LEAST && !interval_is_independent(means, count)) {
        count /= 2;
        length *= 2;
        for (uint32_t i = 0; i < count; i++) {
            means[i] = (means[2 * i] + means[2 * i + 1]) / 2;
        }
    }
    if (count < BATCH_LEAST) {
        return (struct batch_answer){ NAN, NAN, NAN };
    }
    struct interval student = interval_student(means, count, 0.05);
    return (struct batch_answer){ student.low, student.high, length * student.variance };
}
