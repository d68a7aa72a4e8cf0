/* test_unlock.c - what a card passes for, which vGPU types it then takes, and how many. */
#include "run/setup.h"
#include "scenario/scenario.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

/* One GPU and VMs of one profile; a setup of it, or the error's text. */
struct world {
    struct arena arena;
    struct scenario scenario;
    struct setup setup;
    struct err_list errors;
    char text[600];
};

static const char *make(struct world *w, const char *gpu, const char *vms)
{
    int size =
        snprintf(w->text, sizeof(w->text),
                 "duration: 1s\ngpus:\n  - {name: g, %s}\nvms:\n  - {name: v, %s}\n", gpu, vms);
    struct scenario_source source = { .file = "t.yaml",
                                      .bytes = w->text,
                                      .size = (size_t)size };

    arena_init(&w->arena);
    w->errors.count = 0;
    if (scenario_load(&source, &w->scenario, &w->errors) ||
        setup_build(&w->scenario, &w->arena, &w->setup, &w->errors)) {
        return w->errors.errors[0].text;
    }
    return NULL;
}

static void unmake(struct world *w)
{
    scenario_fini(&w->scenario);
    arena_fini(&w->arena);
}

static void must_fit(const char *gpu, const char *vms)
{
    struct world w;
    const char *error = make(&w, gpu, vms);

    if (error) {
        fail_msg("%s %s: %s", gpu, vms, error);
    }
    unmake(&w);
}

static void must_not(const char *gpu, const char *vms, const char *word)
{
    struct world w;
    const char *error = make(&w, gpu, vms);

    if (!error || !strstr(error, word)) {
        fail_msg("%s %s: %s", gpu, vms, error ? error : "no error");
    }
    unmake(&w);
}

/* Eight GiB hold four of the twelve of a P40; with a reserve, three. */
static void memory_of_the_card_is_the_limit(void **state)
{
    (void)state;
    must_fit("device: gtx-1080", "count: 4, profile: P40-2Q");
    must_not("device: gtx-1080", "count: 5, profile: P40-2Q",
             "the unlocked card's own memory holds no more of this profile");
    must_fit("device: p40", "count: 12, profile: P40-2Q");
    must_not("device: p40", "count: 13, profile: P40-2Q", "the vendor allows no more");
    must_fit("device: gtx-1080, unlock: {reserve: 200MiB}", "count: 3, profile: P40-2Q");
    must_not("device: gtx-1080, unlock: {reserve: 200MiB}", "count: 4, profile: P40-2Q",
             "own memory");
    must_fit("device: {base: gtx-1080, memory: 24GiB}", "count: 12, profile: P40-2Q");
    must_not("device: gtx-1080", "profile: P40-24Q", "of that series it holds 8 P40-1Q");
}

static void words_say_when_a_card_is_relabelled(void **state)
{
    (void)state;
    must_fit("device: gtx-1080, unlock: yes", "profile: P40-2Q");
    must_fit("device: gtx-1080, unlock: auto", "profile: P40-2Q");
    must_not("device: gtx-1080, unlock: no", "profile: P40-2Q", "has no vGPU types");
    must_fit("device: t4, unlock: auto", "profile: T4-4Q");
    must_not("device: t4, unlock: yes", "profile: T4-4Q", "passes for a Quadro RTX 6000");
    must_fit("device: t4, unlock: yes", "profile: RTX6000-4Q");
    must_fit("device: p40, unlock: yes", "profile: P40-24Q");
    must_fit("device: p4, unlock: yes", "profile: P40-8Q");
}

static void maps_win_over_the_ranges(void **state)
{
    const char *gpu = "device: gtx-1080, unlock: {pci_info_map: {0x1b80: {device_id: 0x13f2, "
                      "sub_system_id: 0x1234}, 1: {device_id: 2, sub_system_id: 3}}}";

    (void)state;
    must_fit(gpu, "profile: M60-4Q");
    must_not(gpu, "profile: P40-4Q", "not of gtx-1080");
    /* Another card's id: the ranges hold. */
    must_fit("device: gtx-1080, unlock: {pci_info_map: {0x1b81: {device_id: 0x13f2, "
             "sub_system_id: 0}}}",
             "profile: P40-4Q");
    must_fit("device: gtx-1080, unlock: {pci_id: 0x1e04}", "profile: RTX6000-2Q");
    must_fit("device: gtx-1080, unlock: {passes_for: t4}", "profile: T4-2Q");
}

/* Fixed share divides by the type's maximum of 12, not by the 4 that the card holds; and the
   default slice is that of 12. */
static void vendor_rules_go_by_the_type(void **state)
{
    struct world w;

    (void)state;
    assert_null(make(&w, "device: gtx-1080", "count: 4, profile: P40-2Q"));
    assert_int_equal(w.setup.partitions[0].slot_count, 12);
    assert_int_equal(w.scenario.gpus[0].sharing.engines[ENGINE_COMPUTE].slice_ns, MSEC);
    assert_int_equal(w.scenario.vms[0].profile.vms_max, 4);
    unmake(&w);
}

static void cards_keep_what_is_their_own(void **state)
{
    struct world w;

    (void)state;
    assert_null(make(&w, "device: gtx-1080", "profile: P40-2Q"));
    const struct device *device = w.setup.partitions[0].device;
    assert_int_equal(device->sms, 20);
    assert_int_equal(device->memory_bytes, 8 * GIB);
    assert_int_equal(device->bandwidth_bytes, INT64_C(320300000000));
    assert_false(device->ecc);
    unmake(&w);
}

/* The table of devices says of each card what the ranges of ids say. */
static void ranges_and_devices_agree(void **state)
{
    struct arena arena;
    struct catalogue catalogue;
    size_t count;
    uint32_t unlocked = 0;

    (void)state;
    arena_init(&arena);
    catalogue_init(&catalogue, &arena);
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        struct catalogue_device card = devices[i];
        struct err err;
        assert_int_equal(catalogue_unlock_card(&catalogue, &card, false, &err), 0);
        assert_false(card.is_relabelled);
        assert_int_equal(card.passes_for != NULL, devices[i].passes_for != NULL);
        if (card.passes_for) {
            assert_string_equal(card.passes_for, devices[i].passes_for);
            unlocked++;
        }
    }
    assert_true(unlocked > 40);
    arena_fini(&arena);
}

/* What hosts know by an id: boards with the same one are told apart as far as the map says. */
static void boards_are_found_by_their_ids(void **state)
{
    static const struct {
        uint32_t id, subsystem;
        const char *device; /* NULL: an error with this word. */
        const char *word;
    } cases[] = {
        { 0x1b38, 0, "p40", NULL },
        { 0x1e30, 0x12ba, "quadro-rtx-6000", NULL },
        { 0x1e30, 0x129e, "quadro-rtx-8000", NULL },
        { 0x1e78, 0x129e, NULL, "say which with passes_for" },
        { 0x1b80, 0, NULL, "no device with vGPU types" },
    };
    struct arena arena;
    struct catalogue catalogue;

    (void)state;
    arena_init(&arena);
    catalogue_init(&catalogue, &arena);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct catalogue_device *found = NULL;
        struct err err;
        int status =
            catalogue_vgpu_board(&catalogue, cases[i].id, cases[i].subsystem, &found, &err);
        assert_int_equal(status, cases[i].device ? 0 : -1);
        if (cases[i].device) {
            assert_string_equal(found->device.name, cases[i].device);
        } else {
            assert_non_null(strstr(err.text, cases[i].word));
        }
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_the_card_is_the_limit),
        cmocka_unit_test(words_say_when_a_card_is_relabelled),
        cmocka_unit_test(maps_win_over_the_ranges),
        cmocka_unit_test(vendor_rules_go_by_the_type),
        cmocka_unit_test(cards_keep_what_is_their_own),
        cmocka_unit_test(ranges_and_devices_agree),
        cmocka_unit_test(boards_are_found_by_their_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
