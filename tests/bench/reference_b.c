/*
 * reference_b.c - bench model B as a loop written for nothing else: 16 VMs, Poisson arrivals
 * with a mean gap of 100 ms, exponential demands of 5 ms, round robin with slices of 2 ms and
 * a switch of 0.1 ms, 6000 s. The same model as model_b.yaml, with other random numbers.
 *
 * No event queue: the next arrivals stand in an array whose minimum is kept, and arrivals are
 * taken from it only where a decision depends on them. Nothing is allocated.
 */
#include "bench/reference.h"

#include <stdbool.h>
#include <string.h>

enum {
    VMS = 16,
    RING = 256, /* Jobs of one VM, waiting or running; far more than ever occur. */
    GAP_NS = 100 * MS,
    DEMAND_NS = 5 * MS,
    SLICE_NS = 2 * MS,
    SWITCH_NS = MS / 10,
};

static const int64_t DURATION_NS = 6000 * INT64_C(1000) * MS;

struct job {
    int64_t arrival_ns;
    int64_t remaining_ns;
};

struct model {
    int64_t now;
    int64_t next_ns[VMS];                        /* The next arrival of each VM. */
    int64_t first_ns;                            /* The least of them, */
    uint32_t first_vm;                           /* and whose it is. */
    uint32_t running;                            /* VMS: none. */
    uint32_t last;                               /* The last VM on the engine; VMS: none yet. */
    uint32_t head[VMS], tail[VMS];               /* Of each VM's ring; they only grow. */
    uint32_t ready[VMS], ready_head, ready_tail; /* VMs that wait for a slice. */
    uint64_t slices;
    struct chance chance;
    struct job jobs[VMS][RING];
    struct tally tallies[VMS];
};

static void model_find_first(struct model *m)
{
    int64_t least = m->next_ns[0];
    uint32_t vm = 0;

    for (uint32_t i = 1; i < VMS; i++) {
        bool less = m->next_ns[i] < least;
        least = less ? m->next_ns[i] : least;
        vm = less ? i : vm;
    }
    m->first_ns = least;
    m->first_vm = vm;
}

/* Queues the arrivals up to and including `until_ns`. */
static void model_admit(struct model *m, int64_t until_ns)
{
    while (m->first_ns <= until_ns) {
        uint32_t vm = m->first_vm;
        uint32_t count = m->tail[vm] - m->head[vm];

        if (count == RING) {
            fputs("reference_b: a queue is full\n", stderr);
            exit(1);
        }
        if (count == 0 && vm != m->running) {
            m->ready[m->ready_tail++ % VMS] = vm;
        }
        m->jobs[vm][m->tail[vm]++ % RING] = (struct job){
            .arrival_ns = m->first_ns,
            .remaining_ns = chance_exponential(&m->chance, DEMAND_NS),
        };
        m->next_ns[vm] = m->first_ns + chance_exponential(&m->chance, GAP_NS);
        model_find_first(m);
    }
}

/* One slice of the VM, from now on. A VM that runs dry leaves at that instant. */
static void model_slice(struct model *m, uint32_t vm)
{
    int64_t end_ns = m->now + SLICE_NS;

    m->running = vm;
    m->slices++;
    while (m->head[vm] != m->tail[vm]) {
        struct job *job = &m->jobs[vm][m->head[vm] % RING];
        if (m->now + job->remaining_ns > end_ns) {
            job->remaining_ns -= end_ns - m->now;
            m->now = end_ns;
            model_admit(m, m->now);
            m->ready[m->ready_tail++ % VMS] = vm;
            break;
        }
        m->now += job->remaining_ns;
        tally_add(&m->tallies[vm], m->now - job->arrival_ns);
        m->head[vm]++;
        if (m->head[vm] == m->tail[vm]) {
            model_admit(m, m->now - 1);
        }
    }
    m->running = VMS;
}

static void model_run(struct model *m)
{
    while (m->now < DURATION_NS) {
        model_admit(m, m->now);
        if (m->ready_head == m->ready_tail) {
            m->now = m->first_ns;
            continue;
        }
        uint32_t vm = m->ready[m->ready_head++ % VMS];
        if (vm != m->last) {
            m->now += m->last == VMS ? 0 : SWITCH_NS;
            m->last = vm;
        }
        model_slice(m, vm);
    }
}

int main(int argc, char **argv)
{
    struct model m;
    memset(&m, 0, sizeof(m));
    chance_init(&m.chance, reference_seed(argc, argv));
    m.running = VMS;
    m.last = VMS;
    for (uint32_t i = 0; i < VMS; i++) {
        m.next_ns[i] = chance_exponential(&m.chance, GAP_NS);
    }
    model_find_first(&m);
    model_run(&m);

    for (uint32_t i = 1; i < VMS; i++) {
        tally_merge(&m.tallies[0], &m.tallies[i]);
    }
    const struct tally *all = &m.tallies[0];
    printf("jobs %" PRIu64 "  mean %.3f ms  p99 %.1f ms  slices a job %.4f\n", all->count,
           (double)all->sum_ns / (double)all->count / MS,
           (double)tally_quantile(all, 0.99) / MS, (double)m.slices / (double)all->count);
    return 0;
}
