#include "engine/exact.h"

#include "engine/exact_powers.h"

#include <math.h>

/* Rounds to the nearest whole number: behind so large a one no digits are left for a fraction.
 */
static double nearest(double x)
{
    const double large = 0x1.8p52;

    return (x + large) - large;
}

/* value * 2^exponent, which is exact: for a normal result without a call. */
static double scale(double value, int exponent)
{
    double power;

    if (exponent < -1021 || exponent > 1023) {
        return ldexp(value, exponent);
    }
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    memcpy(&power, &bits, sizeof(power));
    return value * power;
}

/* x = (128 k + j) ln 2 / 128 + r with |r| <= 0.00272: 2^k, times 2^(j / 128) from a table,
   times e^r by its series up to r^5, whose next term is below 2^-60. The form is Tang's (ACM
   TOMS 15, 1989), who keeps each power in two parts; the error that a draw can see is a
   nanosecond. */
double exact_exp(double x)
{
    double whole = nearest(x * (EXACT_EXP_PARTS * 1.4426950408889634));
    double r = (x - whole * (exact_ln2_high / EXACT_EXP_PARTS)) -
               whole * (exact_ln2_low / EXACT_EXP_PARTS);
    double r2 = r * r;
    double more =
        r + (r2 * (0.5 + r * (1.0 / 6.0)) + r2 * r2 * (1.0 / 24.0 + r * (1.0 / 120.0)));
    int parts = (int)whole;
    int row = parts & (EXACT_EXP_PARTS - 1);
    double power = exact_exp_table[row];

    return scale(power + power * more, (parts - row) / EXACT_EXP_PARTS);
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
