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

/* Natural logarithm of a normal x > 0; absolute error below 1e-15 * max(1, |log x|). */
double exact_log(double x);

/* e to the x, for |x| <= 700; relative error below 1e-14. */
double exact_exp(double x);

/* x to the y, for x > 0 and a result that is a normal number; relative error below 1e-12. */
double exact_pow(double x, double y);

/* Sine of a whole turn times `turns`, for |turns| < 2^51; absolute error below 1e-14. */
double exact_sin_turns(double turns);

#endif
