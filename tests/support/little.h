/*
 * little.h - a probe that checks Little's law in integers.
 *
 * The sum of all sojourns equals the integral over time of the number of jobs present. Both
 * are kept apart: one from the arrival and the end that a finished job reports, the other from
 * counting at every instant at which something happens. Jobs that do not finish are taken out
 * at the last such instant before they are told.
 */
#ifndef TESTS_SUPPORT_LITTLE_H
#define TESTS_SUPPORT_LITTLE_H

#include "run/probe.h"

struct little {
    wide sojourns;
    wide area;
    int64_t present;
    nsec now; /* Of the last change. */
    uint64_t jobs;
};

void little_init(struct little *little, struct probe *ret);

/* Whether the law holds and every job that arrived has left. After the run's end. */
bool little_holds(const struct little *little);

#endif
