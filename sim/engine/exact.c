#include "engine/exact.h"

#include "engine/exact_table.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 as a sum: the first part has 32 trailing zero bits, so that multiples are exact. */
static const double ln2_high = 0x1.62e42fee00000p-1;
static const double ln2_low = 0x1.a39ef35793c76p-33;

/*
 * x = 2^e m; m times a table's reciprocal is 1 + r with |r| <= 2^-8; log(1 + r) by its series
 * up to r^7, whose next term is below 2^-67. The table-driven form is Tang's (ACM TOMS 16,
 * 1990); ours is shorter because the error that a draw can see is a nanosecond.
 */
double exact_log(double x)
{
    uint64_t bits;
    double m;

    memcpy(&bits, &x, sizeof(bits));
    int exponent = (int)(bits >> 52) - 1023;
    uint32_t part = (uint32_t)(bits >> 45) & (EXACT_LOG_PARTS - 1);
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3ff0000000000000);
    memcpy(&m, &bits, sizeof(m));

    double r = m * exact_log_table[part].reciprocal - 1.0;
    double r2 = r * r;
    double low = r2 * (-0.5 + r * (1.0 / 3.0));
    double high = r2 * r2 * ((-0.25 + r * 0.2) + r2 * (-1.0 / 6.0 + r * (1.0 / 7.0)));
    double whole = (double)exponent;
    return (whole * ln2_high + exact_log_table[part].log) +
           (r + (low + (high + whole * ln2_low)));
}

/* x = n ln 2 + r with |r| <= 0.35; e^r by its series up to r^15, error below 2^-55. */
double exact_exp(double x)
{
    double n = floor(x * 1.4426950408889634 + 0.5);
    double r = (x - n * ln2_high) - n * ln2_low;
    double sum = 1.0;

    for (int k = 15; k > 0; k--) {
        sum = 1.0 + sum * r / (double)k;
    }
    return ldexp(sum, (int)n);
}

double exact_pow(double x, double y)
{
    return exact_exp(y * exact_log(x));
}

/* The nearest quarter turn is taken off exactly; the rest, |r| <= pi/4, by its series. */
double exact_sin_turns(double turns)
{
    double quarters = floor(turns * 4.0 + 0.5);
    double r = (turns - quarters * 0.25) * 6.283185307179586;
    double r2 = r * r;
    double sine = 1.0;
    double cosine = 1.0;

    for (int k = 18; k > 0; k -= 2) {
        cosine = 1.0 - cosine * r2 / (double)(k * (k - 1));
        sine = 1.0 - sine * r2 / (double)(k * (k + 1));
    }
    sine *= r;
    switch ((int)(quarters - 4.0 * floor(quarters * 0.25))) {
    case 0:
        return sine;
    case 1:
        return cosine;
    case 2:
        return -sine;
    default:
        return -cosine;
    }
}
