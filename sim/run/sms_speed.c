#include "run/sms.h"

#define HELD_ALL (UINT32_C(1) << 31)

double sms_part(const struct grid_rules *rules, const struct sm_pair *pair, uint32_t rank)
{
    return pair->computing == 1 ? 1.0 / rules->traits->alone
                                : rules->weights[rank] / rules->sums[pair->computing];
}

/* Which of a pair's blocks that compute ends first, and what each of its blocks holds. */
static void aim(struct spatial *s, uint32_t p, nsec now)
{
    struct sm_pair *pair = &s->sms->pairs[p];
    double first = (double)RUN_LENGTH_MAX;
    uint32_t streams = pair->count - pair->computing;
    uint32_t rank = 0;

    pair->is_changed = false;
    for (uint32_t i = 0; i < pair->count; i++) {
        struct sm_block *block = &pair->blocks[i];
        struct sm_client *m = &s->sms->clients[block->vm];
        uint32_t held = 0;
        if (!block->streams) {
            double part = sms_part(&s->rules, pair, rank++);
            double wait = block->rest > 0.0 ? block->rest / part : 0.0;
            held = (uint32_t)(part * (double)HELD_ALL);
            if (wait < first) {
                first = wait;
                pair->next_block = i;
            }
        } else if (pair->computing == 0) {
            held = HELD_ALL / streams;
        }
        m->held += held;
        m->held -= block->held;
        block->held = held;
    }
    if (first < (double)RUN_LENGTH_MAX) {
        soonest_set(&s->sms->next, p, now + (nsec)(first + 0.5));
    }
}

static double first_end(const struct spatial *s, uint32_t vm)
{
    double first = 1e300;

    for (uint32_t p = 0; p < s->sms->count; p++) {
        const struct sm_pair *pair = &s->sms->pairs[p];
        for (uint32_t i = 0; i < pair->count; i++) {
            const struct sm_block *block = &pair->blocks[i];
            if (block->vm == vm && block->streams && block->rest < first) {
                first = block->rest;
            }
        }
    }
    return first;
}

/* A last wave, smaller than a whole one, is shorter while others ask for memory too. */
static double wave_speed(const struct spatial *s, const struct sm_client *m,
                         const struct grid *grid)
{
    double length = grid_wave(&s->rules, grid, s->sms->streaming);
    uint32_t blocks = m->streaming * s->sms->width;

    if (blocks < grid->wave_blocks && blocks < s->sms->streaming) {
        double tail = s->rules.traits->tail;
        double part = 2.0 * (double)blocks / (double)grid->wave_blocks;
        length *= tail + (1.0 - tail) * (part < 1.0 ? part : 1.0);
    }
    return 1.0 / length;
}

static void set_pace(struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];
    struct sm_client *m = &s->sms->clients[vm];
    double speed = wave_speed(s, m, c->grid);

    if (speed < m->speed || speed > m->speed) {
        m->pace = sms_pace(m, now);
        m->since_ns = now;
        m->speed = speed;
    }
    if (m->is_changed) {
        m->first_end = first_end(s, vm);
        m->is_changed = false;
    }
    double wait = (m->first_end - sms_pace(m, now)) / m->speed;
    wait = wait > 0.0 ? wait : 0.0;
    c->next_ns = wait < (double)RUN_LENGTH_MAX ? now + (nsec)(wait + 0.5) : INSTANT_NEVER;
}

void sms_set_speeds(struct spatial *s, nsec now)
{
    for (uint32_t i = 0; i < s->sms->changed_count; i++) {
        aim(s, s->sms->changed[i], now);
    }
    s->sms->changed_count = 0;
    for (uint32_t i = 0; i < s->order_count; i++) {
        if (s->sms->clients[s->order[i]].streaming > 0) {
            set_pace(s, s->order[i], now);
        }
    }
}

double sms_holds(const struct spatial *s, uint32_t vm)
{
    return (double)s->sms->clients[vm].held / (double)HELD_ALL * (double)s->sms->width;
}
