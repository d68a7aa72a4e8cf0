/*
 * beyond.h - in what a scenario goes beyond what was measured on real GPUs.
 *
 * The measurements are those of tests/hardware: an H100 and an H200, whole, under best effort
 * and under MPS. What a scenario asks for outside of them is simulated by the same rules, but
 * nobody has seen that a GPU does so.
 */
#ifndef SIM_METRICS_BEYOND_H
#define SIM_METRICS_BEYOND_H

#include "metrics/summary.h"

/* What was measured, as tests/unit/test_beyond.c reads it off tests/hardware. */
enum {
    BEYOND_TURNS_VMS = 32,          /* At most so many VMs by turns, */
    BEYOND_TURNS_LOAD_PERCENT = 95, /* and so much load of open arrivals; */
    BEYOND_MPS_CLIENTS = 8,         /* under MPS. */
    BEYOND_MPS_LOAD_PERCENT = 85,
    BEYOND_MPS_SHARE_PERCENT = 10, /* At least. */
    BEYOND_MPS_BLOCKS_MIN = 132,
    BEYOND_MPS_BLOCKS_MAX = 528,
    BEYOND_COPY_VMS = 4,
};

/* A sentence without the full stop about a GPU entry of the scenario; NULL: nothing to say.
   Lives in the arena. */
const char *beyond_measured(const struct summary *s, uint32_t gpu, struct arena *arena);

#endif
