/*
 * place.c - mig_place: a geometry for the list of a scenario, or why there is none.
 */
#include "base/assert.h"
#include "catalogue/geometry.h"

#include <inttypes.h>

/* A search for places, of the first `count` requests. */
struct search {
    const struct mig_set *set;
    const struct mig_request *requests;
    uint32_t count;
    struct mig_layout layout;
    int32_t starts[MIG_AXIS_MAX];
};

static void push(struct search *search, uint32_t index, uint32_t start)
{
    struct mig_layout *layout = &search->layout;

    assert(layout->count < MIG_AXIS_MAX);
    layout->placed[layout->count++] =
        (struct mig_placement){ search->requests[index].profile, start };
    search->starts[index] = (int32_t)start;
}

/* Instances of one profile are alike, so a later one need only be tried below an earlier one;
   without that, many small instances would be tried in every order. */
static int32_t limit_of(const struct search *search, uint32_t index)
{
    for (uint32_t i = index; i > 0; i--) {
        if (search->requests[i - 1].start == MIG_START_ANY &&
            search->requests[i - 1].profile == search->requests[index].profile) {
            return search->starts[i - 1];
        }
    }
    return INT32_MAX;
}

/* Places the requests from index on that name no start, the highest start first. */
static bool place_from(struct search *search, uint32_t index)
{
    while (index < search->count && search->requests[index].start != MIG_START_ANY) {
        index++;
    }
    if (index == search->count) {
        return true;
    }
    const struct mig_profile *profile = search->requests[index].profile;
    int32_t limit = limit_of(search, index);
    for (uint32_t i = profile->start_count; i > 0; i--) {
        uint32_t start = profile->starts[i - 1];
        if ((int64_t)start >= limit ||
            !mig_fits(search->set, &search->layout, profile, start)) {
            continue;
        }
        push(search, index, start);
        if (place_from(search, index + 1)) {
            return true;
        }
        search->layout.count--;
    }
    return false;
}

/* ----------------------------------------------------------------------- nearest geometry */

/* The layout that differs least from what was asked for. */
struct nearest_layout {
    const struct search *search;
    struct mig_layout best;
    uint32_t best_difference;
};

/* How many of the requests the layout has; *ret_kept of them where they were asked for. */
static uint32_t count_common(const struct search *search, const struct mig_layout *layout,
                             uint32_t *ret_kept)
{
    bool used[MIG_AXIS_MAX] = { false };
    uint32_t common = 0;

    *ret_kept = 0;
    for (uint32_t i = 0; i < search->count; i++) {
        const struct mig_request *request = &search->requests[i];
        uint32_t match = MIG_AXIS_MAX;
        for (uint32_t k = 0; k < layout->count; k++) {
            if (used[k] || layout->placed[k].profile != request->profile) {
                continue;
            }
            if (match == MIG_AXIS_MAX || (int64_t)layout->placed[k].start == request->start) {
                match = k;
            }
        }
        if (match < MIG_AXIS_MAX) {
            used[match] = true;
            common++;
            *ret_kept += (int64_t)layout->placed[match].start == request->start;
        }
    }
    return common;
}

static uint32_t compute_of_requests(const struct search *search)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < search->count; i++) {
        sum += search->requests[i].profile->compute_slices;
    }
    return sum;
}

static uint32_t compute_of_layout(const struct mig_layout *layout)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < layout->count; i++) {
        sum += layout->placed[i].profile->compute_slices;
    }
    return sum;
}

/* Counts instances exchanged, missing or too many first, then compute slices, then starts. */
static bool consider(void *context, const struct mig_layout *layout)
{
    struct nearest_layout *nearest = context;
    const struct search *search = nearest->search;
    uint32_t kept;
    uint32_t common = count_common(search, layout, &kept);
    uint32_t most = search->count > layout->count ? search->count : layout->count;
    uint32_t wanted = compute_of_requests(search);
    uint32_t got = compute_of_layout(layout);
    uint32_t slices = wanted > got ? wanted - got : got - wanted;
    uint32_t difference = (most - common) * 100000 + slices * 100 + (search->count - kept);

    if (layout->count > 0 && difference < nearest->best_difference) {
        nearest->best_difference = difference;
        nearest->best = *layout;
    }
    return true;
}

static void put_nearest(struct text *text, const struct search *search)
{
    struct nearest_layout nearest = { .search = search, .best_difference = UINT32_MAX };

    mig_each_layout(search->set, consider, &nearest);
    text_put(text, "; the nearest legal geometry is ");
    mig_layout_put(text, &nearest.best);
}

/* --------------------------------------------------------------------------------- errors */

static void put_starts(struct text *text, const struct mig_profile *profile)
{
    for (uint32_t i = 0; i < profile->start_count; i++) {
        const char *before = i == 0 ? "" : i + 1 == profile->start_count ? " or " : ", ";
        text_printf(text, "%s%u", before, profile->starts[i]);
    }
}

static void put_slices(struct text *text, const struct mig_profile *profile, uint32_t start)
{
    if (profile->size == 1) {
        text_printf(text, "slice %u", start);
    } else {
        text_printf(text, "slices %u to %u", start, start + profile->size - 1);
    }
}

/* Why a request cannot have the start that it names, beside those placed before it. */
static void put_conflict(struct text *text, const struct search *search, uint32_t index)
{
    const struct mig_profile *profile = search->requests[index].profile;
    uint32_t start = (uint32_t)search->requests[index].start;

    if (!mig_start_is_legal(profile, start)) {
        text_printf(text, "%s cannot start at %u; it can start at ", profile->name, start);
        put_starts(text, profile);
        return;
    }
    text_printf(text, "%s at %u takes ", profile->name, start);
    put_slices(text, profile, start);
    for (uint32_t i = 0; i < search->layout.count; i++) {
        const struct mig_placement *other = &search->layout.placed[i];
        if (mig_overlaps(other, profile, start)) {
            text_printf(text, ", of which %s at %u has ", other->profile->name, other->start);
            put_slices(text, other->profile, other->start);
            return;
        }
    }
    text_put(text, ", but other instances have the media engines that it needs");
}

/* Neighbours that are alike are written once, with their number. */
static void put_requests(struct text *text, const struct search *search, uint32_t count)
{
    const struct mig_request *requests = search->requests;
    uint32_t same;

    for (uint32_t i = 0; i < count; i += same) {
        for (same = 1; i + same < count && requests[i + same].profile == requests[i].profile &&
                       requests[i + same].start == requests[i].start;) {
            same++;
        }
        text_put(text, i ? ", " : "");
        if (same > 1) {
            text_printf(text, "%" PRIu32 " times ", same);
        }
        text_put(text, requests[i].profile->name);
        if (requests[i].start != MIG_START_ANY) {
            text_printf(text, "@%" PRId32, requests[i].start);
        }
    }
}

static int refuse(const struct text *text, struct err *err)
{
    return err_set(err, ERR_SCENARIO, "%s", text->bytes);
}

static int refuse_start(struct search *search, uint32_t index, struct err *err)
{
    struct text text;

    text_init(&text);
    put_conflict(&text, search, index);
    put_nearest(&text, search);
    (void)refuse(&text, err);
    text_fini(&text);
    return -1;
}

static int refuse_room(struct search *search, uint32_t index, struct err *err)
{
    struct text text;

    text_init(&text);
    text_printf(&text, "there is no room for %s", search->requests[index].profile->name);
    if (index > 0) {
        text_put(&text, " beside ");
        put_requests(&text, search, index);
    }
    put_nearest(&text, search);
    (void)refuse(&text, err);
    text_fini(&text);
    return -1;
}

/* -------------------------------------------------------------------------------- mig_place */

/* Puts the requests that name a start. count, or the index of the first that cannot be. */
static uint32_t place_fixed(struct search *search)
{
    for (uint32_t i = 0; i < search->count; i++) {
        const struct mig_request *request = &search->requests[i];
        if (request->start == MIG_START_ANY) {
            continue;
        }
        if (!mig_fits(search->set, &search->layout, request->profile,
                      (uint32_t)request->start)) {
            return i;
        }
        push(search, i, (uint32_t)request->start);
    }
    return search->count;
}

/* The first request that has no place when those behind it that name no start are left out. */
static uint32_t first_without_place(const struct search *fixed)
{
    for (uint32_t count = 1; count < fixed->count; count++) {
        struct search search = *fixed;
        search.count = count;
        if (!place_from(&search, 0)) {
            return count - 1;
        }
    }
    return fixed->count - 1;
}

int mig_place(const struct mig_set *set, struct mig_request *requests, uint32_t count,
              uint32_t *ret_index, struct err *err)
{
    for (uint32_t i = 0; i < count; i++) {
        assert(requests[i].start >= MIG_START_ANY);
    }
    uint32_t held = count < MIG_AXIS_MAX ? count : MIG_AXIS_MAX;
    struct search search = { .set = set, .requests = requests, .count = held };
    uint32_t fixed = place_fixed(&search);

    if (fixed < held) {
        *ret_index = fixed;
        return refuse_start(&search, fixed, err);
    }
    struct search start = search;
    if (!place_from(&search, 0) || held < count) {
        *ret_index = first_without_place(&start);
        return refuse_room(&search, *ret_index, err);
    }
    for (uint32_t i = 0; i < count; i++) {
        requests[i].start = search.starts[i];
    }
    return 0;
}
