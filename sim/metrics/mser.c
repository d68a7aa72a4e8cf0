#include "metrics/mser.h"

#include "base/assert.h"

enum { GROUPS_LEAST = 10 };

/* From the last group to the first, by Welford's update of mean and sum of squares, which
   loses no digits; <= because the smallest number of dropped groups wins a tie. */
bool mser_truncate(const double *z, uint32_t k, uint32_t *ret_drop)
{
    assert(k >= 2);
    uint32_t last = k / 2 - 1;
    uint32_t drop = last;
    double least = 0;
    double mean = 0;
    double squares = 0;

    for (uint32_t d = k; d-- > 0;) {
        double n = k - d;
        double step = z[d] - mean;
        mean += step / n;
        squares += step * (z[d] - mean);
        double error = squares / (n * n);
        if (d == last || (d < last && error <= least)) {
            least = error;
            drop = d;
        }
    }
    *ret_drop = drop;
    return drop == last;
}

void mser_init(struct mser *m)
{
    m->sum = 0;
    m->last_ns = -1;
    m->left = MSER_FIRST_LENGTH;
    m->length = MSER_FIRST_LENGTH;
    m->count = 0;
}

static nsec later(nsec a, nsec b)
{
    return a > b ? a : b;
}

static void join_neighbours(struct mser *m)
{
    for (uint32_t i = 0; i < MSER_GROUPS / 2; i++) {
        m->groups[i].mean_ns = (m->groups[2 * i].mean_ns + m->groups[2 * i + 1].mean_ns) / 2;
        m->groups[i].last_ns = later(m->groups[2 * i].last_ns, m->groups[2 * i + 1].last_ns);
    }
    m->count = MSER_GROUPS / 2;
    m->length *= 2;
}

static void close_group(struct mser *m)
{
    m->groups[m->count].mean_ns = (double)m->sum / (double)m->length;
    m->groups[m->count].last_ns = m->last_ns;
    m->count++;
    if (m->count == MSER_GROUPS) {
        join_neighbours(m);
    }
    m->sum = 0;
    m->last_ns = -1;
    m->left = m->length;
}

void mser_add(struct mser *m, nsec arrival_ns, nsec latency_ns)
{
    m->sum += latency_ns;
    m->last_ns = later(m->last_ns, arrival_ns);
    if (--m->left == 0) {
        close_group(m);
    }
}

static void mser_finished(void *context, const struct job_end *job)
{
    mser_add(context, job->arrival_ns, job->end_ns - job->arrival_ns);
}

struct probe mser_probe(struct mser *m)
{
    return (struct probe){ .context = m, .finished = mser_finished };
}

nsec mser_warmup(const struct mser *m, bool *ret_short)
{
    double z[MSER_GROUPS];
    uint32_t drop = 0;
    nsec last_ns = -1;

    if (m->count < GROUPS_LEAST) {
        *ret_short = true;
        return 0;
    }
    for (uint32_t i = 0; i < m->count; i++) {
        z[i] = m->groups[i].mean_ns;
    }
    *ret_short = mser_truncate(z, m->count, &drop);
    for (uint32_t i = 0; i < drop; i++) {
        last_ns = later(last_ns, m->groups[i].last_ns);
    }
    return last_ns + 1;
}
