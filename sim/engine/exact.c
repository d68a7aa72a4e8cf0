#include "engine/exact.h"

#include <math.h>

/* x = n ln 2 + r with |r| <= 0.35; e^r by its series up to r^15, error below 2^-55. */
double exact_exp(double x)
{
    double n = floor(x * 1.4426950408889634 + 0.5);
    double r = (x - n * exact_ln2_high) - n * exact_ln2_low;
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
