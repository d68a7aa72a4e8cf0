#include "engine/amount.h"

#include "base/assert.h"
#include "engine/exact.h"
#include "engine/normal.h"

#include <math.h>

static void init_constants(struct sampler *s)
{
    const struct amount *amount = &s->amount;
    double cv2 = amount->cv * amount->cv;

    switch (amount->kind) {
    case AMOUNT_LOGNORMAL: /* a: mu, b: sigma. */
        s->b = exact_log(1.0 + cv2);
        s->a = exact_log(amount->mean) - s->b / 2.0;
        s->b = sqrt(s->b);
        break;
    case AMOUNT_GAMMA: /* a: shape, b: scale. */
        s->a = 1.0 / cv2;
        s->b = amount->mean * cv2;
        break;
    case AMOUNT_HYPEREXPONENTIAL: /* a: chance of the first phase, b and c: the two means. */
        s->a = (1.0 + sqrt((cv2 - 1.0) / (cv2 + 1.0))) / 2.0;
        s->b = amount->mean / (2.0 * s->a);
        s->c = amount->mean / (2.0 * (1.0 - s->a));
        break;
    case AMOUNT_PARETO:
    case AMOUNT_WEIBULL: /* a: 1 / shape. */
        s->a = 1.0 / amount->shape;
        break;
    default:
        break;
    }
}

void sampler_init(struct sampler *sampler, const struct amount *amount,
                  const struct rng_name *name)
{
    *sampler = (struct sampler){ .amount = *amount,
                                 .used = SAMPLER_BATCH,
                                 .is_exponential = amount->kind == AMOUNT_EXPONENTIAL,
                                 .mean = amount->mean };
    rng_init(&sampler->rng, name);
    init_constants(sampler);
}

static double draw_exponential(struct rng *rng, double mean)
{
    return -mean * exact_log(rng_uniform(rng));
}

/* Marsaglia and Tsang, "A simple method for generating gamma variables", 2000. */
static double draw_gamma(struct rng *rng, double shape)
{
    double boost = 1.0;

    if (shape < 1.0) {
        boost = exact_pow(rng_uniform(rng), 1.0 / shape);
        shape += 1.0;
    }
    double d = shape - 1.0 / 3.0;
    double c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = normal_draw(rng);
        double v = 1.0 + c * x;
        if (v <= 0.0) {
            continue;
        }
        v = v * v * v;
        if (exact_log(rng_uniform(rng)) < 0.5 * x * x + d - d * v + d * exact_log(v)) {
            return d * v * boost;
        }
    }
}

static int64_t round_to_whole(double value)
{
    assert(value >= 0.0);
    return amount_round(value);
}

static double lognormal_of(const struct sampler *s, double normal)
{
    double x = s->a + s->b * normal;

    return exact_exp(x < 44.0 ? x : 44.0);
}

/* A value of the distribution, not yet rounded, or a measured one. */
static double draw(const struct amount *amount, struct sampler *s)
{
    struct rng *rng = &s->rng;

    switch (amount->kind) {
    case AMOUNT_UNIFORM:
        return amount->low + (amount->high - amount->low) * rng_uniform(rng);
    case AMOUNT_LOGNORMAL:
        return lognormal_of(s, normal_draw(rng));
    case AMOUNT_GAMMA:
        return s->b * draw_gamma(rng, s->a);
    case AMOUNT_HYPEREXPONENTIAL:
        return draw_exponential(rng, rng_uniform(rng) < s->a ? s->b : s->c);
    case AMOUNT_PARETO:
        return amount->scale * exact_exp(fmin(-s->a * exact_log(rng_uniform(rng)), 44.0));
    case AMOUNT_WEIBULL:
        return amount->scale * exact_pow(-exact_log(rng_uniform(rng)), s->a);
    default:
        assert_never("a kind of amount that is drawn");
        return 0.0;
    }
}

/* Sixteen in a loop overlap, where one waits for its random numbers (docs/performance.md). */
void sampler_refill(struct sampler *sampler)
{
    double *units = sampler->units;

    if (sampler->amount.kind == AMOUNT_EXPONENTIAL) {
        exponential_batch(&sampler->rng, units);
    } else if (sampler->amount.kind == AMOUNT_LOGNORMAL) {
        normal_batch(&sampler->rng, units);
        for (int i = 0; i < SAMPLER_BATCH; i++) {
            units[i] = lognormal_of(sampler, units[i]);
        }
    } else {
        for (int i = 0; i < SAMPLER_BATCH; i++) {
            units[i] = draw(&sampler->amount, sampler);
        }
    }
    sampler->used = 0;
}

/* The part of a mixture is chosen first; its own constants are worked out anew, which is slow
   and keeps a sampler of fixed size. */
static int64_t draw_mixture(struct sampler *s)
{
    double u = rng_uniform(&s->rng);
    uint32_t part = 0;

    while (part + 1 < s->amount.part_count && u >= s->amount.weights[part]) {
        u -= s->amount.weights[part++];
    }
    const struct amount *amount = &s->amount.parts[part];
    assert(amount->kind != AMOUNT_SEQUENCE); /* It would not keep its place. */
    struct sampler one = { .amount = *amount, .mean = amount->mean, .rng = s->rng };
    init_constants(&one);
    int64_t value = sampler_draw(&one);
    s->rng = one.rng;
    return value;
}

int64_t sampler_draw(struct sampler *sampler)
{
    const struct amount *amount = &sampler->amount;

    switch (amount->kind) {
    case AMOUNT_CONSTANT:
        return (int64_t)amount->mean;
    case AMOUNT_EXPONENTIAL:
        return round_to_whole(draw_exponential(&sampler->rng, sampler->mean));
    case AMOUNT_EMPIRICAL:
        return amount->values[rng_below(&sampler->rng, amount->value_count)];
    case AMOUNT_SEQUENCE:
        if (sampler->position == amount->value_count) {
            sampler->position = 0;
        }
        return amount->values[sampler->position++];
    case AMOUNT_MIXTURE:
        return draw_mixture(sampler);
    default:
        return round_to_whole(draw(amount, sampler));
    }
}

int64_t sampler_take(struct sampler *sampler)
{
    switch (sampler->amount.kind) {
    case AMOUNT_CONSTANT:
    case AMOUNT_EMPIRICAL:
    case AMOUNT_SEQUENCE:
    case AMOUNT_MIXTURE:
        return sampler_draw(sampler);
    default:
        if (sampler->used == SAMPLER_BATCH) {
            sampler_refill(sampler);
        }
        return round_to_whole(sampler->units[sampler->used++]);
    }
}

static double mean_of_values(const struct amount *amount)
{
    double sum = 0.0;

    for (uint64_t i = 0; i < amount->value_count; i++) {
        sum += (double)amount->values[i];
    }
    return sum / (double)amount->value_count;
}

double amount_mean(const struct amount *amount)
{
    double sum = 0.0;

    switch (amount->kind) {
    case AMOUNT_UNIFORM:
        return (amount->low + amount->high) / 2.0;
    case AMOUNT_PARETO:
        return amount->shape > 1.0 ? amount->scale * amount->shape / (amount->shape - 1.0)
                                   : (double)INFINITY;
    case AMOUNT_WEIBULL:
        return amount->scale * exp(lgamma(1.0 + 1.0 / amount->shape));
    case AMOUNT_EMPIRICAL:
    case AMOUNT_SEQUENCE:
        return mean_of_values(amount);
    case AMOUNT_MIXTURE:
        for (uint32_t i = 0; i < amount->part_count; i++) {
            sum += amount->weights[i] * amount_mean(&amount->parts[i]);
        }
        return sum;
    case AMOUNT_TRACE:
        return (double)NAN;
    default:
        return amount->mean;
    }
}

bool amount_may_be_zero(const struct amount *amount)
{
    switch (amount->kind) {
    case AMOUNT_CONSTANT:
        return amount->mean < 1.0;
    case AMOUNT_UNIFORM:
        return amount->low < 0.5;
    case AMOUNT_PARETO:
        return amount->scale < 0.5;
    case AMOUNT_EMPIRICAL:
    case AMOUNT_SEQUENCE:
        for (uint64_t i = 0; i < amount->value_count; i++) {
            if (amount->values[i] == 0) {
                return true;
            }
        }
        return false;
    case AMOUNT_MIXTURE:
        for (uint32_t i = 0; i < amount->part_count; i++) {
            if (amount_may_be_zero(&amount->parts[i])) {
                return true;
            }
        }
        return false;
    default:
        return true; /* A continuous distribution, or a trace that may hold a zero. */
    }
}
