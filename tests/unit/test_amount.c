/* test_amount.c - each kind of amount against its exact distribution. */
#include "engine/amount.h"

#include "support/test.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

/* The mean is a million nanoseconds, so that rounding to whole ones does not show. */
enum { DRAWS = 20000 };

static const double MEAN = 1e6;

static struct sampler sampler_of(const struct amount *amount)
{
    struct sampler sampler;
    const struct rng_name name = { 11, 0, "vm", 0, "w", "job[0]" };

    sampler_init(&sampler, amount, &name);
    return sampler;
}

static double cdf(const struct amount *amount, double x)
{
    double cv2 = amount->cv * amount->cv;
    double sum = 0.0;

    switch (amount->kind) {
    case AMOUNT_EXPONENTIAL:
        return gsl_cdf_exponential_P(x, amount->mean);
    case AMOUNT_UNIFORM:
        return gsl_cdf_flat_P(x, amount->low, amount->high);
    case AMOUNT_LOGNORMAL:
        return gsl_cdf_lognormal_P(x, log(amount->mean) - log1p(cv2) / 2.0, sqrt(log1p(cv2)));
    case AMOUNT_GAMMA:
        return gsl_cdf_gamma_P(x, 1.0 / cv2, amount->mean * cv2);
    case AMOUNT_HYPEREXPONENTIAL: {
        double p = (1.0 + sqrt((cv2 - 1.0) / (cv2 + 1.0))) / 2.0;
        return p * gsl_cdf_exponential_P(x, amount->mean / 2.0 / p) +
               (1.0 - p) * gsl_cdf_exponential_P(x, amount->mean / 2.0 / (1.0 - p));
    }
    case AMOUNT_PARETO:
        return gsl_cdf_pareto_P(x, amount->shape, amount->scale);
    case AMOUNT_WEIBULL:
        return gsl_cdf_weibull_P(x, amount->scale, amount->shape);
    case AMOUNT_MIXTURE:
        for (uint32_t i = 0; i < amount->part_count; i++) {
            sum += amount->weights[i] * cdf(&amount->parts[i], x);
        }
        return sum;
    default:
        fail();
        return 0.0;
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The largest distance between the draws and the exact distribution (Kolmogorov-Smirnov)
   stays below its 99.9 % quantile. */
static void check_distribution(const struct amount *amount)
{
    struct sampler sampler = sampler_of(amount);
    int64_t *draws = test_malloc(DRAWS * sizeof(draws[0]));
    double furthest = 0.0;

    for (int i = 0; i < DRAWS; i++) {
        draws[i] = sampler_next(&sampler);
        assert_true(draws[i] >= 0 && draws[i] <= AMOUNT_MAX);
    }
    qsort(draws, DRAWS, sizeof(draws[0]), compare);
    for (int i = 0; i < DRAWS; i++) {
        /* A draw of v stands for all of v - 0.5 to v + 0.5. */
        if (i + 1 == DRAWS || draws[i] != draws[i + 1]) {
            double above = cdf(amount, (double)draws[i] + 0.5);
            furthest = fmax(furthest, fabs((i + 1.0) / DRAWS - above));
        }
        if (i == 0 || draws[i] != draws[i - 1]) {
            double below = draws[i] > 0 ? cdf(amount, (double)draws[i] - 0.5) : 0.0;
            furthest = fmax(furthest, fabs((double)i / DRAWS - below));
        }
    }
    test_free(draws);
    if (furthest > 1.95 / sqrt(DRAWS)) {
        fail_msg("amount of kind %d: distance %g", amount->kind, furthest);
    }
}

/* Mean and coefficient of variation within a part of themselves. */
static void check_moments(const struct amount *amount, double mean, double cv, double part)
{
    struct sampler sampler = sampler_of(amount);
    double sum = 0.0;
    double squares = 0.0;
    enum { N = 200000 };

    for (int i = 0; i < N; i++) {
        double value = (double)sampler_next(&sampler);
        sum += value;
        squares += value * value;
    }
    double got_mean = sum / N;
    double got_cv = sqrt(squares / N - got_mean * got_mean) / got_mean;
    assert_true(fabs(got_mean / mean - 1.0) < part);
    assert_true(fabs(got_cv / cv - 1.0) < 5.0 * part);
    assert_true(fabs(amount_mean(amount) / mean - 1.0) < 1e-12);
}

static void continuous_kinds_have_their_distribution(void **state)
{
    const double cvs[] = { 0.05, 0.3, 0.9, 1.0, 1.5, 3.0, 8.0 };
    (void)state;

    check_distribution(&(struct amount){ .kind = AMOUNT_EXPONENTIAL, .mean = MEAN });
    check_distribution(&(struct amount){ .kind = AMOUNT_UNIFORM, .low = 1e5, .high = 9e6 });
    for (size_t i = 0; i < ARRAY_LEN(cvs); i++) {
        check_distribution(
            &(struct amount){ .kind = AMOUNT_LOGNORMAL, .mean = MEAN, .cv = cvs[i] });
        check_distribution(&(struct amount){
            .kind = AMOUNT_GAMMA, .mean = 1e12, .cv = cvs[i] < 4 ? cvs[i] : 4 });
        check_distribution(&(struct amount){
            .kind = AMOUNT_HYPEREXPONENTIAL, .mean = MEAN, .cv = fmax(cvs[i], 1.0) });
        check_distribution(
            &(struct amount){ .kind = AMOUNT_PARETO, .scale = 1e4, .shape = 0.3 + cvs[i] });
        check_distribution(
            &(struct amount){ .kind = AMOUNT_WEIBULL, .scale = 1e9, .shape = 0.3 + cvs[i] });
    }
}

static void moments_are_those_asked_for(void **state)
{
    (void)state;
    check_moments(&(struct amount){ .kind = AMOUNT_EXPONENTIAL, .mean = MEAN }, MEAN, 1.0,
                  0.01);
    check_moments(&(struct amount){ .kind = AMOUNT_LOGNORMAL, .mean = MEAN, .cv = 0.3 }, MEAN,
                  0.3, 0.005);
    check_moments(&(struct amount){ .kind = AMOUNT_GAMMA, .mean = MEAN, .cv = 1.5 }, MEAN, 1.5,
                  0.02);
    check_moments(&(struct amount){ .kind = AMOUNT_HYPEREXPONENTIAL, .mean = MEAN, .cv = 2.0 },
                  MEAN, 2.0, 0.02);
    check_moments(&(struct amount){ .kind = AMOUNT_UNIFORM, .low = 0.0, .high = 2 * MEAN },
                  MEAN, 1.0 / sqrt(3.0), 0.005);
    check_moments(&(struct amount){ .kind = AMOUNT_WEIBULL, .scale = MEAN, .shape = 2.0 },
                  MEAN * sqrt(3.14159265358979323846) / 2.0, 0.522723200877, 0.005);
    check_moments(&(struct amount){ .kind = AMOUNT_PARETO, .scale = MEAN, .shape = 5.0 },
                  MEAN * 1.25, 1.0 / sqrt(15.0), 0.01);
}

static void constants_and_whole_numbers_are_exact(void **state)
{
    struct sampler constant =
        sampler_of(&(struct amount){ .kind = AMOUNT_CONSTANT, .mean = 16666667.0 });
    struct sampler half =
        sampler_of(&(struct amount){ .kind = AMOUNT_UNIFORM, .low = 2.5, .high = 2.5 });
    struct sampler less =
        sampler_of(&(struct amount){ .kind = AMOUNT_UNIFORM, .low = 2.25, .high = 2.25 });
    (void)state;

    assert_int_equal(sampler_next(&constant), 16666667);
    assert_int_equal(sampler_next(&half), 3); /* Halves up. */
    assert_int_equal(sampler_next(&less), 2);
}

/* Looking ahead changes no draw, and the mean may change in between. */
static void draws_ahead_are_the_same(void **state)
{
    const struct amount amount = { .kind = AMOUNT_EXPONENTIAL, .mean = MEAN };
    struct sampler ahead = sampler_of(&amount);
    struct sampler single = sampler_of(&amount);
    (void)state;

    for (int i = 0; i < 1000; i++) {
        ahead.mean = single.mean = MEAN * (1 + i % 3);
        assert_int_equal(sampler_next(&ahead), sampler_draw(&single));
    }
}

static void draws_ahead_are_the_same_for_every_kind(void **state)
{
    const struct amount amounts[] = {
        { .kind = AMOUNT_CONSTANT, .mean = MEAN },
        { .kind = AMOUNT_UNIFORM, .low = 1e5, .high = 9e6 },
        { .kind = AMOUNT_LOGNORMAL, .mean = MEAN, .cv = 0.3 },
        { .kind = AMOUNT_LOGNORMAL, .mean = MEAN, .cv = 1e6 }, /* Some are cut. */
        { .kind = AMOUNT_GAMMA, .mean = MEAN, .cv = 1.5 },
        { .kind = AMOUNT_HYPEREXPONENTIAL, .mean = MEAN, .cv = 2.0 },
        { .kind = AMOUNT_PARETO, .scale = 1e4, .shape = 1.3 },
        { .kind = AMOUNT_WEIBULL, .scale = 1e9, .shape = 0.7 },
    };
    (void)state;

    for (size_t kind = 0; kind < ARRAY_LEN(amounts); kind++) {
        struct sampler ahead = sampler_of(&amounts[kind]);
        struct sampler single = sampler_of(&amounts[kind]);
        for (int i = 0; i < 1000; i++) {
            assert_int_equal(sampler_next(&ahead), sampler_draw(&single));
        }
    }
}

static void sequence_begins_again(void **state)
{
    const int64_t values[] = { 5, 0, 7 };
    const int64_t want[] = { 5, 0, 7, 5, 0, 7, 5 };
    const struct amount amount = { .kind = AMOUNT_SEQUENCE,
                                   .values = values,
                                   .value_count = 3 };
    struct sampler sampler = sampler_of(&amount);
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(sampler_next(&sampler), want[i]);
    }
    assert_true(amount_mean(&amount) == 4.0);
}

static void empirical_draws_each_value_alike(void **state)
{
    const int64_t values[] = { 1, 2, 3, 4 };
    const struct amount amount = { .kind = AMOUNT_EMPIRICAL,
                                   .values = values,
                                   .value_count = 4 };
    struct sampler sampler = sampler_of(&amount);
    int counts[5] = { 0 };
    (void)state;

    for (int i = 0; i < DRAWS; i++) {
        counts[sampler_next(&sampler)]++;
    }
    for (int i = 1; i <= 4; i++) {
        assert_true(abs(counts[i] - DRAWS / 4) < 5.0 * sqrt(DRAWS * 3.0 / 16.0));
    }
    assert_true(amount_mean(&amount) == 2.5);
}

static void mixture_is_that_of_its_parts(void **state)
{
    const struct amount inner_parts[] = {
        { .kind = AMOUNT_UNIFORM, .low = 3e6, .high = 5e6 },
        { .kind = AMOUNT_GAMMA, .mean = MEAN, .cv = 0.5 },
    };
    const double inner_weights[] = { 0.5, 0.5 };
    const struct amount parts[] = {
        { .kind = AMOUNT_EXPONENTIAL, .mean = MEAN },
        { .kind = AMOUNT_LOGNORMAL, .mean = 10 * MEAN, .cv = 0.1 },
        { .kind = AMOUNT_MIXTURE,
          .parts = inner_parts,
          .weights = inner_weights,
          .part_count = 2 },
    };
    const double weights[] = { 0.7, 0.1, 0.2 };
    const struct amount amount = {
        .kind = AMOUNT_MIXTURE, .parts = parts, .weights = weights, .part_count = 3
    };
    (void)state;

    check_distribution(&amount);
    assert_true(fabs(amount_mean(&amount) - (0.7 + 1.0 + 0.2 * 2.5) * MEAN) < 1e-6);
}

static void heavy_tails_stop_at_the_longest(void **state)
{
    struct sampler pareto =
        sampler_of(&(struct amount){ .kind = AMOUNT_PARETO, .scale = 1e6, .shape = 0.01 });
    struct sampler lognormal =
        sampler_of(&(struct amount){ .kind = AMOUNT_LOGNORMAL, .mean = 1e15, .cv = 1e6 });
    bool reached = false;
    (void)state;

    for (int i = 0; i < DRAWS; i++) {
        int64_t value = sampler_next(&pareto);
        assert_true(value >= 1000000 && value <= AMOUNT_MAX);
        reached = reached || value == AMOUNT_MAX;
        value = sampler_next(&lognormal);
        assert_true(value >= 0 && value <= AMOUNT_MAX);
    }
    assert_true(reached);
    assert_true(isinf(amount_mean(&pareto.amount)));
}

static void what_may_be_zero_is_known(void **state)
{
    const int64_t values[] = { 3, 0 };
    const struct amount zero = { .kind = AMOUNT_CONSTANT };
    const double weights[] = { 1.0 };
    (void)state;

    assert_true(amount_may_be_zero(&zero));
    assert_false(amount_may_be_zero(&(struct amount){ .kind = AMOUNT_CONSTANT, .mean = 1.0 }));
    assert_false(amount_may_be_zero(
        &(struct amount){ .kind = AMOUNT_UNIFORM, .low = 0.5, .high = 2.0 }));
    assert_true(amount_may_be_zero(
        &(struct amount){ .kind = AMOUNT_UNIFORM, .low = 0.4, .high = 2.0 }));
    assert_true(
        amount_may_be_zero(&(struct amount){ .kind = AMOUNT_EXPONENTIAL, .mean = MEAN }));
    assert_false(amount_may_be_zero(
        &(struct amount){ .kind = AMOUNT_PARETO, .scale = 1.0, .shape = 1.0 }));
    assert_true(amount_may_be_zero(
        &(struct amount){ .kind = AMOUNT_SEQUENCE, .values = values, .value_count = 2 }));
    assert_false(amount_may_be_zero(
        &(struct amount){ .kind = AMOUNT_EMPIRICAL, .values = values, .value_count = 1 }));
    assert_true(amount_may_be_zero(&(struct amount){
        .kind = AMOUNT_MIXTURE, .parts = &zero, .weights = weights, .part_count = 1 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(continuous_kinds_have_their_distribution),
        cmocka_unit_test(moments_are_those_asked_for),
        cmocka_unit_test(constants_and_whole_numbers_are_exact),
        cmocka_unit_test(draws_ahead_are_the_same),
        cmocka_unit_test(draws_ahead_are_the_same_for_every_kind),
        cmocka_unit_test(sequence_begins_again),
        cmocka_unit_test(empirical_draws_each_value_alike),
        cmocka_unit_test(mixture_is_that_of_its_parts),
        cmocka_unit_test(heavy_tails_stop_at_the_longest),
        cmocka_unit_test(what_may_be_zero_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
