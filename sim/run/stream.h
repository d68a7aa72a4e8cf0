/*
 * stream.h - a workload at run time: its arrivals, its waiting jobs and those under way.
 *
 * Internal to run/. Jobs that wait are a few words each in a ring that doubles when it is
 * full; jobs under way are flights. Demands are drawn when a job arrives, so that they do not
 * depend on what the policy does.
 */
#ifndef SIM_RUN_STREAM_H
#define SIM_RUN_STREAM_H

#include "base/arena.h"
#include "engine/amount.h"
#include "model/workload.h"
#include "run/flight.h"

#include <stdbool.h>
#include <stdint.h>

/* What every arrival and every job touches comes first, in one line of a cache, and ends with
   the head of the sampler of gaps, whose units then fill the next lines. */
struct stream {
    _Alignas(64) uint64_t count; /* Arrivals that happened. */

    /* Jobs. A job in the ring is a row of words: arrival, number, demand of each phase. */
    uint32_t waiting; /* Jobs in the ring. */
    uint32_t ring_head;
    uint32_t ring_capacity; /* Jobs; a power of two, or 0. */
    uint32_t under_way;
    int64_t *ring;           /* Owned. */
    struct sampler *demands; /* [phase_count] */
    const struct workload *workload;

    struct sampler gap;                 /* Time between arrivals, or thinking. */
    _Alignas(64) struct sampler demand; /* Of a job of one phase. */
    struct sampler jitter;              /* Or the lengths of on states. */
    struct sampler off;

    uint32_t index; /* Within the run. */
    uint32_t vm;
    uint32_t index_in_vm;

    bool is_paced;   /* Its jobs are frames that a limit may hold up. */
    nsec arrival_ns; /* Of such a stream: its next arrival. */

    /* Arrivals. */
    nsec start_ns;         /* Of its VM, and the shift: arrival times count from there. */
    nsec shift_ns;         /* By which all arrivals are later than the workload says. */
    bool returns_at_once;  /* See job_view. */
    nsec state_end_ns;     /* MMPP, on_off: when the present state ends; periodic with jitter:
                              the last arrival. */
    uint32_t state;        /* MMPP. */
    struct sampler *stays; /* MMPP: [state_count]. */
    nsec *clients_ns;      /* CLOSED: next arrivals of those who think, in falling order. */
    uint32_t client_count;

    const double *scales; /* [phase_count]: time on this partition over that on the whole
                             device; NULL: all are 1. */
    struct flight *idle;  /* Flights not in use. */
    struct flight *host;  /* Those that use (the first) or wait for the host. */
    struct flight *host_last;
    nsec service_ns; /* On engines since the start of the run. */
};

/* Prepares a zeroed stream; *name lacks only the quantity. */
void stream_init(struct stream *stream, const struct workload *workload,
                 const struct rng_name *name, struct arena *arena);
void stream_fini(struct stream *stream);

/* The first arrival of a VM that starts at start_ns, and the one that follows the arrival
   that happens now. NSEC_MAX: none, or (closed) none before a job ends. */
nsec stream_first_arrival(struct stream *stream, nsec start_ns);
nsec stream_next_arrival(struct stream *stream, nsec now);

/* Closed: a client's job is over, so it thinks and submits its next. Returns the stream's
   next arrival. */
nsec stream_client_done(struct stream *stream, nsec now);

/* Draws the demands of the job that arrives now and puts it last among those that wait. To be
   called before stream_next_arrival. */
void stream_put(struct stream *stream, nsec now, uint64_t number);

/* The same for a job that begins at once, in an idle flight, of which there must be one. */
struct flight *stream_begin(struct stream *stream, nsec now, uint64_t number);

/* Makes room for more jobs that wait. */
void stream_grow(struct stream *stream);

/* The demand of the arrival that stream_next_arrival has not counted yet. */
nsec stream_draw_demand(struct stream *stream, uint32_t phase);

/* The words of the oldest and the newest job that waits, of which there must be one. Borrowed
   until the next call. */
enum { STREAM_ARRIVAL, STREAM_NUMBER, STREAM_DEMANDS };
const int64_t *stream_oldest(const struct stream *stream);
const int64_t *stream_newest(const struct stream *stream);
void stream_drop_oldest(struct stream *stream);
void stream_drop_newest(struct stream *stream);

/* Takes the oldest waiting job into an idle flight; there must be both. */
struct flight *stream_take(struct stream *stream);

/* Gives a flight back. */
void stream_put_back(struct stream *stream, struct flight *flight);

/* The demand of a flight's phases on engines alone on the whole device, in ns. */
nsec stream_nominal_demand(const struct stream *stream, const struct flight *flight);

/* The demand of all phases on engines, in ns. */
nsec stream_engine_demand(const struct stream *stream, const nsec *demands_ns);

/* When a flight's current phase was put to the GPU; see job_view. */
nsec stream_submitted(const struct stream *stream, const struct flight *flight);

#endif
