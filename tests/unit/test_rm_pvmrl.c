/* test_rm_pvmrl.c - RmPVMRL: the documented values, the same after encoding and decoding. */
#include "base/text.h"
#include "base/units.h"
#include "catalogue/rm_pvmrl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What a value means for a driver; no meaning: refused with a text that has the words. */
struct known {
    uint32_t value;
    enum rm_driver driver;
    struct rm_pvmrl meaning;
    const char *refusal;
};

static void check_meaning(const struct rm_pvmrl *a, const struct rm_pvmrl *b)
{
    assert_int_equal(a->policy, b->policy);
    assert_int_equal(a->adaptive, b->adaptive);
    assert_int_equal(a->weighted, b->weighted);
    assert_int_equal(a->averaging, b->averaging);
    assert_int_equal(a->frequency_hz, b->frequency_hz);
    assert_int_equal(a->slice_ms, b->slice_ms);
}

static void check_known(const struct known *known, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct rm_pvmrl meaning;
        struct err err;
        int status = rm_pvmrl_decode(known[i].value, known[i].driver, &meaning, &err);
        if (known[i].refusal) {
            assert_int_equal(status, -1);
            assert_non_null(strstr(err.text, known[i].refusal));
        } else {
            assert_int_equal(status, 0);
            check_meaning(&meaning, &known[i].meaning);
        }
    }
}

#define ARR(policy, factor, hz)                                                                \
    {                                                                                          \
        policy, true, false, factor, hz, 0                                                     \
    }
#define CONSTANT(policy, ms)                                                                   \
    {                                                                                          \
        policy, false, false, 0, 0, ms                                                         \
    }

/* The table of values and the examples of the vendor's guide. */
static void documented_values(void **state)
{
    static const struct known known[] = {
        { 0x00, RM_DRIVER_ANY, { RM_BEST_EFFORT, false, false, 0, 0, 0 }, NULL },
        { 0x01, RM_DRIVER_ANY, ARR(RM_EQUAL_SHARE, 33, 0), NULL },
        { 0x11, RM_DRIVER_ANY, ARR(RM_FIXED_SHARE, 33, 0), NULL },
        { 0x3c3c0001, RM_DRIVER_ANY, ARR(RM_EQUAL_SHARE, 60, 960), NULL },
        { 0x3c3c0011, RM_DRIVER_ANY, ARR(RM_FIXED_SHARE, 60, 960), NULL },
        { 0x0103F001, RM_DRIVER_SINCE_15, ARR(RM_EQUAL_SHARE, 1, 63), NULL },
        { 0x00000003, RM_DRIVER_ANY, CONSTANT(RM_EQUAL_SHARE, 0), NULL },
        { 0x00030003, RM_DRIVER_ANY, CONSTANT(RM_EQUAL_SHARE, 3), NULL },
        { 0x00000013, RM_DRIVER_ANY, CONSTANT(RM_FIXED_SHARE, 0), NULL },
        { 0x001E0013, RM_DRIVER_ANY, CONSTANT(RM_FIXED_SHARE, 30), NULL },
        { 0x00030001, RM_DRIVER_BEFORE_15, CONSTANT(RM_EQUAL_SHARE, 3), NULL },
        { 0x00030011, RM_DRIVER_BEFORE_15, CONSTANT(RM_FIXED_SHARE, 3), NULL },
        { 0x01, RM_DRIVER_BEFORE_15, CONSTANT(RM_EQUAL_SHARE, 0), NULL },
        { 0x01, RM_DRIVER_SINCE_590, { RM_EQUAL_SHARE, true, true, 33, 0, 0 }, NULL },
        { 0x09, RM_DRIVER_SINCE_590, ARR(RM_EQUAL_SHARE, 33, 0), NULL },
        { 0x09, RM_DRIVER_ANY, ARR(RM_EQUAL_SHARE, 33, 0), NULL },
    };
    (void)state;

    check_known(known, ARRAY_LEN(known));
}

/* The guide's "fixed, no ARR, 24 ms" is that before 15.0 only. */
static void ambiguous_value_needs_the_driver(void **state)
{
    static const struct known known[] = {
        { 0x00180011, RM_DRIVER_BEFORE_15, CONSTANT(RM_FIXED_SHARE, 24), NULL },
        { 0x00180011, RM_DRIVER_SINCE_15, ARR(RM_FIXED_SHARE, 33, 384), NULL },
        { 0x00180011, RM_DRIVER_ANY, { 0 }, "a slice of 24 ms, later ones a frequency of 384" },
        { 0x00010001, RM_DRIVER_ANY, { 0 }, "driver: before_15 or driver: since_15" },
        { 0x01010001, RM_DRIVER_ANY, ARR(RM_EQUAL_SHARE, 1, 63), NULL },
    };
    (void)state;

    check_known(known, ARRAY_LEN(known));
}

/* The driver takes the nearest bound. */
static void bounds_are_the_drivers(void **state)
{
    static const struct known known[] = {
        { 0xff001001, RM_DRIVER_SINCE_15, ARR(RM_EQUAL_SHARE, 60, 63), NULL },
        { 0x3d3ff001, RM_DRIVER_SINCE_15, ARR(RM_EQUAL_SHARE, 60, 960), NULL },
        { 0x013c1001, RM_DRIVER_SINCE_15, ARR(RM_EQUAL_SHARE, 1, 960), NULL },
        { 0x0103e001, RM_DRIVER_SINCE_15, ARR(RM_EQUAL_SHARE, 1, 63), NULL },
        { 0x001f0003, RM_DRIVER_SINCE_15, CONSTANT(RM_EQUAL_SHARE, 30), NULL },
        { 0x00ff0011, RM_DRIVER_BEFORE_15, CONSTANT(RM_FIXED_SHARE, 30), NULL },
    };
    (void)state;

    check_known(known, ARRAY_LEN(known));
}

static void bits_that_say_nothing_are_refused(void **state)
{
    static const struct known known[] = {
        { 0x00030002, RM_DRIVER_ANY, { 0 }, "best effort and leaves nothing to say" },
        { 0x00000010, RM_DRIVER_ANY, { 0 }, "0x00000010 are set, but bit 0 is 0" },
        { 0x3c3c0003, RM_DRIVER_ANY, { 0 }, "bit 1 turns adaptive round robin off" },
        { 0x00000021, RM_DRIVER_ANY, { 0 }, "bits 7:4 are 2" },
        { 0x00000005, RM_DRIVER_ANY, { 0 }, "0x00000004 are set" },
        { 0x00400001, RM_DRIVER_SINCE_15, { 0 }, "0x00400000 are set" },
        { 0x00000009, RM_DRIVER_SINCE_15, { 0 }, "came with R590" },
        { 0x00030003, RM_DRIVER_BEFORE_15, { 0 }, "0x00000002 are set, but drivers before" },
        { 0x3c3c0011, RM_DRIVER_BEFORE_15, { 0 }, "0x3c000000 are set, but drivers before" },
    };
    (void)state;

    check_known(known, ARRAY_LEN(known));
}

/* Decoded again, the value means the same to its driver, and none reads it differently if the
   driver does not say. */
static void check_round_trip(const struct rm_pvmrl *meaning, enum rm_driver driver)
{
    uint32_t value = rm_pvmrl_encode(meaning, driver);
    struct rm_pvmrl again;
    struct err err;

    assert_int_equal(rm_pvmrl_decode(value, driver, &again, &err), 0);
    check_meaning(meaning, &again);
    assert_int_equal(rm_pvmrl_encode(&again, driver), value);
    if (driver == RM_DRIVER_SINCE_15) {
        assert_int_equal(rm_pvmrl_decode(value, RM_DRIVER_ANY, &again, &err), 0);
        check_meaning(meaning, &again);
    }
}

static void every_meaning_survives_encoding(void **state)
{
    (void)state;

    for (int share = 0; share < 2; share++) {
        struct rm_pvmrl meaning = { .policy = share ? RM_FIXED_SHARE : RM_EQUAL_SHARE };
        for (uint32_t ms = 0; ms <= RM_SLICE_MAX; ms++) {
            meaning.slice_ms = ms;
            check_round_trip(&meaning, RM_DRIVER_BEFORE_15);
            check_round_trip(&meaning, RM_DRIVER_SINCE_15);
            check_round_trip(&meaning, RM_DRIVER_SINCE_590);
        }
        meaning.slice_ms = 0;
        meaning.adaptive = true;
        for (uint32_t factor = 1; factor <= RM_AVERAGING_MAX; factor++) {
            meaning.averaging = factor;
            for (uint32_t hz = 0; hz <= RM_FREQUENCY_MAX; hz = hz ? hz + 1 : RM_FREQUENCY_MIN) {
                meaning.frequency_hz = hz;
                meaning.weighted = false;
                check_round_trip(&meaning, RM_DRIVER_SINCE_15);
                meaning.weighted = hz % 2;
                check_round_trip(&meaning, RM_DRIVER_SINCE_590);
            }
        }
    }
}

/* Whatever the bits, a value that is taken comes back as one with the same meaning. */
static void every_value_taken_survives_decoding(void **state)
{
    uint32_t value = 1;
    (void)state;

    for (int i = 0; i < 300000; i++) {
        value = value * UINT32_C(1664525) + UINT32_C(1013904223);
        uint32_t some = i % 3 == 0 ? value : value & UINT32_C(0x3f3ff01b);
        for (int driver = RM_DRIVER_BEFORE_15; driver <= RM_DRIVER_SINCE_590; driver++) {
            struct rm_pvmrl meaning;
            struct err err;
            if (rm_pvmrl_decode(some, (enum rm_driver)driver, &meaning, &err) == 0) {
                check_round_trip(&meaning, (enum rm_driver)driver);
            }
        }
    }
}

static void elastic_cap_is_a_fraction_of_at_most_32(void **state)
{
    uint32_t ppm;
    struct err err;
    (void)state;

    assert_int_equal(rm_elastic_decode(0, &ppm, &err), 0);
    assert_int_equal(ppm, 0);
    assert_int_equal(rm_elastic_decode(0x0003000A, &ppm, &err), 0);
    assert_int_equal(ppm, 300000);
    assert_int_equal(rm_elastic_decode(0x001F0001, &ppm, &err), 0);
    assert_int_equal(ppm, 31 * PPM);
    assert_int_equal(rm_elastic_decode(0xffff0001, &ppm, &err), 0);
    assert_int_equal(ppm, 32 * PPM);
    assert_int_equal(rm_elastic_decode(0x00010000, &ppm, &err), -1);
    assert_non_null(strstr(err.text, "denominator"));
}

static void value_is_read_as_hexadecimal(void **state)
{
    static const char *const wrong[] = { "", "0x", "11", "0x123456789", "0x1g", "x11", "0X11" };
    uint32_t value;
    struct err err;
    (void)state;

    assert_int_equal(rm_pvmrl_read("0x3C3c0011", &value, &err), 0);
    assert_int_equal(value, 0x3c3c0011);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(rm_pvmrl_read(wrong[i], &value, &err), -1);
    }
}

/* Every line of an explanation fits on a terminal, and both meanings are told. */
static void explanation_fits_on_a_terminal(void **state)
{
    static const uint32_t values[] = { 0,          0x11,       0x13,       0x00180011,
                                       0x3c3c0011, 0xff001019, 0x00ff0013, 0x3f3ff009 };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct text text;
        struct err err;
        text_init(&text);
        assert_int_equal(rm_pvmrl_explain(values[i], &text, &err), 0);
        for (const char *line = text.bytes; *line; line += strcspn(line, "\n") + 1) {
            assert_true(strcspn(line, "\n") <= 80);
        }
        assert_true((strstr(text.bytes, "slice 24 ms") != NULL) == (values[i] == 0x00180011));
        text_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_values),
        cmocka_unit_test(ambiguous_value_needs_the_driver),
        cmocka_unit_test(bounds_are_the_drivers),
        cmocka_unit_test(bits_that_say_nothing_are_refused),
        cmocka_unit_test(every_meaning_survives_encoding),
        cmocka_unit_test(every_value_taken_survives_decoding),
        cmocka_unit_test(elastic_cap_is_a_fraction_of_at_most_32),
        cmocka_unit_test(value_is_read_as_hexadecimal),
        cmocka_unit_test(explanation_fits_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
