/*
 * digits.h - numbers as text, fast: results hold tens of thousands of them, and records of jobs
 * and slices tens of millions.
 */
#ifndef SIM_OUTPUT_DIGITS_H
#define SIM_OUTPUT_DIGITS_H

#include "base/units.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { DIGITS_SIZE = 32, DIGITS_LAST = 100000000, DIGITS_UPPERS = 16 };

#define DIGITS_SPAN ((nsec)DIGITS_LAST * (DIGITS_UPPERS - 1))

/* The decimal digits of a whole number; returns their count. No '\0' is added. */
size_t digits_of_int(char text[DIGITS_SIZE], int64_t value);

/* Exactly what printf's "%.9g" gives, for any double; returns the count of characters. */
size_t digits_of_real(char text[DIGITS_SIZE], double value);

/* An instant >= 0: all but its last eight digits as text, and these as a number. The text stays
   while no instant is split that is DIGITS_SPAN or further away. */
struct digits_time {
    const struct digits_upper *upper;
    uint32_t last;
};

/* Remembers the texts for a while. Zeroed: none. */
struct digits_clock {
    struct digits_upper {
        int64_t value;
        size_t size; /* 0: there are no more than the last. */
        char text[16];
    } uppers[DIGITS_UPPERS];
};

static inline struct digits_time digits_split(struct digits_clock *clock, nsec value);

/* The same for an instant later >= 0 than one that was split, and less than DIGITS_SPAN. */
static inline struct digits_time digits_split_later(struct digits_clock *clock,
                                                    struct digits_time before, nsec later);

/* The eight digits of two numbers < 10^8, one a byte, the first in the lowest. */
struct digits_two {
    uint64_t first;
    uint64_t second;
};

static inline struct digits_two digits_of_two(uint32_t first, uint32_t second);

/* Each writes such eight digits, and some bytes behind; returns where they end. The first puts
   upper ones, of which there are some, before them; the other leaves out zeros at the front. */
static inline char *digits_put_time(char *text, const struct digits_upper *upper,
                                    uint64_t digits);
static inline char *digits_put_int(char *text, uint64_t digits);

/* ------------------------------------------------------------ inline */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is the low byte");

/* The eight digits of value < 10^8, one a byte, the first in the lowest: halves, then halves of
   these, and again, side by side in one number. A multiplication and a shift divide; both are
   exact for what may stand there. */
__attribute__((always_inline)) static inline uint64_t digits_eight(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x7f0000007f);
    uint64_t twos = (fours - hundreds * 100) << 16 | hundreds;
    uint64_t tens = twos * 103 >> 10 & UINT64_C(0xf000f000f000f);

    return (twos - tens * 10) << 8 | tens;
}

void digits_learn(struct digits_upper *upper, int64_t value);

static inline struct digits_time digits_split(struct digits_clock *clock, nsec value)
{
    uint64_t number = (uint64_t)value / DIGITS_LAST;
    struct digits_upper *upper = &clock->uppers[number % DIGITS_UPPERS];

    if ((uint64_t)upper->value != number) {
        digits_learn(upper, (int64_t)number);
    }
    return (struct digits_time){ upper, (uint32_t)((uint64_t)value - number * DIGITS_LAST) };
}

static inline struct digits_time digits_split_later(struct digits_clock *clock,
                                                    struct digits_time before, nsec later)
{
    uint64_t last = before.last + (uint64_t)later;

    if (last < DIGITS_LAST) {
        return (struct digits_time){ before.upper, (uint32_t)last };
    }
    return digits_split(clock, before.upper->value * DIGITS_LAST + (nsec)last);
}

#ifdef __SSE2__

/* As digits_eight, both at once: fours in 32 bits each, twos and ones in 16, then bytes. */
static inline struct digits_two digits_of_two(uint32_t first, uint32_t second)
{
    __m128i both = _mm_set_epi64x(second, first);
    __m128i fours = _mm_srli_epi64(_mm_mul_epu32(both, _mm_set1_epi64x(3518437209)), 45);
    __m128i rest = _mm_sub_epi32(both, _mm_mul_epu32(fours, _mm_set1_epi64x(10000)));
    fours = _mm_or_si128(fours, _mm_slli_epi64(rest, 32));
    __m128i twos = _mm_srli_epi16(_mm_mulhi_epu16(fours, _mm_set1_epi16(5243)), 3);
    rest = _mm_sub_epi16(fours, _mm_mullo_epi16(twos, _mm_set1_epi16(100)));
    twos = _mm_or_si128(twos, _mm_slli_epi32(rest, 16));
    __m128i tens = _mm_mulhi_epu16(twos, _mm_set1_epi16(6554));
    rest = _mm_sub_epi16(twos, _mm_mullo_epi16(tens, _mm_set1_epi16(10)));
    __m128i digits = _mm_or_si128(tens, _mm_slli_epi16(rest, 8));
    __m128i upper = _mm_unpackhi_epi64(digits, digits);

    return (struct digits_two){ (uint64_t)_mm_cvtsi128_si64(digits),
                                (uint64_t)_mm_cvtsi128_si64(upper) };
}

#else

static inline struct digits_two digits_of_two(uint32_t first, uint32_t second)
{
    return (struct digits_two){ digits_eight(first), digits_eight(second) };
}

#endif

/* Writes digits without the first `skipped` of them, and some bytes behind. */
static inline void digits_put(char *text, uint64_t digits, uint32_t skipped)
{
    digits = (digits + UINT64_C(0x3030303030303030)) >> 8 * skipped;
    memcpy(text, &digits, sizeof(digits));
}

static inline char *digits_put_time(char *text, const struct digits_upper *upper,
                                    uint64_t digits)
{
    memcpy(text, upper->text, sizeof(upper->text));
    digits_put(text + upper->size, digits, 0);
    return text + upper->size + 8;
}

static inline char *digits_put_int(char *text, uint64_t digits)
{
    uint32_t skipped = (uint32_t)__builtin_ctzll(digits | UINT64_C(1) << 63) / 8;

    digits_put(text, digits, skipped);
    return text + 8 - skipped;
}

#endif
