#include "output/digits.h"

#include "base/assert.h"

#include <stdbool.h>
#include <stdio.h>

enum { PLACES = 9, EXPONENT_LEAST = -4 };

/* 10^(PLACES - 1), and powers that bring a number of 1e-4 or more up to it. */
#define NINE_DIGITS_LEAST INT64_C(100000000)
#define NINE_DIGITS_END   INT64_C(1000000000)

static const int64_t powers[] = {
    1,        10,        100,        1000,        10000,        100000,        1000000,
    10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
};

static const char zero_point[] = { '0', '.', '0', '0', '0' };

/* The least numbers of each decimal exponent, from EXPONENT_LEAST on. */
static const double leasts[] = { 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2,
                                 1e3,  1e4,  1e5,  1e6,  1e7, 1e8, 1e9 };

/* value < 10^8; returns how many digits it has. */
static size_t put_first(char *text, uint32_t value)
{
    return (size_t)(digits_put_int(text, digits_eight(value)) - text);
}

size_t digits_of_int(char text[DIGITS_SIZE], int64_t value)
{
    const uint64_t unit = 100000000;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    size_t at = value < 0;

    text[0] = '-';
    if (rest < unit) {
        return at + put_first(text + at, (uint32_t)rest);
    }
    uint64_t high = rest / unit;
    if (high < unit) {
        at += put_first(text + at, (uint32_t)high);
    } else {
        at += put_first(text + at, (uint32_t)(high / unit));
        digits_put(text + at, digits_eight((uint32_t)(high % unit)), 0);
        at += 8;
    }
    digits_put(text + at, digits_eight((uint32_t)(rest % unit)), 0);
    return at + 8;
}

void digits_learn(struct digits_upper *upper, int64_t value)
{
    char text[DIGITS_SIZE] = "";

    upper->value = value;
    upper->size = value > 0 ? digits_of_int(text, value) : 0;
    memcpy(upper->text, text, sizeof(upper->text));
}

/* value * 10^places as a whole number, rounded as printf does: exactly, ties to even. A double
   is mantissa / 2^shift with a mantissa below 2^53, and 10^places is below 2^40, so that the
   product fits. value in [1e-4, 1e9), places in 0..12. */
static int64_t scaled(double value, int places)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    int64_t mantissa = (int64_t)(bits & UINT64_C(0xfffffffffffff)) | INT64_C(1) << 52;
    int shift = 52 + 1023 - (int)(bits >> 52);
    wide product = (wide)mantissa * powers[places];

    assert(shift > 0 && shift < 100);
    wide half = (wide)1 << (shift - 1);
    wide whole = product >> shift;
    wide rest = product - (whole << shift);
    bool up = rest > half || (rest == half && (whole & 1));
    return (int64_t)whole + up;
}

/* Nine digits with the point after the first exponent + 1 of them (with zeros before them if
   that is negative), without trailing zeros. Copies are of fixed size, which is quick. */
static size_t place_point(char text[DIGITS_SIZE], int64_t digits, int exponent)
{
    char nine[DIGITS_SIZE + 8] = { 0 };
    size_t count = digits_of_int(nine, digits);
    size_t whole = exponent < 0 ? 0 : (size_t)exponent + 1;

    while (count > whole && nine[count - 1] == '0') {
        count--;
    }
    if (whole == 0) {
        size_t zeros = 1 + (size_t)-exponent;
        memcpy(text, zero_point, sizeof(zero_point));
        memcpy(text + zeros, nine, PLACES);
        return zeros + count;
    }
    memcpy(text, nine, PLACES);
    if (count == whole) {
        return count;
    }
    text[whole] = '.';
    memcpy(text + whole + 1, nine + whole, PLACES);
    return count + 1;
}

/* The decimal exponent, of value in [1e-4, 1e9): a guess by the binary one, which is right or
   one too small. */
static int exponent_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    int binary = (int)(bits >> 52) - 1023;
    int guess = binary * 1233 / 4096 - (binary < 0);
    return guess + (value >= leasts[guess + 1 - EXPONENT_LEAST]);
}

size_t digits_of_real(char text[DIGITS_SIZE], double value)
{
    if (!(value >= 1e-4 && value < 999999999)) {
        int size = snprintf(text, DIGITS_SIZE, "%.9g", value);
        assert(size > 0 && size < DIGITS_SIZE);
        return (size_t)size;
    }
    int exponent = exponent_of(value);
    int64_t digits = scaled(value, PLACES - 1 - exponent);
    /* The doubles nearest to 0.1 .. 0.0001 all lie above them. */
    assert(digits >= NINE_DIGITS_LEAST);
    if (digits >= NINE_DIGITS_END) {
        digits /= 10;
        exponent++;
    }
    return place_point(text, digits, exponent);
}
