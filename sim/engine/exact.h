/*
 * exact.h - elementary functions that give the same bits on every machine.
 *
 * A C library may choose another algorithm for log or exp by processor (with or without fused
 * multiply-add), and their last bits differ; a draw rounded to nanoseconds would then differ
 * once in many million. These use only +, -, *, / and sqrt in a fixed order, which IEEE 754
 * defines to the last bit. docs/decisions/0002-exact-functions.md has the reasons.
 */
#ifndef SIM_ENGINE_EXACT_H
#define SIM_ENGINE_EXACT_H

#include "engine/exact_table.h"

#include <stdint.h>
#include <string.h>

/* ln 2 as a sum: the first part has 32 trailing zero bits, so that multiples are exact. */
static const double exact_ln2_high = 0x1.62e42fee00000p-1;
static const double exact_ln2_low = 0x1.a39ef35793c76p-33;

/* Natural logarithm of a normal x > 0; absolute error below 1e-15 * max(1, |log x|). */
static inline double exact_log(double x); /* Here, because every draw takes one. */

/* e to the x, for |x| <= 700; relative error below 3e-16. */
double exact_exp(double x);

/* x to the y, for x > 0 and a result that is a normal number; relative error below 1e-12. */
double exact_pow(double x, double y);

/* Sine of a whole turn times `turns`, for |turns| < 2^51; absolute error below 1e-14. */
double exact_sin_turns(double turns);

/*
 * x = 2^e m; m times a table's reciprocal is 1 + r with |r| <= 2^-8; log(1 + r) by its series
 * up to r^7, whose next term is below 2^-67. The table-driven form is Tang's (ACM TOMS 16,
 * 1990); ours is shorter because the error that a draw can see is a nanosecond.
 */
struct exact_parts {
    double m;
    double exponent;
    double reciprocal;
    double log; /* Of 1 / reciprocal. */
};

static inline struct exact_parts exact_split(double x)
{
    struct exact_parts parts;
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    uint32_t row = (uint32_t)(bits >> 45) & (EXACT_LOG_PARTS - 1);
    parts.exponent = (double)((int)(bits >> 52) - 1023);
    parts.reciprocal = exact_log_table[row].reciprocal;
    parts.log = exact_log_table[row].log;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3ff0000000000000);
    memcpy(&parts.m, &bits, sizeof(parts.m));
    return parts;
}

static inline double exact_log_of(double m, double exponent, double reciprocal, double log)
{
    double r = m * reciprocal - 1.0;
    double r2 = r * r;
    double low = r2 * (-0.5 + r * (1.0 / 3.0));
    double high = r2 * r2 * ((-0.25 + r * 0.2) + r2 * (-1.0 / 6.0 + r * (1.0 / 7.0)));

    return (exponent * exact_ln2_high + log) + (r + (low + (high + exponent * exact_ln2_low)));
}

static inline double exact_log(double x)
{
    struct exact_parts parts = exact_split(x);

    return exact_log_of(parts.m, parts.exponent, parts.reciprocal, parts.log);
}

#endif
