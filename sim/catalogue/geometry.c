#include "catalogue/geometry.h"

#include "base/assert.h"

#include <string.h>

/* ----------------------------------------------------------------------------------- sets */

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* A GPU has at least what as many instances of one profile as can exist have together. */
static void count_media(struct mig_media *media, const struct mig_profile *profile)
{
    uint32_t times = profile->instances_max;

    media->decoders = larger(media->decoders, times * profile->decoders);
    media->encoders = larger(media->encoders, times * profile->encoders);
    media->jpeg_decoders = larger(media->jpeg_decoders, times * profile->jpeg_decoders);
    media->optical_flow = larger(media->optical_flow, times * profile->optical_flow);
}

void mig_set_init(struct mig_set *set, struct catalogue *catalogue,
                  const struct catalogue_device *device)
{
    size_t count;
    const struct mig_profile *profiles = catalogue_mig_profiles(catalogue, device, &count);

    *set = (struct mig_set){ 0 };
    for (size_t i = 0; i < count && set->count < MIG_SET_MAX; i++) {
        set->profiles[set->count++] = &profiles[i];
        count_media(&set->media, &profiles[i]);
    }
}

static bool is_plain(const struct mig_profile *profile)
{
    return strpbrk(profile->name, "+-") == NULL;
}

struct mig_set mig_set_basic(const struct mig_set *set)
{
    struct mig_set basic = { .media = set->media };

    for (uint32_t i = 0; i < set->count; i++) {
        const struct mig_profile *profile = set->profiles[i];
        bool least = is_plain(profile);
        for (uint32_t k = 0; k < set->count && least; k++) {
            const struct mig_profile *other = set->profiles[k];
            least = !is_plain(other) || other->compute_slices != profile->compute_slices ||
                    other->size >= profile->size;
        }
        if (least) {
            basic.profiles[basic.count++] = profile;
        }
    }
    return basic;
}

/* ---------------------------------------------------------------------------------- rules */

bool mig_start_is_legal(const struct mig_profile *profile, uint32_t start)
{
    for (uint32_t i = 0; i < profile->start_count; i++) {
        if (profile->starts[i] == start) {
            return true;
        }
    }
    return false;
}

bool mig_overlaps(const struct mig_placement *placed, const struct mig_profile *profile,
                  uint32_t start)
{
    return start < placed->start + placed->profile->size &&
           placed->start < start + profile->size;
}

static void add_media(struct mig_media *media, const struct mig_profile *profile)
{
    media->decoders += profile->decoders;
    media->encoders += profile->encoders;
    media->jpeg_decoders += profile->jpeg_decoders;
    media->optical_flow += profile->optical_flow;
}

static bool media_suffice(const struct mig_set *set, const struct mig_layout *layout,
                          const struct mig_profile *profile)
{
    struct mig_media used = { 0 };

    add_media(&used, profile);
    for (uint32_t i = 0; i < layout->count; i++) {
        add_media(&used, layout->placed[i].profile);
    }
    return used.decoders <= set->media.decoders && used.encoders <= set->media.encoders &&
           used.jpeg_decoders <= set->media.jpeg_decoders &&
           used.optical_flow <= set->media.optical_flow;
}

static bool is_free(const struct mig_layout *layout, const struct mig_profile *profile,
                    uint32_t start)
{
    for (uint32_t i = 0; i < layout->count; i++) {
        if (mig_overlaps(&layout->placed[i], profile, start)) {
            return false;
        }
    }
    return true;
}

bool mig_fits(const struct mig_set *set, const struct mig_layout *layout,
              const struct mig_profile *profile, uint32_t start)
{
    return mig_start_is_legal(profile, start) && is_free(layout, profile, start) &&
           media_suffice(set, layout, profile);
}

int32_t mig_first_fit(const struct mig_set *set, const struct mig_layout *layout,
                      const struct mig_profile *profile)
{
    for (uint32_t i = profile->start_count; i > 0; i--) {
        if (mig_fits(set, layout, profile, profile->starts[i - 1])) {
            return (int32_t)profile->starts[i - 1];
        }
    }
    return MIG_START_ANY;
}

bool mig_is_maximal(const struct mig_set *set, const struct mig_layout *layout)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (mig_first_fit(set, layout, set->profiles[i]) != MIG_START_ANY) {
            return false;
        }
    }
    return true;
}

static void push(struct mig_layout *layout, const struct mig_profile *profile, uint32_t start)
{
    assert(layout->count < MIG_AXIS_MAX);
    layout->placed[layout->count++] = (struct mig_placement){ profile, start };
}

/* ---------------------------------------------------------------------------- enumeration */

struct visit {
    const struct mig_set *set;
    bool (*call)(void *context, const struct mig_layout *layout);
    void *context;
    struct mig_layout layout;
};

/* Every layout that adds, to what is placed, instances that start at `from` or later. A layout
   is reached once: by placing its instances in the order of their starts. */
static bool visit_from(struct visit *visit, uint32_t from)
{
    if (!visit->call(visit->context, &visit->layout)) {
        return false;
    }
    for (uint32_t start = from; start < MIG_AXIS_MAX; start++) {
        for (uint32_t i = 0; i < visit->set->count; i++) {
            const struct mig_profile *profile = visit->set->profiles[i];
            if (!mig_fits(visit->set, &visit->layout, profile, start)) {
                continue;
            }
            push(&visit->layout, profile, start);
            bool go_on = visit_from(visit, start + profile->size);
            visit->layout.count--;
            if (!go_on) {
                return false;
            }
        }
    }
    return true;
}

void mig_each_layout(const struct mig_set *set,
                     bool (*visit)(void *context, const struct mig_layout *layout),
                     void *context)
{
    struct visit all = { .set = set, .call = visit, .context = context };
    (void)visit_from(&all, 0);
}

void mig_layout_put(struct text *text, const struct mig_layout *layout)
{
    const char *before = "";

    for (uint32_t start = 0; start < MIG_AXIS_MAX; start++) {
        for (uint32_t i = 0; i < layout->count; i++) {
            if (layout->placed[i].start == start) {
                text_printf(text, "%s%s@%u", before, layout->placed[i].profile->name, start);
                before = " ";
            }
        }
    }
}
