/*
 * digits.h - numbers as text, fast: results hold tens of thousands of them.
 */
#ifndef SIM_OUTPUT_DIGITS_H
#define SIM_OUTPUT_DIGITS_H

#include <stddef.h>
#include <stdint.h>

enum { DIGITS_SIZE = 32 };

/* The decimal digits of a whole number; returns their count. No '\0' is added. */
size_t digits_of_int(char text[DIGITS_SIZE], int64_t value);

/* Exactly what printf's "%.9g" gives, for any double; returns the count of characters. */
size_t digits_of_real(char text[DIGITS_SIZE], double value);

#endif
