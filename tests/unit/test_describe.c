/* test_describe.c - what `list` and `explain` say of the catalogue. */
#include "base/arena.h"
#include "base/text.h"
#include "base/units.h"
#include "catalogue/catalogue.h"
#include "catalogue/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct catalogue catalogue;
static struct text text;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    catalogue_init(&catalogue, &arena);
    text_init(&text);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    text_fini(&text);
    arena_fini(&arena);
    return 0;
}

static size_t count_lines(void)
{
    size_t lines = 0;

    for (size_t i = 0; i < text.size; i++) {
        lines += text.bytes[i] == '\n';
    }
    return lines;
}

static void assert_has(const char *part)
{
    if (!strstr(text.bytes, part)) {
        fail_msg("no \"%s\" in:\n%s", part, text.bytes);
    }
}

static void devices_are_listed_one_a_line(void **state)
{
    (void)state;
    text_clear(&text);
    describe_devices(&catalogue, false, &text);
    assert_int_equal(count_lines(), 113);
    assert_memory_equal(text.bytes, "a10 ", 4);
    assert_has(
        "\nh100-80gb                 132      80GiB      3352 mig  vgpu    measured  memory  "
        "H100 SXM5 80GB\n");
    assert_has("\ngtx-1080 ");
    text_clear(&text);
    describe_devices(&catalogue, true, &text);
    assert_int_equal(count_lines(), 114);
    assert_memory_equal(text.bytes, "NAME ", 5);
}

static void profiles_are_listed_by_device(void **state)
{
    struct err err = { 0 };
    (void)state;

    text_clear(&text);
    assert_int_equal(describe_profiles(&catalogue, NULL, false, &text, &err), 0);
    assert_int_equal(count_lines(), 960 + 127);
    text_clear(&text);
    assert_int_equal(describe_profiles(&catalogue, "h100", false, &text, &err), 0);
    assert_int_equal(count_lines(), 15 + 7);
    text_clear(&text);
    assert_int_equal(describe_profiles(&catalogue, "t4", true, &text, &err), 0);
    assert_int_equal(count_lines(), 17 + 1);
    assert_has(
        "\nT4-4Q              time-sliced      4GiB    4     -    - table    Tesla T4\n");
    text_clear(&text);
    assert_int_equal(describe_profiles(&catalogue, "gtx-1080", false, &text, &err), 0);
    assert_has("P40-2Q             time-sliced      2GiB    4 ");
    text_clear(&text);
    assert_int_equal(describe_profiles(&catalogue, "t44", false, &text, &err), -1);
    assert_string_equal(text.bytes, "");
    assert_non_null(strstr(err.text, "did you mean t4?"));
}

static void geometries_are_listed(void **state)
{
    const struct geometry_view basic = { 0 };
    const struct geometry_view counted = { .header = true };
    const struct geometry_view all = { .all = true };
    struct err err = { 0 };
    (void)state;

    text_clear(&text);
    assert_int_equal(describe_geometries(&catalogue, "a100-40gb", &basic, &text, &err), 0);
    assert_int_equal(count_lines(), 19);
    assert_has("4g.20gb@0 3g.20gb@4\n");
    text_clear(&text);
    assert_int_equal(describe_geometries(&catalogue, "h100", &counted, &text, &err), 0);
    assert_has(
        "\n19 layouts to which nothing can be added, 14 sets of profiles; 298 layouts in "
        "all\n");
    text_clear(&text);
    assert_int_equal(describe_geometries(&catalogue, "a100-40gb", &all, &text, &err), 0);
    assert_int_equal(count_lines(), 239);
    assert_int_equal(describe_geometries(&catalogue, "t4", &basic, &text, &err), -1);
    assert_string_equal(err.text, "t4 cannot be split by MIG");
    assert_int_equal(describe_geometries(&catalogue, "x", &basic, &text, &err), -1);
}

/* Each number is that of the MIG rules' table; test_geometry.c has all of it. */
static void what_one_creation_leaves_is_listed(void **state)
{
    const struct geometry_view view = { .left = true };
    struct err err = { 0 };
    (void)state;

    text_clear(&text);
    assert_int_equal(describe_geometries(&catalogue, "a100-40gb", &view, &text, &err), 0);
    assert_int_equal(count_lines(), 2 + 7 + 3 + 2 + 1 + 1);
    assert_has("created          1g.5gb 2g.10gb 3g.20gb 4g.20gb 7g.40gb\n");
    assert_has("nothing               7       3       2       1       1\n");
    assert_has("1g.5gb@3              6       2       1       0       0\n");
    assert_has("3g.20gb@0             3       1       1       0       0\n");
    assert_has("3g.20gb@4             4       2       1       1       0\n");
}

static void explanations_name_their_sources(void **state)
{
    (void)state;
    text_clear(&text);
    assert_true(describe_name(&catalogue, "h100", &text));
    assert_memory_equal(text.bytes, "h100-80gb: device, H100 SXM5 80GB, Hopper GH100", 40);
    assert_has("switch       preempt 0.19");
    assert_has("(measured)");
    assert_has("2.0971");
    assert_has("(written down from\n               memory: ");
    assert_has("MIG          1g.10gb, ");
    text_clear(&text);
    assert_true(describe_name(&catalogue, "p100-16gb", &text));
    assert_has("copy (how many is not known; 1 assumed)");
    assert_has("not measured");
    text_clear(&text);
    assert_true(describe_name(&catalogue, "gtx-1080", &text));
    assert_has("when unlocked, as a Tesla P40");
    assert_has("passes for a Tesla P40 by PCI id 0x1b80; users report that it\n"
               "               works\n");
    assert_has("  takes        8 P40-1Q, 4 P40-2Q, 2 P40-3Q, 2 P40-4Q, 1 P40-6Q, 1 P40-8Q,\n");
    assert_has("  too large    P40-12Q, P40-24Q, ");
    assert_has("  has only     8 of 24 GiB, 20 of 30 SMs, 320.3 of 347.1 GB/s\n");
    assert_has("ECC: memory errors stay silent");
    assert_has("it unlocks nothing\n");
    text_clear(&text);
    assert_true(describe_name(&catalogue, "GRID T4-4Q", &text));
    assert_has("T4-4Q: vGPU type of Tesla T4 (device t4), written GRID T4-4Q by the vendor");
    assert_has("maximum      4 per GPU\n");
    assert_has("slice        2ms by the vendor's rule, 480 Hz");
    assert_has("source ");
    text_clear(&text);
    assert_true(describe_name(&catalogue, "1g.10gb", &text));
    assert_has("1g.10gb: MIG profile of A100 SXM4 40GB (device a100-40gb)");
    assert_has("1g.10gb: MIG profile of H100 SXM5 80GB (device h100-80gb)");
    assert_has("2 slices, from 0, 2, 4, 6; at most 4");
    text_clear(&text);
    assert_false(describe_name(&catalogue, "fairness", &text));
    assert_string_equal(text.bytes, "");
}

/* Every entry can be explained; what is derived says so. */
static void everything_can_be_explained(void **state)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        text_clear(&text);
        assert_true(describe_name(&catalogue, types[i].profile, &text));
        assert_int_equal(strstr(text.bytes, "(derived)") != NULL, types[i].derived);
    }
    const struct mig_profile *profiles = catalogue_mig_all(&catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        text_clear(&text);
        assert_true(describe_name(&catalogue, profiles[i].name, &text));
        assert_has(profiles[i].board);
    }
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        text_clear(&text);
        assert_true(describe_name(&catalogue, devices[i].device.name, &text));
        assert_has(devices[i].source);
    }
}

static void assert_narrow(const char *name)
{
    text_clear(&text);
    assert_true(describe_name(&catalogue, name, &text));
    for (const char *line = text.bytes; *line; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") > 80) {
            fail_msg("%s: more than 80 columns: %.100s", name, line);
        }
    }
    assert_has("source");
}

/* Whatever is explained says where it comes from, on a terminal of 80 columns. */
static void every_explanation_has_a_source_and_fits_80_columns(void **state)
{
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(&catalogue, &count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        assert_narrow(devices[i].device.name);
    }
    const struct vgpu_type *types = catalogue_vgpu_types(&catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        assert_narrow(types[i].profile);
    }
    const struct mig_profile *profiles = catalogue_mig_all(&catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        assert_narrow(profiles[i].name);
    }
}

static void types_say_what_becomes_of_their_memory(void **state)
{
    (void)state;
    text_clear(&text);
    assert_true(describe_name(&catalogue, "L40S-8Q", &text));
    assert_has("  memory       8 GiB on the host, ");
    assert_has("for the driver; ");
    assert_has(" by the vendor's formula, ECC on\n");
    assert_has("  places       0, 16, 24, 40 with mixed sizes (");
    assert_has("  type id      nvidia-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_listed_one_a_line),
        cmocka_unit_test(profiles_are_listed_by_device),
        cmocka_unit_test(geometries_are_listed),
        cmocka_unit_test(what_one_creation_leaves_is_listed),
        cmocka_unit_test(explanations_name_their_sources),
        cmocka_unit_test(everything_can_be_explained),
        cmocka_unit_test(every_explanation_has_a_source_and_fits_80_columns),
        cmocka_unit_test(types_say_what_becomes_of_their_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
