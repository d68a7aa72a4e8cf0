/*
 * normal.h - normal numbers of mean 0 and deviation 1, one by one and many at once.
 *
 * The polar method (Marsaglia and Bray 1964): of pairs of uniform numbers those within the unit
 * circle. The second number of each is not kept, so that there is no state besides the stream.
 * Many at once are the same to the last bit (engine/lanes.h).
 */
#ifndef SIM_ENGINE_NORMAL_H
#define SIM_ENGINE_NORMAL_H

#include "engine/rng.h"

enum { NORMAL_BATCH = 16 };

double normal_draw(struct rng *rng);

/* The next draws, the same as one by one. */
void normal_batch(struct rng *rng, double ret[NORMAL_BATCH]);

#endif
