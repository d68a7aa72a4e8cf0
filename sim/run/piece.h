/*
 * piece.h - the pieces of a phase that cannot be interrupted.
 *
 * Internal to run/. A device, or a phase, can be preempted at every instant, between blocks or
 * between kernels; what lies between two such points is a piece.
 */
#ifndef SIM_RUN_PIECE_H
#define SIM_RUN_PIECE_H

#include "run/flight.h"

struct run;

/* Length of one kernel of the flight's phase, at most the whole of it, in ns. */
nsec piece_kernel(const struct run *run, const struct flight *flight);

/* Longest piece that cannot be interrupted, in ns; 0: it can be at any instant. */
nsec piece_length(const struct run *run, const struct flight *flight);

/* From `ran_ns` after what is counted to the next point where the flight can be interrupted;
   0: it can be there. */
nsec piece_wait(const struct run *run, const struct flight *flight, nsec ran_ns);

/* How far the flight's phase has come, once `ran_ns` more is counted. */
static inline nsec piece_done(const struct flight *flight, nsec ran_ns)
{
    return flight->demands_ns[flight->phase] - flight->remaining_ns + ran_ns;
}

/* From `done_ns` to the next multiple of `piece_ns`; 0: it is one, or there are no pieces. */
static inline nsec piece_rest(nsec done_ns, nsec piece_ns)
{
    nsec into = piece_ns > 0 ? done_ns % piece_ns : 0;

    return into > 0 ? piece_ns - into : 0;
}

#endif
