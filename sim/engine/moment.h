/*
 * moment.h - an instant together with the class of what happens at it, in one number.
 *
 * Events of one nanosecond happen in the order of their classes: what ends, then what arrives,
 * then slice ends, then timers, then choices. A moment is (instant << 3 | class), so one
 * comparison of integers orders both. Within a class the order is that of VM index, then
 * workload index; the owner of the events sees to that.
 */
#ifndef SIM_ENGINE_MOMENT_H
#define SIM_ENGINE_MOMENT_H

#include "base/units.h"

typedef int64_t moment;

enum moment_class {
    MOMENT_END,       /* A phase or job ends. */
    MOMENT_ARRIVAL,   /* A job arrives. */
    MOMENT_SLICE_END, /* A slice or a reserved slot expires. */
    MOMENT_TIMER,     /* A VM starts or stops, a window closes. */
    MOMENT_CHOICE,    /* An engine that is free chooses. */
};

#define MOMENT_NEVER INT64_MAX

/* The latest instant that a moment can hold; it stands for "never". */
#define INSTANT_NEVER (INT64_MAX >> 3)

/* Instants up to 2^60 ns (36 years) fit. */
static inline moment moment_at(nsec now, enum moment_class class)
{
    return (moment)((uint64_t)now << 3 | (uint64_t) class);
}

static inline nsec moment_time(moment m)
{
    return m >> 3;
}

static inline enum moment_class moment_class_of(moment m)
{
    return (enum moment_class)(m & 7);
}

#endif
