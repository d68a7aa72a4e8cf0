#include "metrics/fairness.h"

#include "base/assert.h"

#include <math.h>
#include <string.h>

double fairness_jain(const double *x, uint32_t n)
{
    double sum = 0;
    double squares = 0;

    for (uint32_t i = 0; i < n; i++) {
        sum += x[i];
        squares += x[i] * x[i];
    }
    return n < 2 || squares <= 0 ? NAN : sum * sum / (n * squares);
}

/* Reciprocals once, since a division a VM and window would be most of the work. */
static void set_weights(struct fairness *f, const uint32_t *weights, struct arena *arena)
{
    double *inverse = arena_take(arena, f->vm_count, sizeof(*inverse));

    for (uint32_t i = 0; i < f->vm_count; i++) {
        assert(weights[i] > 0);
        inverse[i] = 1.0 / weights[i];
    }
    f->inverse_weights = inverse;
}

static void set_levels(struct fairness *f, uint64_t windows, struct arena *arena)
{
    while (windows >> f->level_count > 0) {
        f->level_count++;
    }
    f->levels = arena_take(arena, f->level_count, sizeof(*f->levels));
    for (uint32_t k = 0; k < f->level_count; k++) {
        f->levels[k] = (struct fairness_level){
            .window_ns = f->window_ns << k,
            .start_ns = f->first_ns,
            .service = arena_take(arena, f->vm_count, sizeof(nsec)),
            .jain_min = NAN,
        };
    }
}

static void set_kept(struct fairness *f, const struct fairness_config *config,
                     struct arena *arena)
{
    uint64_t windows = (uint64_t)((config->end_ns - f->first_ns) / f->window_ns);

    if (config->windows_max == 0) {
        f->kept_level = UINT32_MAX;
        return;
    }
    /* One more for the shorter window at the end. */
    while ((windows >> f->kept_level) + 1 > config->windows_max &&
           f->kept_level + 1 < f->level_count) {
        f->kept_level++;
    }
    f->window_size = (uint32_t)(windows >> f->kept_level) + 1;
    f->windows = arena_take(arena, f->window_size, sizeof(*f->windows));
    f->window_service =
        arena_take(arena, (size_t)f->window_size * f->vm_count, sizeof(*f->window_service));
}

void fairness_init(struct fairness *f, const struct fairness_config *config,
                   struct arena *arena)
{
    assert(config->window_ns > 0 && config->start_ns <= config->end_ns);
    nsec first = (config->start_ns + config->window_ns - 1) / config->window_ns;

    *f = (struct fairness){
        .vm_count = config->vm_count,
        .window_ns = config->window_ns,
        .first_ns = first * config->window_ns,
    };
    f->next_ns = f->first_ns;
    set_weights(f, config->weights, arena);
    if (f->first_ns >= config->end_ns) {
        f->next_ns = NSEC_MAX;
        f->kept_level = UINT32_MAX;
        return;
    }
    set_levels(f, (uint64_t)((config->end_ns - f->first_ns) / f->window_ns), arena);
    set_kept(f, config, arena);
    if (f->first_ns == 0) {
        f->started = true;
        f->next_ns = f->window_ns;
    }
}

/* The index of the window that ends now, over the VMs with work since its start. The next one
   begins: only those that have work now can have had it from its start. */
static double close_service(const struct fairness *f, const struct fairness_level *level,
                            const struct border *border)
{
    uint32_t n = 0;
    double sum = 0;
    double squares = 0;

    for (uint32_t from = 0; from < f->vm_count; from += 64) {
        for (uint64_t bits = border->backlogged[from / 64]; bits != 0; bits &= bits - 1) {
            uint32_t i = from + (uint32_t)__builtin_ctzll(bits);
            nsec served = border->service_ns[i] - level->service[i];
            if (border->backlogged_since[i] <= level->start_ns) {
                double x = (double)served * f->inverse_weights[i];
                sum += x;
                squares += x * x;
                n++;
            }
            level->service[i] = border->service_ns[i];
        }
    }
    return n < 2 || squares <= 0 ? NAN : sum * sum / (n * squares);
}

/* What every VM was served in the window that ends now, before close_service. */
static void keep_service(struct fairness *f, const struct fairness_level *level,
                         const struct border *border)
{
    assert(f->window_count < f->window_size);
    nsec *kept = f->window_service + (size_t)f->window_count * f->vm_count;

    for (uint32_t i = 0; i < f->vm_count; i++) {
        kept[i] = border->service_ns[i] - level->service[i];
    }
}

/* A window of a length that is kept ends. Returns its index. */
static double keep_window(struct fairness *f, struct fairness_level *level,
                          const struct border *border)
{
    keep_service(f, level, border);
    double jain = close_service(f, level, border);
    memcpy(level->service, border->service_ns, f->vm_count * sizeof(nsec));
    f->windows[f->window_count++] =
        (struct fairness_window){ level->start_ns, border->now, jain };
    return jain;
}

static void close_window(struct fairness *f, uint32_t k, const struct border *border)
{
    struct fairness_level *level = &f->levels[k];
    double jain =
        k == f->kept_level ? keep_window(f, level, border) : close_service(f, level, border);

    level->start_ns = border->now;
    if (!isnan(jain)) {
        level->judged++;
        level->jain_sum += jain;
        level->jain_min = level->judged == 1 ? jain : fmin(level->jain_min, jain);
    }
}

void fairness_border(struct fairness *f, const struct border *border)
{
    if (border->now != f->next_ns) {
        assert(border->now < f->next_ns);
        return;
    }
    f->next_ns += f->window_ns;
    if (!f->started) {
        f->started = true;
        for (uint32_t k = 0; k < f->level_count; k++) {
            memcpy(f->levels[k].service, border->service_ns, f->vm_count * sizeof(nsec));
        }
        return;
    }
    f->count++;
    for (uint32_t k = 0; k < f->level_count; k++) {
        if (f->count & ((UINT64_C(1) << k) - 1)) {
            return;
        }
        close_window(f, k, border);
    }
}

void fairness_finish(struct fairness *f, const struct border *border)
{
    if (f->kept_level < f->level_count && f->levels[f->kept_level].start_ns < border->now) {
        (void)keep_window(f, &f->levels[f->kept_level], border);
    }
    f->next_ns = NSEC_MAX;
}
