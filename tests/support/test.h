/*
 * test.h - what every test of ours includes: cmocka, and random numbers for tests.
 */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The next random number; *seed is any number. (SplitMix64 by Steele, Lea and Flood 2014: not
   the simulator's own streams, so that a fault there does not hide here.) */
static inline uint64_t test_random(uint64_t *seed)
{
    uint64_t bits = *seed += UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

/* One of low..high. */
static inline int64_t test_between(uint64_t *seed, int64_t low, int64_t high)
{
    return low + (int64_t)(test_random(seed) % (uint64_t)(high - low + 1));
}

/* Whether a thing of this chance, in percent, happens. */
static inline bool test_chance(uint64_t *seed, uint32_t percent)
{
    return test_random(seed) % 100 < percent;
}

#endif
