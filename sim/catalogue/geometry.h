/*
 * geometry.h - which MIG instances can exist side by side on one GPU, and where.
 *
 * An instance of a profile occupies `size` slices of the GPU's placement axis, from one of the
 * profile's legal start indices on. Two instances must not overlap; that is the whole rule,
 * plus one for the media engines: all instances together have no more decoders, encoders, JPEG
 * decoders and optical-flow engines than the GPU, which is why only one +me instance can exist
 * at a time, and beside +me.all only -me instances. Instances never move.
 *
 * The profiles of a GPU are given as a set: a layout may use any of them.
 */
#ifndef SIM_CATALOGUE_GEOMETRY_H
#define SIM_CATALOGUE_GEOMETRY_H

#include "base/err.h"
#include "base/text.h"
#include "catalogue/catalogue.h"

#include <stdbool.h>
#include <stdint.h>

enum { MIG_SET_MAX = 16, MIG_START_ANY = -1 };

/* Engines that instances share out among them. */
struct mig_media {
    uint32_t decoders;
    uint32_t encoders;
    uint32_t jpeg_decoders;
    uint32_t optical_flow;
};

/* The profiles that layouts of a GPU may use. */
struct mig_set {
    const struct mig_profile *profiles[MIG_SET_MAX]; /* Borrowed. */
    uint32_t count;
    struct mig_media media; /* Of the whole GPU. */
};

/* One instance. */
struct mig_placement {
    const struct mig_profile *profile;
    uint32_t start;
};

/* Instances that exist side by side. */
struct mig_layout {
    struct mig_placement placed[MIG_AXIS_MAX]; /* Those of mig_each_layout rise by start. */
    uint32_t count;
};

/* What a scenario asks for: an instance, and perhaps where. */
struct mig_request {
    const struct mig_profile *profile;
    int32_t start; /* A start index or MIG_START_ANY; mig_place fills it in. */
};

/* Every profile of the device; count 0 if it has none. */
void mig_set_init(struct mig_set *set, struct catalogue *catalogue,
                  const struct catalogue_device *device);

/* Of the set, for each number of compute slices the plain profile with the least memory: the
   five of A100 and H100 that the vendor's diagrams show. */
struct mig_set mig_set_basic(const struct mig_set *set);

/* Whether an instance may start there, on a GPU that has nothing else. */
bool mig_start_is_legal(const struct mig_profile *profile, uint32_t start);

/* Whether an instance there would take slices of the placed one. */
bool mig_overlaps(const struct mig_placement *placed, const struct mig_profile *profile,
                  uint32_t start);

/* Whether an instance fits beside those of the layout. */
bool mig_fits(const struct mig_set *set, const struct mig_layout *layout,
              const struct mig_profile *profile, uint32_t start);

/* Where the driver is taken to put a new instance: the highest free start of the profile, as
   seen on real cards; MIG_START_ANY if there is none. */
int32_t mig_first_fit(const struct mig_set *set, const struct mig_layout *layout,
                      const struct mig_profile *profile);

/*
 * Places all requests on an empty GPU: those with a start where they say, the others, in their
 * order, at the highest start that still leaves room for all that follow. Fills in their
 * starts; returns 0, or -1 with *err and the index of the first request that has no place, and
 * changes no request. The error names what is in the way and the nearest legal geometry.
 */
int mig_place(const struct mig_set *set, struct mig_request *requests, uint32_t count,
              uint32_t *ret_index, struct err *err);

/* Calls visit with every layout, the empty one first, each once; it returns false to stop. */
void mig_each_layout(const struct mig_set *set,
                     bool (*visit)(void *context, const struct mig_layout *layout),
                     void *context);

/* Whether nothing more fits. */
bool mig_is_maximal(const struct mig_set *set, const struct mig_layout *layout);

/* Writes a layout as `4g.20gb@0 3g.20gb@4`, by rising start. */
void mig_layout_put(struct text *text, const struct mig_layout *layout);

#endif
