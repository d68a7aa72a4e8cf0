/*
 * reference_b_heap.c - bench model B (see reference_b.c) as an ordinary event-driven program:
 * every arrival, switch, completion and slice end is an event in a binary heap. What it takes
 * more than reference_b.c is the price of a general event queue.
 */
#include "bench/reference.h"

#include <stdbool.h>
#include <string.h>

enum {
    VMS = 16,
    RING = 256,
    EVENTS = 64, /* One arrival of each VM and one event of the engine are ever pending. */
    GAP_NS = 100 * MS,
    DEMAND_NS = 5 * MS,
    SLICE_NS = 2 * MS,
    SWITCH_NS = MS / 10,
};

static const int64_t DURATION_NS = 6000 * INT64_C(1000) * MS;

/* In the order in which equal times are served. */
enum kind { COMPLETION, ARRIVAL, EXPIRY, SWITCHED };

struct event {
    int64_t at_ns;
    uint64_t order; /* The kind, then the number of the event: a total order. */
    uint32_t vm;
};

struct job {
    int64_t arrival_ns;
    int64_t remaining_ns;
};

struct model {
    int64_t now;
    uint64_t event_count;
    uint32_t heap_size;
    struct event heap[EVENTS];
    bool busy;     /* The engine runs or switches. */
    uint32_t last; /* The last VM on the engine; VMS: none yet. */
    int64_t slice_end_ns;
    int64_t run_start_ns; /* Of the running job's present stretch. */
    uint32_t head[VMS], tail[VMS];
    uint32_t ready[VMS], ready_head, ready_tail;
    uint64_t slices;
    struct chance chance;
    struct job jobs[VMS][RING];
    struct tally tallies[VMS];
};

static bool event_before(const struct event *a, const struct event *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order);
}

static void heap_put(struct model *m, int64_t at_ns, enum kind kind, uint32_t vm)
{
    struct event event = { at_ns, (uint64_t)kind << 62 | m->event_count++, vm };
    uint32_t hole = m->heap_size++;

    while (hole > 0 && event_before(&event, &m->heap[(hole - 1) / 2])) {
        m->heap[hole] = m->heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    m->heap[hole] = event;
}

static struct event heap_take(struct model *m)
{
    struct event first = m->heap[0];
    struct event moved = m->heap[--m->heap_size];
    uint32_t hole = 0;

    for (;;) {
        uint32_t child = 2 * hole + 1;
        if (child + 1 < m->heap_size && event_before(&m->heap[child + 1], &m->heap[child])) {
            child++;
        }
        if (child >= m->heap_size || !event_before(&m->heap[child], &moved)) {
            break;
        }
        m->heap[hole] = m->heap[child];
        hole = child;
    }
    m->heap[hole] = moved;
    return first;
}

/* Lets the head job of the VM run until it ends or its slice does. */
static void model_continue(struct model *m, uint32_t vm)
{
    int64_t end_ns = m->now + m->jobs[vm][m->head[vm] % RING].remaining_ns;

    m->run_start_ns = m->now;
    if (end_ns <= m->slice_end_ns) {
        heap_put(m, end_ns, COMPLETION, vm);
    } else {
        heap_put(m, m->slice_end_ns, EXPIRY, vm);
    }
}

static void model_start_slice(struct model *m, uint32_t vm)
{
    m->slices++;
    m->slice_end_ns = m->now + SLICE_NS;
    model_continue(m, vm);
}

static void model_pick(struct model *m)
{
    m->busy = m->ready_head != m->ready_tail;
    if (!m->busy) {
        return;
    }
    uint32_t vm = m->ready[m->ready_head++ % VMS];
    if (vm == m->last || m->last == VMS) {
        model_start_slice(m, vm);
    } else {
        heap_put(m, m->now + SWITCH_NS, SWITCHED, vm);
    }
    m->last = vm;
}

static void model_arrive(struct model *m, uint32_t vm)
{
    uint32_t count = m->tail[vm] - m->head[vm];

    if (count == RING) {
        fputs("reference_b_heap: a queue is full\n", stderr);
        exit(1);
    }
    m->jobs[vm][m->tail[vm]++ % RING] = (struct job){
        .arrival_ns = m->now,
        .remaining_ns = chance_exponential(&m->chance, DEMAND_NS),
    };
    heap_put(m, m->now + chance_exponential(&m->chance, GAP_NS), ARRIVAL, vm);
    if (count == 0) {
        m->ready[m->ready_tail++ % VMS] = vm;
        if (!m->busy) {
            model_pick(m);
        }
    }
}

static void model_complete(struct model *m, uint32_t vm)
{
    tally_add(&m->tallies[vm], m->now - m->jobs[vm][m->head[vm]++ % RING].arrival_ns);
    if (m->head[vm] != m->tail[vm]) {
        model_continue(m, vm);
    } else {
        model_pick(m);
    }
}

static void model_expire(struct model *m, uint32_t vm)
{
    m->jobs[vm][m->head[vm] % RING].remaining_ns -= m->now - m->run_start_ns;
    m->ready[m->ready_tail++ % VMS] = vm;
    model_pick(m);
}

static void model_run(struct model *m)
{
    while (m->heap[0].at_ns < DURATION_NS) {
        struct event event = heap_take(m);
        m->now = event.at_ns;
        switch ((enum kind)(event.order >> 62)) {
        case ARRIVAL:
            model_arrive(m, event.vm);
            break;
        case COMPLETION:
            model_complete(m, event.vm);
            break;
        case EXPIRY:
            model_expire(m, event.vm);
            break;
        case SWITCHED:
            model_start_slice(m, event.vm);
            break;
        }
    }
}

int main(int argc, char **argv)
{
    struct model m;
    memset(&m, 0, sizeof(m));
    chance_init(&m.chance, reference_seed(argc, argv));
    m.last = VMS;
    for (uint32_t i = 0; i < VMS; i++) {
        heap_put(&m, chance_exponential(&m.chance, GAP_NS), ARRIVAL, i);
    }
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
