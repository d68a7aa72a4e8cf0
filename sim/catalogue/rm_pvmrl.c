#include "catalogue/rm_pvmrl.h"

#include "base/assert.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const rm_driver_words[] = { "any", "before_15", "since_15", "since_590", NULL };

/* One field of the value. */
struct bits {
    uint32_t low;   /* Lowest bit. */
    uint32_t count; /* Of bits. */
};

static const struct bits on = { 0, 1 };
static const struct bits adaptive_off = { 1, 1 };
static const struct bits weights_off = { 3, 1 };
static const struct bits share = { 4, 4 };
static const struct bits frequency = { 12, 10 };
static const struct bits slice = { 16, 8 };
static const struct bits averaging = { 24, 8 };

static uint32_t mask_of(struct bits bits)
{
    return ((UINT32_C(1) << bits.count) - 1) << bits.low;
}

static uint32_t get(uint32_t value, struct bits bits)
{
    return (value & mask_of(bits)) >> bits.low;
}

static uint32_t put(uint32_t number, struct bits bits)
{
    return number << bits.low;
}

int rm_pvmrl_read(const char *text, uint32_t *ret, struct err *err)
{
    size_t length = strlen(text);

    if (length < 3 || length > 10 || text[0] != '0' || text[1] != 'x' ||
        strspn(text + 2, "0123456789abcdefABCDEF") != length - 2) {
        return err_set(err, ERR_SCENARIO,
                       "it must be 32 bits in hexadecimal, as 0x3c3c0011 or 0x11");
    }
    *ret = (uint32_t)strtoul(text + 2, NULL, 16);
    return 0;
}

/* -------------------------------------------------------------------------------- decoding */

static uint32_t at_most(uint32_t number, uint32_t limit)
{
    return number < limit ? number : limit;
}

/* The bits that say something in this value for such a driver. */
static uint32_t known_bits(uint32_t value, enum rm_driver driver)
{
    uint32_t known = mask_of(on);

    if (!get(value, on)) {
        return known;
    }
    known |= mask_of(share);
    if (driver == RM_DRIVER_BEFORE_15) {
        return known | mask_of(slice);
    }
    known |= mask_of(adaptive_off);
    if (driver != RM_DRIVER_SINCE_15) {
        known |= mask_of(weights_off);
    }
    return known | (get(value, adaptive_off) ? mask_of(slice)
                                             : mask_of(frequency) | mask_of(averaging));
}

/* Says which bits are set that say nothing, and why. */
static int refuse_bits(uint32_t value, uint32_t idle, enum rm_driver driver, struct err *err)
{
    const char *why = "they say nothing";

    if (!get(value, on)) {
        why = "bit 0 is 0, which is best effort and leaves nothing to say; write 0x0";
    } else if (driver == RM_DRIVER_BEFORE_15) {
        why = "drivers before 15.0 know the bits 0, 7:4 and 23:16 (the slice) only";
    } else if (driver == RM_DRIVER_SINCE_15 && idle == mask_of(weights_off)) {
        why = "bit 3 turns weights off, which came with R590; say driver: since_590";
    } else if (get(value, adaptive_off) && idle & (mask_of(frequency) | mask_of(averaging))) {
        why = "bit 1 turns adaptive round robin off, so frequency (21:12) and averaging "
              "factor (31:24) say nothing; the slice is in 23:16";
    }
    return err_set(err, ERR_SCENARIO, "the bits 0x%08" PRIx32 " are set, but %s", idle, why);
}

static int refuse_ambiguous(uint32_t value, struct err *err)
{
    return err_set(err, ERR_SCENARIO,
                   "drivers before 15.0 read a slice of %" PRIu32 " ms, later ones a frequency "
                   "of %" PRIu32 " Hz; say which: driver: before_15 or driver: since_15",
                   at_most(get(value, slice), RM_SLICE_MAX), get(value, frequency));
}

/* Whether it is of the form 0x00TT0001 or 0x00TT0011, with a slice. */
static bool is_ambiguous(uint32_t value)
{
    return get(value, on) && (value & ~known_bits(value, RM_DRIVER_BEFORE_15)) == 0 &&
           get(value, slice) > 0;
}

int rm_pvmrl_decode(uint32_t value, enum rm_driver driver, struct rm_pvmrl *ret,
                    struct err *err)
{
    uint32_t idle = value & ~known_bits(value, driver);
    struct rm_pvmrl meaning = { .policy = RM_BEST_EFFORT };

    if (idle) {
        return refuse_bits(value, idle, driver, err);
    }
    if (driver == RM_DRIVER_ANY && is_ambiguous(value)) {
        return refuse_ambiguous(value, err);
    }
    if (get(value, share) > 1) {
        return err_set(err, ERR_SCENARIO,
                       "bits 7:4 are %" PRIu32 "; 0 is equal share and 1 is fixed share",
                       get(value, share));
    }
    if (get(value, on)) {
        meaning.policy = get(value, share) ? RM_FIXED_SHARE : RM_EQUAL_SHARE;
        meaning.adaptive = driver != RM_DRIVER_BEFORE_15 && !get(value, adaptive_off);
        meaning.weighted = driver == RM_DRIVER_SINCE_590 && !get(value, weights_off);
    }
    if (meaning.adaptive) {
        uint32_t hz = at_most(get(value, frequency), RM_FREQUENCY_MAX);
        uint32_t factor = at_most(get(value, averaging), RM_AVERAGING_MAX);
        meaning.averaging = factor ? factor : RM_AVERAGING_DEFAULT;
        meaning.frequency_hz = hz && hz < RM_FREQUENCY_MIN ? RM_FREQUENCY_MIN : hz;
    } else if (meaning.policy != RM_BEST_EFFORT) {
        meaning.slice_ms = at_most(get(value, slice), RM_SLICE_MAX);
    }
    *ret = meaning;
    return 0;
}

uint32_t rm_pvmrl_encode(const struct rm_pvmrl *meaning, enum rm_driver driver)
{
    assert(driver != RM_DRIVER_ANY);
    if (meaning->policy == RM_BEST_EFFORT) {
        return 0;
    }
    uint32_t value = put(1, on) | put(meaning->policy == RM_FIXED_SHARE, share);
    if (driver == RM_DRIVER_BEFORE_15) {
        assert(!meaning->adaptive);
        return value | put(meaning->slice_ms, slice);
    }
    if (driver == RM_DRIVER_SINCE_590 && !meaning->weighted) {
        value |= put(1, weights_off);
    }
    if (!meaning->adaptive) {
        return value | put(1, adaptive_off) | put(meaning->slice_ms, slice);
    }
    if (meaning->frequency_hz == 0 && meaning->averaging == RM_AVERAGING_DEFAULT) {
        return value;
    }
    return value | put(meaning->frequency_hz, frequency) | put(meaning->averaging, averaging);
}

int rm_elastic_decode(uint32_t value, uint32_t *ret_ppm, struct err *err)
{
    uint32_t numerator = value >> 16;
    uint32_t denominator = value & UINT16_MAX;

    if (value == 0) {
        *ret_ppm = 0;
        return 0;
    }
    if (denominator == 0) {
        return err_set(err, ERR_SCENARIO,
                       "its bits 15:0, the denominator, are 0; 0x0003000A is 3/10");
    }
    uint64_t ppm = (uint64_t)numerator * (uint64_t)PPM / denominator;
    *ret_ppm = (uint32_t)(ppm < RM_ELASTIC_MAX * PPM ? ppm : RM_ELASTIC_MAX * PPM);
    return 0;
}

/* ------------------------------------------------------------------------------ explaining */

/* A line: which bits, what they are, and what that means. */
static void put_line(struct text *text, const char *bits, uint32_t number, const char *meaning)
{
    text_printf(text, "  %-11s %#-7" PRIx32 " %s\n", bits, number, meaning);
}

static void put_adaptive(struct text *text, uint32_t value, const struct rm_pvmrl *meaning)
{
    struct text words;

    text_init(&words);
    if (meaning->frequency_hz == 0) {
        text_put(&words, "480 Hz up to 8 vGPUs of the type, else 960 (the default)");
    } else {
        text_printf(&words, "frequency %" PRIu32 " Hz%s: a slice of %.7g ms",
                    meaning->frequency_hz,
                    meaning->frequency_hz == get(value, frequency) ? "" : " (the bound)",
                    1000.0 / (double)meaning->frequency_hz);
    }
    put_line(text, "bits 21:12", get(value, frequency), words.bytes);
    text_fini(&words);
    text_init(&words);
    text_printf(&words, "averaging factor %" PRIu32 "%s", meaning->averaging,
                get(value, averaging) == meaning->averaging ? ""
                : get(value, averaging) == 0                ? " (the default)"
                                                            : " (the bound)");
    put_line(text, "bits 31:24", get(value, averaging), words.bytes);
    text_fini(&words);
}

static void put_slice(struct text *text, uint32_t value, const struct rm_pvmrl *meaning)
{
    struct text words;

    text_init(&words);
    if (meaning->slice_ms == 0) {
        text_put(&words, "slice 2 ms up to 8 vGPUs of the type, else 1 (the default)");
    } else {
        text_printf(&words, "slice %" PRIu32 " ms%s", meaning->slice_ms,
                    meaning->slice_ms == get(value, slice) ? "" : " (the bound)");
    }
    put_line(text, "bits 23:16", get(value, slice), words.bytes);
    text_fini(&words);
}

/* The same as a policy of a scenario. */
static void put_policy(struct text *text, const struct rm_pvmrl *meaning)
{
    static const char *const names[] = { "best_effort", "equal_share", "fixed_share" };

    text_printf(text, "  in a scenario: policy: {name: %s", names[meaning->policy]);
    if (meaning->adaptive) {
        text_printf(text, ", order: adaptive, averaging: %" PRIu32, meaning->averaging);
        if (meaning->frequency_hz) {
            text_printf(text, ",\n    frequency: %" PRIu32 "/s", meaning->frequency_hz);
        }
    } else if (meaning->policy != RM_BEST_EFFORT) {
        text_put(text, ", order: least_served");
    }
    text_put(text, "}");
    if (meaning->slice_ms) {
        text_printf(text, "\n    slice: %" PRIu32 "ms", meaning->slice_ms);
    }
    text_put(text, "\n");
}

static void put_fields(struct text *text, uint32_t value, enum rm_driver driver,
                       const struct rm_pvmrl *meaning)
{
    if (meaning->policy == RM_BEST_EFFORT) {
        put_line(text, "bit 0", 0, "software scheduler off: best effort");
        put_policy(text, meaning);
        return;
    }
    put_line(text, "bit 0", 1, "software scheduler on");
    if (driver != RM_DRIVER_BEFORE_15) {
        put_line(text, "bit 1", get(value, adaptive_off),
                 meaning->adaptive ? "adaptive round robin on"
                                   : "adaptive round robin off: least scheduled time first");
        put_line(text, "bit 3", get(value, weights_off),
                 get(value, weights_off) ? "weights off (R590 and later)"
                                         : "weights on from R590; earlier drivers have none");
    }
    put_line(text, "bits 7:4", get(value, share),
             meaning->policy == RM_FIXED_SHARE ? "fixed share" : "equal share");
    if (meaning->adaptive) {
        put_adaptive(text, value, meaning);
    } else {
        put_slice(text, value, meaning);
    }
    put_policy(text, meaning);
}

int rm_pvmrl_explain(uint32_t value, struct text *text, struct err *err)
{
    bool is_double = is_ambiguous(value);
    struct rm_pvmrl meaning;

    if (rm_pvmrl_decode(value, is_double ? RM_DRIVER_SINCE_15 : RM_DRIVER_ANY, &meaning, err)) {
        return -1;
    }
    text_printf(text, "0x%08" PRIx32 " - a value of RmPVMRL: how vGPUs take turns\n", value);
    if (is_double) {
        text_put(text, "\nTwo meanings; a scenario says which (driver: since_15 or "
                       "before_15).\n\nvGPU 15.0 and later:\n");
    }
    put_fields(text, value, RM_DRIVER_SINCE_15, &meaning);
    if (is_double && rm_pvmrl_decode(value, RM_DRIVER_BEFORE_15, &meaning, err) == 0) {
        text_put(text, "\nbefore vGPU 15.0:\n");
        put_fields(text, value, RM_DRIVER_BEFORE_15, &meaning);
    }
    return 0;
}
