/*
 * health.h - the temperature and the faults of a GPU while it runs. Internal to run/.
 *
 * Heat. At every interval the mean power of the interval gives the new temperature by the
 * closed form, and the temperature the clock of the next interval. While the clock is down,
 * work takes longer: SM time, encoding and decoding as 1/clock, memory traffic and copies as
 * ever. What is left of every phase on an engine is stretched, or shrunk again, at the instant
 * at which the clock changes; between two such instants nothing here costs anything. Taking
 * power as constant within an interval is wrong by less than interval / time constant of what
 * the temperature can still move.
 *
 * A stretched phase counts as service for as long as it runs. Its job's demand, and the time
 * that it would take alone, remain those of the full clock. Kernel lengths are stretched by
 * the clock of the moment, so the end of the kernel that runs when the clock changes may be
 * off by at most that kernel.
 *
 * Faults. Each kind has a stream of its own, named by the GPU, so its times depend neither on
 * the policy nor on the load. A job in flight that is lost is told as unfinished and lost; a
 * client of a closed workload then thinks and goes on. While the GPU is away, jobs arrive and
 * wait; VMs may start and stop. The policies see all VMs leave, and join again. Whoever comes
 * first afterwards pays no switch. Away time counts from reset to reset of the clock of
 * resets: the next one is drawn when the GPU is back.
 *
 * Order within a timer's instant: faults, VMs that start and stop, borders, temperature.
 */
#ifndef SIM_RUN_HEALTH_H
#define SIM_RUN_HEALTH_H

#include "engine/amount.h"
#include "model/health.h"
#include "model/workload.h"
#include "run/flight.h"
#include "run/probe.h"

struct run;
struct stream;

struct health {
    const struct thermal *thermal;
    const struct faults *faults;
    struct sampler samplers[FAULT_COUNT];
    nsec fault_ns[FAULT_COUNT]; /* When the next one happens; INSTANT_NEVER: never. */
    nsec back_ns;               /* When the GPU is back; INSTANT_NEVER: it is there. */
    nsec heat_ns;               /* The next decision about the clock; INSTANT_NEVER: none. */
    nsec load_ns;               /* Busy and switching time of compute at the last one. */
    double decay;               /* Of an interval. */
    double temperature;
    uint32_t step; /* Of thermal->clocks_ppm. */
    double clock;
    nsec next_ns; /* The first of all these instants. */
};

/* What watches the GPU of a run whose engines are there; NULL if there is nothing to watch. */
struct health *health_create(struct run *run, const struct thermal *thermal,
                             const struct faults *faults, const struct rng_name *name);

/* What happens at `now`, but for the temperature, which comes last. */
void health_faults(struct run *run, nsec now);
void health_heat(struct run *run, nsec now);

/* A flight's present phase is about to reach an engine: it takes longer at a lower clock. */
void health_stretch(const struct run *run, const struct stream *stream, struct flight *flight);

/* By how much longer a phase takes at the present clock. */
double health_factor(const struct health *health, const struct phase *phase);

#endif
