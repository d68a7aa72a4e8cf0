/*
 * health.h - how warm a GPU gets, and how often it fails; both only where somebody says so.
 *
 * Heat. One body: T approaches ambient + power * resistance with one time constant. Power grows
 * with the part of the time in which the compute engine is busy or switching, from `idle` to
 * `load`; at a lower clock the part above idle falls as clock^exponent. The clock is one of
 * some steps; at every interval it goes one step down at `limit` or above, and one up when the
 * body is cooler than that by `hysteresis`.
 *
 * Faults. Three independent Poisson processes. A silent error changes something that nobody
 * notices; a detected one costs the job that runs; a reset costs all jobs in flight of all VMs,
 * and the GPU is away for a while.
 */
#ifndef SIM_MODEL_HEALTH_H
#define SIM_MODEL_HEALTH_H

#include "base/units.h"

#include <stdbool.h>
#include <stdint.h>

enum { THERMAL_CLOCKS_MAX = 64 };

/* Powers in mW, temperatures in thousandths of a degree Celsius. */
struct thermal {
    bool is_on;
    int64_t idle_mw;
    int64_t load_mw;       /* With the engine always busy at full clock; >= idle_mw. */
    int64_t resistance;    /* From the chip to the air, in microkelvin per watt; > 0. */
    nsec time_constant_ns; /* > 0 */
    int64_t ambient;
    int64_t initial; /* Of the chip at time 0; THERMAL_AMBIENT: that of the air. */
    int64_t limit;   /* At or above it the clock goes down. */
    int64_t hysteresis;
    nsec interval_ns;                        /* Between two decisions about the clock; > 0. */
    double exponent;                         /* Power above idle ~ clock^exponent. */
    uint32_t clocks_ppm[THERMAL_CLOCKS_MAX]; /* Falling, the first PPM. */
    uint32_t clock_count;                    /* > 0 if is_on. */
};

#define THERMAL_AMBIENT (-1)

/* Mean times between; 0: never. */
struct faults {
    nsec silent_ns;
    nsec detected_ns;
    nsec reset_ns;
    nsec away_ns; /* How long the GPU is away after a reset. */
};

/* Whether anything ever fails. */
static inline bool faults_any(const struct faults *faults)
{
    return faults->silent_ns > 0 || faults->detected_ns > 0 || faults->reset_ns > 0;
}

enum fault_kind {
    FAULT_SILENT,
    FAULT_DETECTED,
    FAULT_RESET,
    FAULT_COUNT,
};

/* Where the temperature goes if power stays as it is, and where it is after dt_ns, starting
   from `from`: the closed form. Degrees Celsius and watts. */
double thermal_steady(const struct thermal *thermal, double watts);
double thermal_after(const struct thermal *thermal, double from, double watts, nsec dt_ns);

/* Power at a load between 0 and 1 and a clock between 0 and 1, in watts. */
double thermal_power(const struct thermal *thermal, double load, double clock);

#endif
