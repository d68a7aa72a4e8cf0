/*
 * pool.h - slots, SM time and memory bandwidth of a device under MPS, and who gets them.
 *
 * Internal to run/, and to spatial.c in it; spatial.h states the rules.
 */
#ifndef SIM_RUN_POOL_H
#define SIM_RUN_POOL_H

#include "run/spatial.h"

/* The oldest layer, or the wave, of a client has ended. */
void pool_end_layer(struct spatial *s, struct spatial_client *c, nsec now);
void pool_end_wave(struct spatial *s, struct spatial_client *c, nsec now);

/* Takes everything of a client off the device. */
void pool_clear(struct spatial *s, struct spatial_client *c, nsec now);

/* Puts blocks into free slots. */
void pool_place(struct spatial *s, nsec now);

/* Works out how fast everybody is, and when each has its next event. */
void pool_set_speeds(struct spatial *s, nsec now);

/* SMs that a client holds, and by what that is to be divided for its part of the partition:
   all SMs, or what all clients hold if that is more. */
double pool_holds(const struct spatial_client *c);
double pool_held(const struct spatial *s);

/* What is left of a layer of a computing client, the oldest being 0, in ns of an SM. */
double pool_rest(const struct spatial *s, const struct spatial_client *c, uint32_t layer,
                 nsec now);

#endif
