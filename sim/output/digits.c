#include "output/digits.h"

#include "base/assert.h"
#include "base/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PLACES = 9, EXPONENT_LEAST = -4 };

/* 10^(PLACES - 1), and powers that bring a number of 1e-4 or more up to it. */
#define NINE_DIGITS_LEAST INT64_C(100000000)
#define NINE_DIGITS_END   INT64_C(1000000000)

static const int64_t powers[] = {
    1,        10,        100,        1000,        10000,        100000,        1000000,
    10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
};

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

/* value < 10^8, with zeros before it. */
static void eight_digits(char text[8], uint32_t value)
{
    uint32_t high = value / 10000;
    uint32_t low = value % 10000;

    memcpy(text, pairs + 2 * (high / 100), 2);
    memcpy(text + 2, pairs + 2 * (high % 100), 2);
    memcpy(text + 4, pairs + 2 * (low / 100), 2);
    memcpy(text + 6, pairs + 2 * (low % 100), 2);
}

/* Divisions are most of the work: hence eight digits at a time, and then two, in 32 bits. */
size_t digits_of_int(char text[DIGITS_SIZE], int64_t value)
{
    char digits[2 * DIGITS_SIZE]; /* So that a copy of fixed size is within it. */
    size_t at = DIGITS_SIZE;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    for (; rest >= 100000000; rest /= 100000000) {
        at -= 8;
        eight_digits(digits + at, (uint32_t)(rest % 100000000));
    }
    uint32_t top = (uint32_t)rest;
    for (; top >= 10; top /= 100) {
        at -= 2;
        memcpy(digits + at, pairs + 2 * (top % 100), 2);
    }
    if (top > 0 || at == DIGITS_SIZE) {
        digits[--at] = (char)('0' + top);
    }
    if (value < 0) {
        digits[--at] = '-';
    }
    memset(digits + DIGITS_SIZE, 0, DIGITS_SIZE);
    memcpy(text, digits + at, DIGITS_SIZE);
    return DIGITS_SIZE - at;
}

/* value * 10^places as a whole number, rounded as printf does: exactly, ties to even. A double
   is mantissa / 2^shift with a mantissa below 2^53, and 10^places is below 2^40, so that the
   product fits. value in [1e-4, 1e9), places in 0..12. */
static int64_t scaled(double value, int places)
{
    int exponent;
    int64_t mantissa = (int64_t)ldexp(frexp(value, &exponent), 53);
    int shift = 53 - exponent;
    wide product = (wide)mantissa * powers[places];

    assert(shift > 0 && shift < 100);
    wide half = (wide)1 << (shift - 1);
    wide whole = product >> shift;
    wide rest = product - (whole << shift);
    bool up = rest > half || (rest == half && (whole & 1));
    return (int64_t)whole + up;
}

/* Nine digits with the point after the first exponent + 1 of them (with zeros before them if
   that is negative), without trailing zeros. */
static size_t place_point(char text[DIGITS_SIZE], int64_t digits, int exponent)
{
    char nine[DIGITS_SIZE];
    size_t count = digits_of_int(nine, digits);
    size_t whole = exponent < 0 ? 0 : (size_t)exponent + 1;
    size_t at = 0;

    while (count > whole && nine[count - 1] == '0') {
        count--;
    }
    if (whole == 0) {
        text[at++] = '0';
    }
    for (size_t i = 0; i < count; i++) {
        if (i == whole) {
            text[at++] = '.';
            for (int zero = exponent; whole == 0 && zero < -1; zero++) {
                text[at++] = '0';
            }
        }
        text[at++] = nine[i];
    }
    return at;
}

size_t digits_of_real(char text[DIGITS_SIZE], double value)
{
    int exponent = PLACES - 1;

    if (!(value >= 1e-4 && value < 999999999)) {
        int size = snprintf(text, DIGITS_SIZE, "%.9g", value);
        assert(size > 0 && size < DIGITS_SIZE);
        return (size_t)size;
    }
    /* The decimal exponent: at most eight comparisons, and no logarithm that may be off. */
    while (exponent > 0 && value < (double)powers[exponent]) {
        exponent--;
    }
    for (double least = 1; exponent >= EXPONENT_LEAST && exponent <= 0 && value < least;) {
        exponent--;
        least = 1.0 / (double)powers[-exponent];
    }
    int64_t digits = scaled(value, PLACES - 1 - exponent);
    /* The doubles nearest to 0.1 .. 0.0001 all lie above them. */
    assert(digits >= NINE_DIGITS_LEAST);
    if (digits >= NINE_DIGITS_END) {
        digits /= 10;
        exponent++;
    }
    return place_point(text, digits, exponent);
}
