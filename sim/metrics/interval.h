/*
 * interval.h - what a sample says about the mean and the quantiles it was drawn from.
 *
 * Definitions are those of Law, "Simulation Modeling and Analysis", chapter 9, and of David
 * and Nagaraja, "Order Statistics", section 7.1. Nothing here is random or keeps state.
 */
#ifndef SIM_METRICS_INTERVAL_H
#define SIM_METRICS_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/* The mean and its interval; all but the mean are NAN where the sample supports none. */
struct interval {
    double mean;
    double variance; /* Of the values, divided by n - 1. */
    double low;
    double high;
};

/* Student's interval of the mean of n >= 1 independent values, of coverage 1 - alpha. With one
   value it has no bounds. */
struct interval interval_student(const double *values, uint32_t n, double alpha);

/* Correlation of each value with the next: sum of the lagged products over the sum of squares.
   0 if all values are equal. */
double interval_lag1(const double *values, uint32_t n);

/* Von Neumann's ratio: sum of the squared steps over the sum of squares; near 2 for
   independent values, near 0 for a trend. 2 if all values are equal. */
double interval_von_neumann(const double *values, uint32_t n);

/* Whether n >= 3 values may be taken for independent: von Neumann's test against positive
   correlation at 10 % (Fishman, "Principles of Discrete Event Simulation", section 2.10). */
bool interval_is_independent(const double *values, uint32_t n);

/* Kendall's tau between value and position: 1 if the values only rise, -1 if they only fall. */
double interval_trend(const double *values, uint32_t n);

/* Ranks of an interval of the p-quantile of n >= 1 independent values. */
struct rank_interval {
    uint64_t low;    /* 1..n; 0: the sample has no lower end. */
    uint64_t high;   /* 1..n; 0: the sample has no upper end. */
    double coverage; /* At least 1 - alpha if both ends exist. */
};

/* low is the largest rank with P(B <= low - 1) < alpha / 2 and high the smallest with
   P(B <= high - 1) >= 1 - alpha / 2, for B binomial (n, p). Above 100,000 values by the normal
   approximation, which is off by at most two ranks there. 0 < p_ppm < PPM. */
struct rank_interval interval_ranks(uint64_t n, uint32_t p_ppm, double alpha);

#endif
