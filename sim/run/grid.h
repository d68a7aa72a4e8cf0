/*
 * grid.h - the thread blocks of a compute phase on the SMs that its VM may use under MPS.
 *
 * Of use to run/ and to those who replay measurements. A VM with a share of p % uses 2 *
 * floor(p * SMs / 200) SMs, at least 2. A kernel is a grid of `blocks` thread blocks of 256
 * threads, by default a full grid: 4 on each SM of the device. The part of a phase that is not
 * bound by memory runs in layers, each one block on every SM that the grid reaches; the rest
 * runs in waves of as many blocks as find room at once. A kernel's layers come before its
 * waves.
 *
 * Everything here is in proportion to the demand, which is the time alone on the idle, whole
 * device, and so is known when the run is created.
 */
#ifndef SIM_RUN_GRID_H
#define SIM_RUN_GRID_H

#include "model/device.h"
#include "model/workload.h"

#include <stdint.h>

enum {
    GRID_SLOTS_MAX = 64,    /* Blocks that an SM holds, at most. */
    GRID_SLOTS_ASSUMED = 8, /* Where the device does not say. */
    GRID_FULL = 4,          /* Blocks an SM of a full grid. */
    GRID_LAYERS_MAX = 1024, /* More layers, or waves, are taken for fewer, longer ones. */
};

/* What all grids of a device have in common. */
struct grid_rules {
    const struct mps_traits *traits;
    uint32_t sms;
    uint32_t slots;                  /* Blocks that an SM holds. */
    double weights[GRID_SLOTS_MAX];  /* Of a block by its age on the SM: leak^rank. */
    double sums[GRID_SLOTS_MAX + 1]; /* Of the weights of the oldest so many. */
};

/* One phase of a workload. */
struct grid {
    uint32_t sms;         /* That it reaches: those of its VM, at most its blocks. */
    uint32_t layers;      /* 0: all of it is bound by memory. */
    uint32_t last_sms;    /* SMs that the last layer has a block on. */
    double layer_part;    /* Work of a block, in ns of an SM per ns of demand. */
    uint32_t blocks;      /* Bound by memory; 0: none. */
    uint32_t wave_blocks; /* At once. */
    double wave_part;     /* Length of a wave per ns of demand and unit of grid_wave. */
    double latency;       /* Of its blocks. */
    double stretch;       /* Time alone on its SMs over the demand; >= 1. */
};

/* a over b, rounded up; b > 0. */
static inline uint32_t grid_divide_up(uint32_t a, uint32_t b)
{
    return a / b + (a % b > 0);
}

void grid_rules_init(struct grid_rules *rules, const struct device *device);

/* SMs of a VM with that share of a device. */
uint32_t grid_sms(uint32_t device_sms, uint32_t share_ppm);

/* A compute phase on so many SMs. */
void grid_init(struct grid *grid, const struct grid_rules *rules, const struct phase *phase,
               uint32_t sms);

/* Time alone of a compute-bound grid of so many blocks over that of a full grid of blocks of
   the same length. The whole device is theirs. */
double grid_part(const struct device *device, uint32_t blocks);

/* Relative length of a wave while `resident` memory-bound blocks are on the device. */
double grid_wave(const struct grid_rules *rules, const struct grid *grid, uint32_t resident);

#endif
