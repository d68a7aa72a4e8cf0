#include "metrics/interval.h"

#include "base/assert.h"
#include "base/units.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

enum { NORMAL_FROM = 100000 }; /* GSL's continued fraction may not converge far above it. */

static double mean_of(const double *values, uint32_t n)
{
    double sum = 0;

    assert(n > 0);
    for (uint32_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum / n;
}

/* Sum of squared differences from the mean. */
static double squares_of(const double *values, uint32_t n, double mean)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        sum += (values[i] - mean) * (values[i] - mean);
    }
    return sum;
}

struct interval interval_student(const double *values, uint32_t n, double alpha)
{
    double mean = mean_of(values, n);

    if (n < 2) {
        return (struct interval){ mean, NAN, NAN, NAN };
    }
    double variance = squares_of(values, n, mean) / (n - 1);
    double half = gsl_cdf_tdist_Qinv(alpha / 2, n - 1) * sqrt(variance / n);
    return (struct interval){ mean, variance, mean - half, mean + half };
}

double interval_lag1(const double *values, uint32_t n)
{
    double mean = mean_of(values, n);
    double squares = squares_of(values, n, mean);
    double products = 0;

    for (uint32_t i = 0; i + 1 < n; i++) {
        products += (values[i] - mean) * (values[i + 1] - mean);
    }
    return squares > 0 ? products / squares : 0;
}

double interval_von_neumann(const double *values, uint32_t n)
{
    double squares = squares_of(values, n, mean_of(values, n));
    double steps = 0;

    for (uint32_t i = 0; i + 1 < n; i++) {
        steps += (values[i + 1] - values[i]) * (values[i + 1] - values[i]);
    }
    return squares > 0 ? steps / squares : 2;
}

bool interval_is_independent(const double *values, uint32_t n)
{
    assert(n >= 3);
    double c = 1 - interval_von_neumann(values, n) / 2;
    double deviation = sqrt((n - 2.0) / ((double)n * n - 1));

    return c <= 1.2815515655446004 * deviation;
}

double interval_trend(const double *values, uint32_t n)
{
    int64_t balance = 0;

    assert(n >= 2);
    for (uint32_t i = 0; i + 1 < n; i++) {
        for (uint32_t k = i + 1; k < n; k++) {
            balance += (values[k] > values[i]) - (values[k] < values[i]);
        }
    }
    return (double)balance / (0.5 * n * (n - 1.0));
}

/* P(B <= k). */
static double binomial(uint64_t k, double p, uint64_t n)
{
    return gsl_cdf_binomial_P((unsigned)k, p, (unsigned)n);
}

/* The smallest k in 0..n with P(B <= k) >= level: the distribution's quantile. */
static uint64_t binomial_quantile(double level, double p, uint64_t n)
{
    uint64_t low = 0;
    uint64_t high = n;

    if (n > NORMAL_FROM) {
        double at =
            (double)n * p + gsl_cdf_ugaussian_Pinv(level) * sqrt((double)n * p * (1 - p));
        double k = ceil(at - 0.5);
        return k < 0 ? 0 : (uint64_t)k;
    }
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (binomial(middle, p, n) >= level) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static double coverage_of(const struct rank_interval *r, double p, uint64_t n, double alpha)
{
    if (n > NORMAL_FROM) {
        return 1 - alpha;
    }
    double above = r->high ? binomial(r->high - 1, p, n) : 1;
    double below = r->low ? binomial(r->low - 1, p, n) : 0;
    return above - below;
}

struct rank_interval interval_ranks(uint64_t n, uint32_t p_ppm, double alpha)
{
    assert(n > 0 && p_ppm > 0 && p_ppm < PPM);
    double p = (double)p_ppm / (double)PPM;
    struct rank_interval r = { 0 };

    /* k is the smallest with P(B <= k) >= alpha / 2, so k - 1 is the last with less. */
    r.low = binomial_quantile(alpha / 2, p, n);
    r.high = binomial_quantile(1 - alpha / 2, p, n) + 1;
    if (r.high > n) {
        r.high = 0;
    }
    r.coverage = coverage_of(&r, p, n, alpha);
    return r;
}
