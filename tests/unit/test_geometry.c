/* test_geometry.c - MIG layouts: the published counts, what remains after one creation, and
   placement of lists against a checker that tries everything. */
#include "base/arena.h"
#include "base/text.h"
#include "base/units.h"
#include "catalogue/catalogue.h"
#include "catalogue/geometry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct catalogue catalogue;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    catalogue_init(&catalogue, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct mig_set set_of(const char *device)
{
    struct mig_set set;

    mig_set_init(&set, &catalogue, catalogue_find_device(&catalogue, device));
    return set;
}

static const struct mig_profile *profile_of(const struct mig_set *set, const char *name)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (strcmp(set->profiles[i]->name, name) == 0) {
            return set->profiles[i];
        }
    }
    fail_msg("no profile %s", name);
    return NULL;
}

/* --------------------------------------------------------------------------------- counts */

enum { SETS_MAX = 128 };

struct tally {
    const struct mig_set *set;
    uint32_t valid, maximal, sets;
    uint64_t seen[SETS_MAX]; /* Profiles of each maximal layout, four bits for each count. */
};

static bool tally_layout(void *context, const struct mig_layout *layout)
{
    struct tally *tally = context;
    uint64_t profiles = 0;
    uint32_t compute = 0;

    tally->valid++;
    for (uint32_t i = 0; i < layout->count; i++) {
        compute += layout->placed[i].profile->compute_slices;
        assert_true(i == 0 || layout->placed[i - 1].start < layout->placed[i].start);
        for (uint32_t k = 0; k < tally->set->count; k++) {
            profiles += (uint64_t)(layout->placed[i].profile == tally->set->profiles[k])
                        << (4 * k);
        }
    }
    assert_true(compute <= 7); /* Follows from the memory axis alone. */
    if (!mig_is_maximal(tally->set, layout)) {
        return true;
    }
    tally->maximal++;
    for (uint32_t i = 0; i < tally->sets; i++) {
        if (tally->seen[i] == profiles) {
            return true;
        }
    }
    assert_true(tally->sets < SETS_MAX);
    tally->seen[tally->sets++] = profiles;
    return true;
}

static void check_counts(const struct mig_set *set, uint32_t valid, uint32_t maximal,
                         uint32_t sets)
{
    struct tally tally = { .set = set };

    mig_each_layout(set, tally_layout, &tally);
    assert_int_equal(tally.valid, valid);
    assert_int_equal(tally.maximal, maximal);
    assert_int_equal(tally.sets, sets);
}

static void layouts_are_as_many_as_published(void **state)
{
    static const char *const devices[] = { "a100-40gb", "a100-80gb", "h100-80gb",
                                           "h200-141gb" };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
        struct mig_set all = set_of(devices[i]);
        struct mig_set basic = mig_set_basic(&all);
        struct mig_set plain = { .media = all.media };
        for (uint32_t k = 0; k < all.count; k++) {
            if (!strchr(all.profiles[k]->name, '+')) {
                plain.profiles[plain.count++] = all.profiles[k];
            }
        }
        assert_int_equal(basic.count, 5);
        assert_int_equal(plain.count, 6);
        assert_int_equal(all.count, 7);
        check_counts(&basic, 298, 19, 14);
        check_counts(&plain, 723, 78, 38);
        check_counts(&all, 2319, 239, 64);
    }
}

static bool stop_at_three(void *context, const struct mig_layout *layout)
{
    struct tally *tally = context;

    tally->maximal += mig_is_maximal(tally->set, layout);
    return tally->maximal < 3;
}

static void visiting_stops_when_told(void **state)
{
    struct mig_set set = set_of("a30");
    struct tally tally = { .set = &set };
    (void)state;

    mig_each_layout(&set, stop_at_three, &tally);
    assert_int_equal(tally.maximal, 3);
}

/* How many of a profile still fit beside the layout. */
static uint32_t count_left(const struct mig_set *set, struct mig_layout layout,
                           const struct mig_profile *profile)
{
    uint32_t count = 0;
    int32_t start;

    while ((start = mig_first_fit(set, &layout, profile)) != MIG_START_ANY) {
        layout.placed[layout.count++] = (struct mig_placement){ profile, (uint32_t)start };
        count++;
    }
    return count;
}

/* The table of the MIG rules: created, then what fits of 1g, 1g.10gb, 2g, 3g, 4g, 7g. */
static void rest_after_one_creation_is_as_published(void **state)
{
    static const char *const columns[] = { "1g.5gb",  "1g.10gb", "2g.10gb",
                                           "3g.20gb", "4g.20gb", "7g.40gb" };
    static const struct {
        const char *created;
        uint32_t start;
        uint32_t left[ARRAY_LEN(columns)];
    } rows[] = {
        { NULL, 0, { 7, 4, 3, 2, 1, 1 } },      { "1g.5gb", 0, { 6, 3, 2, 1, 0, 0 } },
        { "1g.5gb", 3, { 6, 3, 2, 1, 0, 0 } },  { "1g.5gb", 4, { 6, 3, 2, 1, 1, 0 } },
        { "1g.5gb", 5, { 6, 3, 2, 1, 1, 0 } },  { "1g.5gb", 6, { 6, 3, 3, 1, 1, 0 } },
        { "1g.10gb", 0, { 5, 3, 2, 1, 0, 0 } }, { "1g.10gb", 2, { 5, 3, 2, 1, 0, 0 } },
        { "1g.10gb", 4, { 5, 3, 2, 1, 1, 0 } }, { "1g.10gb", 6, { 6, 3, 3, 1, 1, 0 } },
        { "2g.10gb", 0, { 5, 3, 2, 1, 0, 0 } }, { "2g.10gb", 2, { 5, 3, 2, 1, 0, 0 } },
        { "2g.10gb", 4, { 5, 3, 2, 1, 1, 0 } }, { "3g.20gb", 0, { 3, 2, 1, 1, 0, 0 } },
        { "3g.20gb", 4, { 4, 2, 2, 1, 1, 0 } }, { "4g.20gb", 0, { 3, 2, 1, 1, 0, 0 } },
        { "7g.40gb", 0, { 0, 0, 0, 0, 0, 0 } },
    };
    struct mig_set set = set_of("a100-40gb");
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct mig_layout layout = { 0 };
        if (rows[i].created) {
            const struct mig_profile *created = profile_of(&set, rows[i].created);
            assert_true(mig_fits(&set, &layout, created, rows[i].start));
            layout.placed[layout.count++] = (struct mig_placement){ created, rows[i].start };
        }
        for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
            assert_int_equal(count_left(&set, layout, profile_of(&set, columns[k])),
                             rows[i].left[k]);
        }
    }
}

static void every_maximum_alone_is_reached(void **state)
{
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        struct mig_set set;
        mig_set_init(&set, &catalogue, &devices[i]);
        assert_int_equal(set.count > 0, devices[i].has_mig);
        for (uint32_t k = 0; k < set.count; k++) {
            struct mig_layout empty = { 0 };
            assert_int_equal(count_left(&set, empty, set.profiles[k]),
                             set.profiles[k]->instances_max);
        }
    }
}

/* ------------------------------------------------------------------------------ placement */

/* Reads "3g.20gb@0 2g.10gb" into requests. */
static uint32_t read_requests(const struct mig_set *set, const char *text,
                              struct mig_request *requests)
{
    char words[256];
    uint32_t count = 0;

    strcpy(words, text);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        char *at = strchr(word, '@');
        int32_t start = at ? (int32_t)atoi(at + 1) : MIG_START_ANY;
        if (at) {
            *at = '\0';
        }
        requests[count++] = (struct mig_request){ profile_of(set, word), start };
    }
    return count;
}

static void lists_are_placed_from_the_top(void **state)
{
    static const struct {
        const char *list, *want;
    } cases[] = {
        { "", "" },
        { "1g.5gb", "1g.5gb@6" },
        { "3g.20gb 4g.20gb", "4g.20gb@0 3g.20gb@4" },
        { "3g.20gb 3g.20gb", "3g.20gb@0 3g.20gb@4" },
        { "2g.10gb 2g.10gb 2g.10gb 1g.5gb", "2g.10gb@0 2g.10gb@2 2g.10gb@4 1g.5gb@6" },
        { "1g.5gb 1g.5gb 2g.10gb 3g.20gb", "2g.10gb@0 1g.5gb@2 1g.5gb@3 3g.20gb@4" },
        { "1g.5gb 1g.5gb 1g.5gb 4g.20gb", "4g.20gb@0 1g.5gb@4 1g.5gb@5 1g.5gb@6" },
        { "3g.20gb@0 1g.5gb", "3g.20gb@0 1g.5gb@6" },
        { "1g.5gb 3g.20gb@4", "1g.5gb@3 3g.20gb@4" },
        { "1g.10gb 1g.10gb 1g.10gb 1g.10gb", "1g.10gb@0 1g.10gb@2 1g.10gb@4 1g.10gb@6" },
    };
    struct mig_set set = set_of("a100-40gb");
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mig_request requests[MIG_AXIS_MAX];
        struct mig_layout layout = { 0 };
        struct text text;
        struct err err = { 0 };
        uint32_t index;
        uint32_t count = read_requests(&set, cases[i].list, requests);
        assert_int_equal(mig_place(&set, requests, count, &index, &err), 0);
        for (uint32_t k = 0; k < count; k++) {
            layout.placed[layout.count++] =
                (struct mig_placement){ requests[k].profile, (uint32_t)requests[k].start };
        }
        text_init(&text);
        mig_layout_put(&text, &layout);
        assert_string_equal(text.bytes, cases[i].want);
        text_fini(&text);
    }
}

static void refusals_name_what_is_in_the_way(void **state)
{
    static const struct {
        const char *device, *list;
        uint32_t index;
        const char *want;
    } cases[] = {
        { "h100", "3g.40gb@2", 0,
          "3g.40gb cannot start at 2; it can start at 0 or 4; the nearest legal geometry is "
          "3g.40gb@0" },
        { "h100", "2g.20gb@6", 0,
          "2g.20gb cannot start at 6; it can start at 0, 2 or 4; the nearest legal geometry is "
          "2g.20gb@0" },
        { "h100", "3g.40gb@0 4g.40gb@0", 1,
          "4g.40gb at 0 takes slices 0 to 3, of which 3g.40gb at 0 has slices 0 to 3; the "
          "nearest legal geometry is 4g.40gb@0 3g.40gb@4" },
        { "h100", "1g.10gb@5 2g.20gb@4", 1,
          "2g.20gb at 4 takes slices 4 to 5, of which 1g.10gb at 5 has slice 5; the nearest "
          "legal geometry is 1g.10gb@0 2g.20gb@4" },
        { "h100", "4g.40gb 4g.40gb", 1,
          "there is no room for 4g.40gb beside 4g.40gb; the nearest legal geometry is "
          "4g.40gb@0 3g.40gb@4" },
        { "h100", "3g.40gb@0 4g.40gb 1g.10gb", 1,
          "there is no room for 4g.40gb beside 3g.40gb@0; the nearest legal geometry is "
          "4g.40gb@0 2g.20gb@4 1g.10gb@6" },
        { "h100", "1g.10gb+me 1g.10gb+me", 1,
          "there is no room for 1g.10gb+me beside 1g.10gb+me; the nearest legal geometry is "
          "1g.10gb@0 1g.10gb+me@1" },
        { "h100", "1g.10gb+me@0 1g.10gb+me@1", 1,
          "1g.10gb+me at 1 takes slice 1, but other instances have the media engines that it "
          "needs; the nearest legal geometry is 1g.10gb+me@0 1g.10gb@1" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mig_set set = set_of(cases[i].device);
        struct mig_request requests[MIG_AXIS_MAX];
        struct mig_request before[MIG_AXIS_MAX];
        struct err err = { 0 };
        uint32_t index = UINT32_MAX;
        uint32_t count = read_requests(&set, cases[i].list, requests);
        memcpy(before, requests, sizeof(before));
        assert_int_equal(mig_place(&set, requests, count, &index, &err), -1);
        assert_string_equal(err.text, cases[i].want);
        assert_int_equal(index, cases[i].index);
        assert_memory_equal(requests, before, count * sizeof(*requests));
    }
}

static void too_long_lists_are_refused(void **state)
{
    struct mig_set set = set_of("h100");
    struct mig_request requests[40];
    struct err err = { 0 };
    uint32_t index = UINT32_MAX;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        requests[i] = (struct mig_request){ profile_of(&set, "1g.10gb"), MIG_START_ANY };
    }
    assert_int_equal(mig_place(&set, requests, 40, &index, &err), -1);
    assert_int_equal(index, 7);
    assert_int_equal(mig_place(&set, requests, 8, &index, &err), -1);
    assert_int_equal(index, 7);
    assert_int_equal(mig_place(&set, requests, 7, &index, &err), 0);
}

/* ------------------------------------------------------------- against trying everything */

static uint32_t mask_of(const struct mig_profile *profile, uint32_t start)
{
    return ((1U << profile->size) - 1) << start;
}

static uint32_t is_me(const struct mig_profile *profile)
{
    return strstr(profile->name, "+me") != NULL;
}

/* The rule in its plainest form: bit masks, and one +me instance at most. */
static bool can_place(const struct mig_request *requests, uint32_t count, uint32_t taken,
                      uint32_t me)
{
    if (count == 0) {
        return me <= 1;
    }
    const struct mig_profile *profile = requests[0].profile;
    for (uint32_t i = 0; i < profile->start_count; i++) {
        uint32_t mask = mask_of(profile, profile->starts[i]);
        bool wanted = requests[0].start == MIG_START_ANY ||
                      requests[0].start == (int32_t)profile->starts[i];
        if (wanted && !(taken & mask) &&
            can_place(requests + 1, count - 1, taken | mask, me + is_me(profile))) {
            return true;
        }
    }
    return false;
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

static uint32_t draw_requests(const struct mig_set *set, uint64_t *seed,
                              struct mig_request *requests)
{
    uint32_t count = 1 + draw(seed, 7);

    for (uint32_t i = 0; i < count; i++) {
        const struct mig_profile *profile = set->profiles[draw(seed, set->count)];
        int32_t start = MIG_START_ANY;
        if (draw(seed, 4) == 0) {
            start = (int32_t)profile->starts[draw(seed, profile->start_count)];
        }
        requests[i] = (struct mig_request){ profile, start };
    }
    return count;
}

/* The starts that mig_place chose are legal and free, and those given are kept. */
static void check_places(const struct mig_request *asked, const struct mig_request *got,
                         uint32_t count)
{
    uint32_t taken = 0;
    uint32_t me = 0;

    for (uint32_t i = 0; i < count; i++) {
        assert_true(asked[i].start == MIG_START_ANY || asked[i].start == got[i].start);
        assert_true(mig_start_is_legal(got[i].profile, (uint32_t)got[i].start));
        uint32_t mask = mask_of(got[i].profile, (uint32_t)got[i].start);
        assert_int_equal(taken & mask, 0);
        taken |= mask;
        me += is_me(got[i].profile);
    }
    assert_true(me <= 1);
}

static void places_agree_with_trying_everything(void **state)
{
    static const char *const devices[] = { "a100-40gb", "h100-80gb", "a30", "b200" };
    uint64_t seed = 1;
    uint32_t placed = 0;
    (void)state;

    for (int round = 0; round < 4000; round++) {
        struct mig_set set = set_of(devices[round % 4]);
        struct mig_request asked[8];
        struct mig_request got[8];
        struct err err = { 0 };
        uint32_t index = UINT32_MAX;
        uint32_t count = draw_requests(&set, &seed, asked);
        memcpy(got, asked, sizeof(got));
        bool can = can_place(asked, count, 0, 0);
        assert_int_equal(mig_place(&set, got, count, &index, &err), can ? 0 : -1);
        if (can) {
            check_places(asked, got, count);
            placed++;
        } else {
            assert_true(index < count);
            assert_non_null(strstr(err.text, "the nearest legal geometry is "));
        }
    }
    assert_in_range(placed, 500, 3500); /* Both outcomes are tried. */
}

/* RTX PRO 6000: four quarters; +me.all takes every media engine, -me none. */
static void media_engines_are_shared_out(void **state)
{
    static const struct {
        const char *list;
        int want;
    } cases[] = {
        { "1g.24gb 1g.24gb 1g.24gb 1g.24gb", 0 },
        { "2g.48gb 1g.24gb 1g.24gb", 0 },
        { "1g.24gb+me.all 1g.24gb-me 1g.24gb-me 1g.24gb-me", 0 },
        { "1g.24gb+me.all 2g.48gb-me", 0 },
        { "1g.24gb+me.all 1g.24gb", -1 },
        { "1g.24gb+me.all 1g.24gb+me", -1 },
        { "1g.24gb+me 1g.24gb+gfx 2g.48gb", 0 },
        { "4g.96gb 1g.24gb-me", -1 },
    };
    struct mig_set set = set_of("rtx-pro-6000");
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mig_request requests[MIG_AXIS_MAX];
        struct err err = { 0 };
        uint32_t index;
        uint32_t count = read_requests(&set, cases[i].list, requests);
        assert_int_equal(mig_place(&set, requests, count, &index, &err), cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_are_as_many_as_published),
        cmocka_unit_test(visiting_stops_when_told),
        cmocka_unit_test(rest_after_one_creation_is_as_published),
        cmocka_unit_test(every_maximum_alone_is_reached),
        cmocka_unit_test(lists_are_placed_from_the_top),
        cmocka_unit_test(refusals_name_what_is_in_the_way),
        cmocka_unit_test(too_long_lists_are_refused),
        cmocka_unit_test(places_agree_with_trying_everything),
        cmocka_unit_test(media_engines_are_shared_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
