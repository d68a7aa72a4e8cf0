/*
 * units.h - time and memory as integers.
 *
 * Simulated time is a signed 64-bit count of nanoseconds since the start of the run, which
 * reaches 292 years; the event order (engine/moment.h) uses three of its bits, which leaves
 * 36 years. Memory is in bytes, shares are in parts per million.
 */
#ifndef SIM_BASE_UNITS_H
#define SIM_BASE_UNITS_H

#include <stdint.h>

typedef int64_t nsec;

/* "Never", "no limit" or "none", as the place says. */
#define NSEC_MAX INT64_MAX

#define USEC INT64_C(1000)
#define MSEC INT64_C(1000000)
#define SEC  INT64_C(1000000000)
#define HOUR (3600 * SEC)
#define DAY  (24 * HOUR)

/* The longest run that a scenario may ask for: one year of 365 days. */
#define RUN_LENGTH_MAX (365 * DAY)

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

/* One whole, in parts per million. */
#define PPM INT64_C(1000000)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A sum of products of 64-bit numbers that cannot overflow in any run. */
__extension__ typedef __int128 wide;

#endif
