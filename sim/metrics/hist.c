#include "metrics/hist.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

nsec hist_low(uint32_t bucket)
{
    assert(bucket < HIST_BUCKETS);
    if (bucket < 2 * HIST_OCTAVE) {
        return bucket;
    }
    uint32_t shift = bucket / HIST_OCTAVE - 1;
    return (nsec)(bucket % HIST_OCTAVE + HIST_OCTAVE) << shift;
}

nsec hist_high(uint32_t bucket)
{
    return bucket + 1 == HIST_BUCKETS ? NSEC_MAX : hist_low(bucket + 1) - 1;
}

static nsec hist_middle(const struct hist *h, uint32_t bucket)
{
    nsec low = hist_low(bucket);
    nsec middle = low + (hist_high(bucket) - low + 1) / 2;

    if (middle < h->min_ns) {
        return h->min_ns;
    }
    return middle > h->max_ns ? h->max_ns : middle;
}

void hist_init(struct hist *h)
{
    *h = (struct hist){ .min_ns = NSEC_MAX, .max_ns = -1 };
}

void hist_fini(struct hist *h)
{
    free(h->counts);
    free(h->carries);
    hist_init(h);
}

/* Moves an array of the old range into a zeroed one of the new. */
static void widen(uint32_t **array, const struct hist *old, uint32_t first, uint32_t size)
{
    uint32_t *wider = calloc(size, sizeof(*wider));

    if (!wider) {
        out_of_memory();
    }
    if (old->size > 0) {
        memcpy(wider + (old->first - first), *array, old->size * sizeof(*wider));
    }
    free(*array);
    *array = wider;
}

/* Grows by whole octaves, which an exponential range needs rarely. */
void hist_grow(struct hist *h, uint32_t bucket)
{
    assert(bucket < HIST_BUCKETS);
    uint32_t first = bucket / HIST_OCTAVE * HIST_OCTAVE;
    uint32_t end = first + HIST_OCTAVE;

    if (h->size > 0 && h->first < first) {
        first = h->first;
    }
    if (h->size > 0 && h->first + h->size > end) {
        end = h->first + h->size;
    }
    widen(&h->counts, h, first, end - first);
    if (h->carries) {
        widen(&h->carries, h, first, end - first);
    }
    h->first = first;
    h->size = end - first;
}

void hist_carry(struct hist *h, uint32_t at)
{
    assert(at < h->size);
    if (!h->carries) {
        h->carries = calloc(h->size, sizeof(*h->carries));
        if (!h->carries) {
            out_of_memory();
        }
    }
    h->carries[at]++;
}

uint64_t hist_count(const struct hist *h, uint32_t bucket)
{
    uint32_t at = bucket - h->first;

    if (at >= h->size) {
        return 0;
    }
    return h->counts[at] + (h->carries ? (uint64_t)h->carries[at] << 32 : 0);
}

static void add_count(struct hist *h, uint32_t bucket, uint64_t count)
{
    if (bucket - h->first >= h->size) {
        hist_grow(h, bucket);
    }
    uint32_t at = bucket - h->first;
    uint64_t sum = h->counts[at] + count;
    h->counts[at] = (uint32_t)sum;
    for (uint64_t carries = sum >> 32; carries > 0; carries--) {
        hist_carry(h, at);
    }
}

/* Whether adding the counts, bucket by bucket, would go over the largest in some. */
static bool would_carry(const uint32_t *counts, const uint32_t *more, uint32_t size)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < size; i++) {
        found |= counts[i] > UINT32_MAX - more[i];
    }
    return found != 0;
}

/* The way of almost all histograms: sums without carries, which the compiler makes of several
   buckets at once. */
static bool merge_plainly(struct hist *h, const struct hist *from)
{
    if (h->carries || from->carries || from->size == 0) {
        return false;
    }
    /* The first and the last octave of a histogram have something in them. */
    if (from->first - h->first >= h->size) {
        hist_grow(h, from->first);
    }
    if (from->first + from->size - 1 - h->first >= h->size) {
        hist_grow(h, from->first + from->size - 1);
    }
    uint32_t *counts = &h->counts[from->first - h->first];
    if (would_carry(counts, from->counts, from->size)) {
        return false;
    }
    for (uint32_t i = 0; i < from->size; i++) {
        counts[i] += from->counts[i];
    }
    return true;
}

void hist_merge(struct hist *h, const struct hist *from)
{
    bool is_done = merge_plainly(h, from);

    for (uint32_t i = 0; !is_done && i < from->size; i++) {
        uint64_t count = hist_count(from, from->first + i);
        if (count > 0) {
            add_count(h, from->first + i, count);
        }
    }
    if (from->min_ns < h->min_ns) {
        h->min_ns = from->min_ns;
    }
    if (from->max_ns > h->max_ns) {
        h->max_ns = from->max_ns;
    }
}

uint64_t hist_total(const struct hist *h)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < h->size; i++) {
        total += h->counts[i];
    }
    for (uint32_t i = 0; h->carries && i < h->size; i++) {
        total += (uint64_t)h->carries[i] << 32;
    }
    return total;
}

nsec hist_at_rank(const struct hist *h, uint64_t rank)
{
    uint64_t total = hist_total(h);
    uint64_t below = 0;

    assert(rank >= 1 && rank <= total);
    if (rank == 1) {
        return h->min_ns;
    }
    if (rank == total) {
        return h->max_ns;
    }
    for (uint32_t i = 0; i < h->size; i++) {
        below += hist_count(h, h->first + i);
        if (below >= rank) {
            return hist_middle(h, h->first + i);
        }
    }
    assert(false);
    return h->max_ns;
}

uint64_t hist_quantile_rank(uint64_t n, uint32_t p_ppm)
{
    assert(n > 0 && p_ppm > 0 && p_ppm <= PPM);
    return (uint64_t)(((wide)n * p_ppm + PPM - 1) / PPM);
}

void hist_quantiles(const struct hist *h, const uint32_t *p_ppm, uint32_t count, nsec *ret)
{
    uint64_t total = hist_total(h);
    uint64_t below = 0; /* In the buckets before `at`. */
    uint32_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t rank = hist_quantile_rank(total, p_ppm[i]);
        assert(i == 0 || p_ppm[i - 1] <= p_ppm[i]);
        while (below + hist_count(h, h->first + at) < rank) {
            below += hist_count(h, h->first + at);
            at++;
            assert(at < h->size);
        }
        ret[i] = rank == 1       ? h->min_ns
                 : rank == total ? h->max_ns
                                 : hist_middle(h, h->first + at);
    }
}

nsec hist_quantile(const struct hist *h, uint32_t p_ppm)
{
    nsec value = 0;

    hist_quantiles(h, &p_ppm, 1, &value);
    return value;
}

double hist_variance(const struct hist *h)
{
    double n = 0;
    double mean = 0;
    double squares = 0; /* Of the differences from the mean; West's update by counts. */
    uint32_t occupied = 0;

    for (uint32_t i = 0; i < h->size; i++) {
        double count = (double)hist_count(h, h->first + i);
        if (count > 0) {
            double difference = (double)hist_middle(h, h->first + i) - mean;
            n += count;
            mean += difference * count / n;
            squares += difference * difference * count * (n - count) / n;
            occupied++;
        }
    }
    return occupied > 1 ? squares / n : 0;
}
