#include "run/sms.h"

/* Idle pairs are all alike. */
static void join_idle(struct sms *sms, struct sm_group *group)
{
    uint32_t index = (uint32_t)(group - sms->groups);

    group->carry = 0.0;
    if (sms->idle == GROUP_NONE) {
        sms->idle = index;
        return;
    }
    sms->groups[sms->idle].size += group->size;
    sms_add_pairs(sms, sms->idle, group->pairs);
    pair_set_drop(group->pairs, group->pairs, sms->words);
    group->size = 0;
    sms->unused[sms->unused_count++] = index;
}

/* Which of a group's blocks that compute ends first, and what each of its blocks holds. */
static void aim(struct spatial *s, struct sm_group *group, nsec now)
{
    double first = (double)RUN_LENGTH_MAX;
    uint32_t streams = group->count - group->computing;
    const struct sm_part *part = sms_parts(s, group);

    for (uint32_t i = 0; i < group->count; i++) {
        struct sm_block *block = &group->blocks[i];
        uint32_t held = 0;
        if (!block->streams) {
            double wait = block->rest > 0.0 ? block->rest * part->slowdown : 0.0;
            held = part->held;
            part++;
            if (wait < first) {
                first = wait;
                group->next_block = i;
            }
        } else if (group->computing == 0) {
            held = SMS_HELD_ALL / streams;
        }
        s->sms->clients[block->vm].held += ((uint64_t)held - block->held) * group->size;
        block->held = held;
    }
    if (first < (double)RUN_LENGTH_MAX) {
        soonest_set(&s->sms->next, (uint32_t)(group - s->sms->groups),
                    now + (nsec)(first + 0.5));
    }
}

static double first_end(const struct spatial *s, uint32_t vm)
{
    double first = 1e300;

    for (uint32_t g = 0; g < s->sms->group_end; g++) {
        const struct sm_group *group = &s->sms->groups[g];
        for (uint32_t i = 0; i < group->count; i++) {
            const struct sm_block *block = &group->blocks[i];
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
        struct sm_group *group = &s->sms->groups[s->sms->changed[i]];
        group->is_changed = false;
        if (group->count > 0) {
            aim(s, group, now);
        } else {
            join_idle(s->sms, group);
        }
    }
    s->sms->changed_count = 0;
    for (uint32_t i = 0; i < s->order_count && s->sms->streaming > 0; i++) {
        if (s->sms->clients[s->order[i]].streaming > 0) {
            set_pace(s, s->order[i], now);
        }
    }
}
