/*
 * overlap.h - kernels that meet on a few SMs although their shares fit beside each other.
 *
 * Internal to run/, and to spatial.c and pool.c in it. A kernel that starts on an empty device
 * is spread over it without regard to others. One that starts beside it and needs all SMs that
 * are left finds some of them (mps_traits.overlap_sms) taken: its blocks there wait for the end
 * of the other's kernel, and what finds no slot there runs on its other SMs. A kernel that
 * starts beside others which did not come first fits. Of a kernel that computes and one that
 * reads memory the latter waits, whichever is older. docs/physics.md has the measurements.
 */
#ifndef SIM_RUN_OVERLAP_H
#define SIM_RUN_OVERLAP_H

#include "run/spatial.h"

/* A kernel's first blocks are about to be placed: where they come to lie. */
void overlap_start(struct spatial *s, struct spatial_client *c, nsec now);

/* All blocks of a kernel but those that wait elsewhere are done. True if there are such, and
   the kernel is not over: its next event is set. */
bool overlap_holds(struct spatial_client *c, nsec now);

/* A kernel of a client is over, or the client stops: who waited for it goes on. */
void overlap_release(struct spatial *s, struct spatial_client *c, nsec now);

#endif
