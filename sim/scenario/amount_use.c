/* amount_use.c - what the rest of the language asks of an amount that was read. */
#include "scenario/language.h"

#include <math.h>

/* Below this mean (ns or bytes), a continuous draw rounds to 0 all too often. */
#define TINY_MEAN 1000.0

bool amount_includes_zero(const struct amount *amount)
{
    switch (amount->kind) {
    case AMOUNT_CONSTANT:
    case AMOUNT_UNIFORM:
    case AMOUNT_PARETO:
    case AMOUNT_EMPIRICAL:
    case AMOUNT_SEQUENCE:
        return amount_may_be_zero(amount);
    case AMOUNT_MIXTURE:
        for (uint32_t i = 0; i < amount->part_count; i++) {
            if (amount_includes_zero(&amount->parts[i])) {
                return true;
            }
        }
        return false;
    case AMOUNT_WEIBULL:
        return amount->scale < TINY_MEAN;
    default:
        return amount->mean < TINY_MEAN;
    }
}

static int64_t scaled_value(int64_t value, double factor)
{
    return (int64_t)((double)value * factor + 0.5);
}

struct amount amount_scaled(struct arena *arena, const struct amount *amount, double factor)
{
    struct amount scaled = *amount;

    scaled.mean *= factor;
    scaled.low *= factor;
    scaled.high *= factor;
    scaled.scale *= factor;
    if (amount->kind == AMOUNT_CONSTANT) {
        scaled.mean = floor(scaled.mean + 0.5);
    }
    if (amount->value_count > 0) {
        int64_t *values = arena_take(arena, amount->value_count, sizeof(*values));
        for (uint64_t i = 0; i < amount->value_count; i++) {
            values[i] = scaled_value(amount->values[i], factor);
        }
        scaled.values = values;
    }
    if (amount->part_count > 0) {
        struct amount *parts = arena_take(arena, amount->part_count, sizeof(*parts));
        for (uint32_t i = 0; i < amount->part_count; i++) {
            parts[i] = amount_scaled(arena, &amount->parts[i], factor);
        }
        scaled.parts = parts;
    }
    return scaled;
}
