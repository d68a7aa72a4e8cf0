/*
 * mps.h - scenarios under MPS, and a device whose traits are simple.
 */
#ifndef TESTS_SUPPORT_MPS_H
#define TESTS_SUPPORT_MPS_H

#include "support/build.h"

/* Of a job's events, in ns: up to half a one for each layer. */
enum { MPS_ROUNDING = 64 };

/* No leak to younger blocks, one block fills an SM, memory answers at once. */
extern const struct mps_traits mps_simple;

/* A GPU of 100 SMs under MPS, so that a full grid has 400 blocks. traits: NULL for the assumed
   ones. */
void mps_build(struct build *b, const struct mps_traits *traits);

/* Adds a VM with one job; returns its index. */
uint32_t mps_put(struct build *b, uint32_t share_percent, nsec arrival_ns, nsec demand_ns);

/* The first phase of a VM's first workload. */
struct phase *mps_phase(struct build *b, uint32_t vm);

/* When a VM's first job ended. */
nsec mps_end(const struct build *b, uint32_t vm);

void assert_near(nsec value, nsec want, nsec tolerance);

#endif
