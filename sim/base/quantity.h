/*
 * quantity.h - values with their units, as people write them: 2ms, 8GiB, 40/s, 25%.
 *
 * Reading is strict and exact: a plain decimal number without sign, exponent or needless
 * zeros, directly followed by its unit. Times, sizes and shares become whole numbers by
 * integer arithmetic; what is finer than their unit (1 ns, 1 byte, 0.0001 %) is an error, never
 * rounded. Rates and bare numbers become the nearest double.
 *
 * A failed read returns -1 with *err (kind ERR_SCENARIO, no place), whose text is the second
 * half of a sentence: "a time needs a unit: did you mean 2ms?". Outputs are untouched then.
 */
#ifndef SIM_BASE_QUANTITY_H
#define SIM_BASE_QUANTITY_H

#include "base/err.h"
#include "base/text.h"
#include "base/units.h"

#include <stdint.h>

/* Units: ns us ms s min h d. */
int quantity_read_time(const char *string, nsec *ret_ns, struct err *err);

/* Units: B KiB MiB GiB TiB (powers of 1024) and KB MB GB TB (powers of 1000). */
int quantity_read_bytes(const char *string, int64_t *ret_bytes, struct err *err);

/* Those of sizes, with /s behind. */
int quantity_read_bandwidth(const char *string, int64_t *ret_bytes, struct err *err);

/* Units: % only. 1 % is 10000 ppm. */
int quantity_read_share(const char *string, int64_t *ret_ppm, struct err *err);

/* Units: mW W kW; in mW. */
int quantity_read_power(const char *string, int64_t *ret_mw, struct err *err);

/* Units: C, degrees Celsius; in thousandths of one. */
int quantity_read_temperature(const char *string, int64_t *ret, struct err *err);

/* Units: K/W; in microkelvin per watt. */
int quantity_read_resistance(const char *string, int64_t *ret, struct err *err);

/* Units: /s /min /h. *ret_gap_ns is the mean gap, 1/rate, in ns, with one rounding;
   infinite for a rate of 0. Each output may be NULL. */
int quantity_read_rate(const char *string, double *ret_per_second, double *ret_gap_ns,
                       struct err *err);

/* A whole number without unit. */
int quantity_read_count(const char *string, int64_t *ret, struct err *err);

/* A decimal number without unit. */
int quantity_read_number(const char *string, double *ret, struct err *err);

/* Whether the string would be read as a time, or as a size; for places that take either. */
_Bool quantity_is_bytes(const char *string);
_Bool quantity_is_rate(const char *string);

/* Writing: the shortest text that reads back as the very same value. Values are >= 0. */
void quantity_write_time(struct text *text, nsec ns);
void quantity_write_bytes(struct text *text, int64_t bytes);
void quantity_write_bandwidth(struct text *text, int64_t bytes);
void quantity_write_share(struct text *text, int64_t ppm);
void quantity_write_power(struct text *text, int64_t mw);
void quantity_write_temperature(struct text *text, int64_t value);
void quantity_write_resistance(struct text *text, int64_t value);
void quantity_write_rate(struct text *text, double per_second);
/* As a rate, such that reading gives the same gap; 0/s for an infinite one. */
void quantity_write_gap(struct text *text, double gap_ns);
void quantity_write_number(struct text *text, double number);

#endif
