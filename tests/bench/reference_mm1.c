/*
 * reference_mm1.c - one server, first come first served: a million jobs with Poisson arrivals
 * and exponential demands of 1 ms at load 0.8, written for nothing else. The same model as
 * mm1.yaml, with other random numbers.
 *
 * The engine's next completion and the next arrival are the only two events; arrivals wait
 * in a ring.
 */
#include "bench/reference.h"

#include <string.h>

enum {
    RING = 4096, /* At load 0.8 a queue of 200 is already unheard of. */
    GAP_NS = 1250000,
    DEMAND_NS = MS,
    JOBS = 1000000,
};

struct job {
    int64_t arrival_ns;
    int64_t demand_ns;
};

struct model {
    struct chance chance;
    uint32_t head, tail; /* Of the ring; they only grow. */
    struct job jobs[RING];
    struct tally tally;
};

static void model_run(struct model *m)
{
    int64_t arrival_ns = chance_exponential(&m->chance, GAP_NS);
    int64_t end_ns = INT64_MAX; /* Of the job at the head. */

    while (m->tally.count < JOBS) {
        if (end_ns <= arrival_ns) {
            tally_add(&m->tally, end_ns - m->jobs[m->head++ % RING].arrival_ns);
            end_ns =
                m->head == m->tail ? INT64_MAX : end_ns + m->jobs[m->head % RING].demand_ns;
            continue;
        }
        struct job *job = &m->jobs[m->tail++ % RING];
        if (m->tail - m->head > RING) {
            fputs("reference_mm1: the queue is full\n", stderr);
            exit(1);
        }
        job->arrival_ns = arrival_ns;
        job->demand_ns = chance_exponential(&m->chance, DEMAND_NS);
        if (end_ns == INT64_MAX) {
            end_ns = arrival_ns + job->demand_ns;
        }
        arrival_ns += chance_exponential(&m->chance, GAP_NS);
    }
}

int main(int argc, char **argv)
{
    struct model m;
    memset(&m, 0, sizeof(m));
    chance_init(&m.chance, reference_seed(argc, argv));
    model_run(&m);
    printf("jobs %" PRIu64 "  mean %.4f ms  p99 %.3f ms\n", m.tally.count,
           (double)m.tally.sum_ns / (double)m.tally.count / MS,
           (double)tally_quantile(&m.tally, 0.99) / MS);
    return 0;
}
