/* describe_geometry.c - `vgpusim list geometries`: MIG layouts, and what one creation leaves.
 */
#include "catalogue/describe.h"
#include "catalogue/geometry.h"

#include <inttypes.h>
#include <string.h>

enum { SETS_MAX = 4096 };

/* ------------------------------------------------------------------------------- layouts */

/* The layouts while they are counted. */
struct geometries {
    const struct mig_set *set;
    struct text *text;
    uint32_t valid;
    uint32_t maximal;
    uint32_t set_count;
    uint64_t sets[SETS_MAX]; /* Profiles of maximal layouts: four bits for each profile's
                                count, which is at most MIG_AXIS_MAX - 1. */
};

static uint64_t profiles_of(const struct mig_set *set, const struct mig_layout *layout)
{
    uint64_t profiles = 0;

    for (uint32_t i = 0; i < layout->count; i++) {
        for (uint32_t k = 0; k < set->count; k++) {
            profiles += (uint64_t)(layout->placed[i].profile == set->profiles[k]) << 4 * k;
        }
    }
    return profiles;
}

static bool put_geometry(void *context, const struct mig_layout *layout)
{
    struct geometries *all = context;

    all->valid++;
    if (!mig_is_maximal(all->set, layout)) {
        return true;
    }
    all->maximal++;
    mig_layout_put(all->text, layout);
    text_put(all->text, "\n");
    uint64_t profiles = profiles_of(all->set, layout);
    for (uint32_t i = 0; i < all->set_count; i++) {
        if (all->sets[i] == profiles) {
            return true;
        }
    }
    if (all->set_count < SETS_MAX) {
        all->sets[all->set_count++] = profiles;
    }
    return true;
}

static void put_layouts(const struct mig_set *set, const struct geometry_view *view,
                        struct text *text)
{
    struct geometries all = { .set = set, .text = text };

    mig_each_layout(set, put_geometry, &all);
    if (view->header) {
        text_printf(text,
                    "%" PRIu32 " layouts to which nothing can be added, %" PRIu32
                    " sets of profiles; %" PRIu32 " layouts in all\n",
                    all.maximal, all.set_count, all.valid);
    }
}

/* ------------------------------------------------------------------------ what is left */

static uint32_t count_left(const struct mig_set *set, struct mig_layout layout,
                           const struct mig_profile *profile)
{
    uint32_t count = 0;

    for (;; count++) {
        int32_t start = mig_first_fit(set, &layout, profile);
        if (start == MIG_START_ANY) {
            return count;
        }
        layout.placed[layout.count++] = (struct mig_placement){ profile, (uint32_t)start };
    }
}

static void put_left(const struct mig_set *set, const char *created,
                     const struct mig_layout *layout, struct text *text)
{
    text_printf(text, "%-16s", created);
    for (uint32_t k = 0; k < set->count; k++) {
        text_printf(text, " %*" PRIu32, (int)strlen(set->profiles[k]->name),
                    count_left(set, *layout, set->profiles[k]));
    }
    text_put(text, "\n");
}

static void put_lefts(const struct mig_set *set, struct text *text)
{
    const struct mig_layout empty = { 0 };

    text_printf(text, "%-16s", "created");
    for (uint32_t k = 0; k < set->count; k++) {
        text_printf(text, " %s", set->profiles[k]->name);
    }
    text_put(text, "\n");
    put_left(set, "nothing", &empty, text);
    for (uint32_t k = 0; k < set->count; k++) {
        const struct mig_profile *profile = set->profiles[k];
        for (uint32_t i = 0; i < profile->start_count; i++) {
            struct mig_layout one = { .placed = { { profile, profile->starts[i] } },
                                      .count = 1 };
            struct text name;
            text_init(&name);
            mig_layout_put(&name, &one);
            put_left(set, name.bytes, &one, text);
            text_fini(&name);
        }
    }
}

int describe_geometries(struct catalogue *catalogue, const char *device,
                        const struct geometry_view *view, struct text *text, struct err *err)
{
    const struct catalogue_device *found = catalogue_find_device(catalogue, device);
    struct mig_set set;

    if (!found) {
        return catalogue_device(catalogue, device, &found, err);
    }
    mig_set_init(&set, catalogue, found);
    if (set.count == 0) {
        return err_set(err, ERR_USAGE, "%s cannot be split by MIG", found->device.name);
    }
    if (!view->all) {
        set = mig_set_basic(&set);
    }
    if (view->left) {
        put_lefts(&set, text);
    } else {
        put_layouts(&set, view, text);
    }
    return 0;
}
