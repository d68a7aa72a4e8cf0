#include "run/sms.h"

#include "base/assert.h"
#include "run/places.h"

#include <string.h>

/* SMs do not begin at once: the first ones are ahead of the last one by up to the jitter, which
   is all that puts SMs out of step. Four steps do as well as one for each SM, and SMs that
   stay in step are quicker to run. */
enum { STEPS = 4 };

static struct sm_part *create_parts(const struct grid_rules *rules, struct arena *arena)
{
    size_t slots = rules->slots;
    struct sm_part *parts = arena_take(arena, (slots + 1) * slots, sizeof(*parts));

    for (size_t computing = 1; computing <= slots; computing++) {
        for (size_t rank = 0; rank < computing; rank++) {
            struct sm_part *part = &parts[computing * slots + rank];
            part->part = computing == 1 ? 1.0 / rules->traits->alone
                                        : rules->weights[rank] / rules->sums[computing];
            part->slowdown = 1.0 / part->part;
            part->held = (uint32_t)(part->part * (double)SMS_HELD_ALL);
        }
    }
    return parts;
}

struct sms *sms_create(const struct grid_rules *rules, uint32_t vm_count, struct arena *arena)
{
    struct sms *sms = arena_take(arena, 1, sizeof(*sms));

    sms->width = rules->sms % 2 == 0 ? 2 : 1;
    sms->count = rules->sms / sms->width;
    sms->words = (sms->count + 63) / 64;
    sms->held_part = 1.0 / ((double)SMS_HELD_ALL * (double)sms->count);
    sms->groups = arena_take(arena, sms->count, sizeof(sms->groups[0]));
    sms->clients = arena_take(arena, vm_count, sizeof(sms->clients[0]));
    sms->parts = create_parts(rules, arena);
    soonest_init(&sms->next, sms->count, arena);
    sms->group_of = arena_take(arena, sms->count, sizeof(sms->group_of[0]));
    sms->unused = arena_take(arena, sms->count, sizeof(sms->unused[0]));
    sms->changed = arena_take(arena, sms->count, sizeof(sms->changed[0]));
    sms->levels = arena_take(arena, (rules->slots + 1) * sms->words, sizeof(uint64_t));
    sms->chosen = arena_take(arena, sms->words, sizeof(uint64_t));
    sms->part = arena_take(arena, sms->words, sizeof(uint64_t));
    sms->step = arena_take(arena, sms->words, sizeof(uint64_t));
    for (uint32_t i = 0; i < sms->count; i++) {
        struct sm_group *group = &sms->groups[i];
        group->blocks = arena_take(arena, rules->slots, sizeof(group->blocks[0]));
        group->pairs = arena_take(arena, sms->words, sizeof(uint64_t));
    }
    for (uint32_t vm = 0; vm < vm_count; vm++) {
        sms->clients[vm].set = arena_take(arena, sms->words, sizeof(uint64_t));
        sms->clients[vm].former = arena_take(arena, sms->words, sizeof(uint64_t));
    }
    for (uint32_t i = 0; i < sms->count; i++) {
        sms->groups[0].pairs[i / 64] |= UINT64_C(1) << i % 64;
        sms->levels[i / 64] |= UINT64_C(1) << i % 64;
    }
    sms->groups[0].size = sms->count;
    sms->group_end = 1;
    while (sms->unused_count < sms->count - 1) {
        sms->unused[sms->unused_count] = sms->count - 1 - sms->unused_count;
        sms->unused_count++;
    }
    return sms;
}

/* ---------------------------------------------------------------- progress */

static void advance(const struct spatial *s, struct sm_group *group, nsec now)
{
    double span = (double)(now - group->since_ns);
    const struct sm_part *part = sms_parts(s, group);

    group->since_ns = now;
    for (uint32_t i = 0; i < group->count && group->computing > 0; i++) {
        if (!group->blocks[i].streams) {
            group->blocks[i].rest -= span * part->part;
            part++;
        }
    }
}

/* From now on some block computes there, or none does any longer: what is left of those that
   stream takes that many times as long. */
static void stretch_streams(struct spatial *s, struct sm_group *group, double factor, nsec now)
{
    for (uint32_t i = 0; i < group->count; i++) {
        struct sm_block *block = &group->blocks[i];
        struct sm_client *m = &s->sms->clients[block->vm];
        if (block->streams) {
            double pace = sms_pace(m, now);
            block->rest = pace + (block->rest - pace) * factor;
            m->is_changed = true;
        }
    }
}

static void touch(struct spatial *s, struct sm_group *group, nsec now)
{
    struct sms *sms = s->sms;
    uint32_t index = (uint32_t)(group - sms->groups);

    if (!group->is_changed) {
        advance(s, group, now);
        group->is_changed = true;
        soonest_set(&sms->next, index, INSTANT_NEVER);
        sms->changed[sms->changed_count++] = index;
    }
}

/* A group of just these pairs of a group, which they leave unless they are all of it. */
static struct sm_group *detach(struct sms *sms, struct sm_group *group, const uint64_t *pairs)
{
    uint32_t size = pair_set_count(pairs, sms->words);

    assert(size > 0 && size <= group->size);
    if (size == group->size) {
        uint32_t whole = (uint32_t)(group - sms->groups);
        sms->idle = whole == sms->idle ? GROUP_NONE : sms->idle;
        return group;
    }
    uint32_t index = sms->unused[--sms->unused_count];
    struct sm_group *part = &sms->groups[index];
    sms->group_end = index < sms->group_end ? sms->group_end : index + 1;
    part->size = size;
    part->count = group->count;
    part->computing = group->computing;
    part->carry = group->carry;
    part->since_ns = group->since_ns;
    memcpy(part->blocks, group->blocks, group->count * sizeof(group->blocks[0]));
    group->size -= size;
    pair_set_drop(group->pairs, pairs, sms->words);
    sms_add_pairs(sms, index, pairs);
    return part;
}

/* Its pairs have so many blocks from now on. */
static void set_count(struct sms *sms, struct sm_group *group, uint32_t count)
{
    pair_set_drop(sms_level(sms, group->count), group->pairs, sms->words);
    pair_set_add(sms_level(sms, count), group->pairs, sms->words);
    group->count = count;
}

/* ---------------------------------------------------------------- blocks come and go */

/* On each pair of the group, which detach has returned. */
static void put_block(struct spatial *s, struct sm_group *group, const struct sm_block *block,
                      nsec now)
{
    const struct sms *sms = s->sms;
    uint64_t age = sms->clients[block->vm].age;
    uint32_t at = group->count;

    assert(group->count < s->rules.slots);
    touch(s, group, now);
    if (!block->streams && group->computing == 0) {
        stretch_streams(s, group, s->rules.traits->starve, now);
    }
    for (; at > 0 && sms->clients[group->blocks[at - 1].vm].age > age; at--) {
        group->blocks[at] = group->blocks[at - 1];
    }
    group->blocks[at] = *block;
    set_count(s->sms, group, group->count + 1);
    group->computing += !block->streams;
    s->sms->blocks += sms->width * group->size;
}

/* Off each pair of the group. */
static void take_block(struct spatial *s, struct sm_group *group, uint32_t index, nsec now)
{
    struct sm_block gone = group->blocks[index];
    struct sm_client *m = &s->sms->clients[gone.vm];

    touch(s, group, now);
    m->held -= (uint64_t)gone.held * group->size;
    set_count(s->sms, group, group->count - 1);
    for (uint32_t i = index; i < group->count; i++) {
        group->blocks[i] = group->blocks[i + 1];
    }
    s->sms->blocks -= s->sms->width * group->size;
    if (gone.streams) {
        m->streaming -= group->size;
        m->is_changed = true;
        s->sms->streaming -= s->sms->width * group->size;
        return;
    }
    m->computing -= group->size;
    group->computing--;
    if (group->computing == 0) {
        stretch_streams(s, group, 1.0 / s->rules.traits->starve, now);
    }
}

void sms_end_streams(struct spatial *s, uint32_t vm, nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];
    double reached = sms_pace(m, now) + m->speed;

    for (uint32_t g = 0; g < s->sms->group_end; g++) {
        struct sm_group *group = &s->sms->groups[g];
        for (uint32_t i = group->count; i > 0; i--) {
            const struct sm_block *block = &group->blocks[i - 1];
            if (block->vm == vm && block->streams && block->rest <= reached) {
                take_block(s, group, i - 1, now);
            }
        }
    }
}

void sms_end(struct spatial *s, nsec now)
{
    while (soonest_time(&s->sms->next) == now) {
        struct sm_group *group = &s->sms->groups[soonest_index(&s->sms->next)];
        uint32_t vm = group->blocks[group->next_block].vm;
        touch(s, group, now);
        group->carry += group->blocks[group->next_block].rest;
        take_block(s, group, group->next_block, now);
        if (!sms_is_busy(s, vm)) {
            s->clients[vm].next_ns = now;
        }
    }
}

void sms_clear(struct spatial *s, uint32_t vm, nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];

    for (uint32_t g = 0; g < s->sms->group_end; g++) {
        struct sm_group *group = &s->sms->groups[g];
        for (uint32_t i = group->count; i > 0; i--) {
            if (group->blocks[i - 1].vm == vm) {
                take_block(s, group, i - 1, now);
            }
        }
    }
    m->left = m->left_stream = 0;
}

bool sms_is_busy(const struct spatial *s, uint32_t vm)
{
    const struct sm_client *m = &s->sms->clients[vm];

    return m->left + m->left_stream + m->computing + m->streaming > 0;
}

/* ---------------------------------------------------------------- slots */

void sms_begin(struct spatial *s, uint32_t vm)
{
    struct sm_client *m = &s->sms->clients[vm];
    const struct grid *grid = s->clients[vm].grid;
    uint32_t width = s->sms->width;

    m->age = s->sms->kernels++;
    m->is_fresh = true;
    m->left = 0;
    if (grid->layers > 0) {
        m->left = (grid->layers - 1) * grid_divide_up(grid->sms, width) +
                  grid_divide_up(grid->last_sms, width);
    }
    m->left_stream = grid_divide_up(grid->blocks, width);
    m->speed = 0.0;
}

static void put_stream(struct spatial *s, uint32_t vm, struct sm_group *group, nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];
    double work = (double)s->clients[vm].kernel_ns * s->clients[vm].grid->wave_part;
    double factor = group->computing > 0 ? s->rules.traits->starve : 1.0;
    struct sm_block block = { .vm = vm,
                              .streams = true,
                              .rest = sms_pace(m, now) + factor * work };

    m->left_stream -= group->size;
    m->streaming += group->size;
    m->is_changed = true;
    s->sms->streaming += s->sms->width * group->size;
    put_block(s, group, &block, now);
}

/* ahead: of the last SM that begins, as a part of the jitter. */
static void put_compute(struct spatial *s, uint32_t vm, struct sm_group *group, double ahead,
                        nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];
    double work = (double)s->clients[vm].kernel_ns * s->clients[vm].grid->layer_part;
    double start = s->rules.traits->jitter_ns * ahead;
    struct sm_block block = { .vm = vm, .rest = work + group->carry };

    block.rest -= start < work / 16.0 ? start : work / 16.0;
    group->carry = 0.0;
    m->left -= group->size;
    m->computing += group->size;
    put_block(s, group, &block, now);
}

/* The first blocks of a kernel beside others, which do not begin at once: on a part of a
   group. */
static void put_first(struct spatial *s, uint32_t vm, struct sm_group *group, nsec now)
{
    struct sms *sms = s->sms;
    uint64_t every = UINT64_MAX / ((1 << STEPS) - 1); /* STEPS-th. */

    for (uint32_t step = 0; step < STEPS; step++, every <<= 1) {
        for (uint32_t w = 0; w < sms->words; w++) {
            sms->step[w] = sms->part[w] & every;
        }
        if (!pair_set_is_empty(sms->step, sms->words)) {
            double ahead = (double)step / (double)STEPS;
            put_compute(s, vm, detach(sms, group, sms->step), ahead, now);
        }
    }
}

/* A block on each of the chosen pairs, group by group. */
static void put_on_chosen(struct spatial *s, uint32_t vm, bool is_first, nsec now)
{
    struct sms *sms = s->sms;
    uint64_t *part = sms->part;

    while (!pair_set_is_empty(sms->chosen, sms->words)) {
        struct sm_group *group = &sms->groups[sms->group_of[pair_set_first(sms->chosen)]];
        pair_set_cut(part, group->pairs, sms->chosen, sms->words);
        pair_set_drop(sms->chosen, part, sms->words);
        if (is_first) {
            put_first(s, vm, group, now);
        } else {
            struct sm_group *whole = detach(sms, group, part);
            if (sms->clients[vm].left > 0) {
                put_compute(s, vm, whole, 0.0, now);
            } else {
                put_stream(s, vm, whole, now);
            }
        }
    }
}

/* Blocks of one kind, those that compute before those that stream, go to the SMs with the most
   free slots first. A kernel that begins alone begins at once, which keeps its exact time. */
static void place_blocks(struct spatial *s, uint32_t vm, nsec now)
{
    struct sms *sms = s->sms;
    struct sm_client *m = &sms->clients[vm];
    bool streams = m->left == 0;
    bool is_first = m->is_fresh && !streams && sms->blocks > 0;
    uint32_t left = streams ? m->left_stream : m->left;

    for (uint32_t used = 0; used < s->rules.slots && left > 0; used++) {
        const uint64_t *level = sms_level(sms, used);
        if (pair_set_meet(level, m->set, sms->words)) {
            left -= pair_set_take_lowest(sms->chosen, level, m->set, left, sms->words);
            put_on_chosen(s, vm, is_first, now);
        }
    }
}

/* Whether there is room on its SMs. */
static bool has_room(const struct spatial *s, const struct sm_client *m)
{
    const struct sms *sms = s->sms;
    const uint64_t *full = sms_level(sms, s->rules.slots);
    uint64_t any = 0;

    for (uint32_t w = 0; w < sms->words; w++) {
        any |= m->set[w] & ~full[w];
    }
    return any != 0;
}

void sms_place(struct spatial *s, nsec now)
{
    for (uint32_t i = 0; i < s->order_count; i++) {
        uint32_t vm = s->order[i];
        struct spatial_client *c = &s->clients[vm];
        struct sm_client *m = &s->sms->clients[vm];
        if (m->is_fresh) {
            places_choose(s, vm);
        }
        bool has_more = m->left > 0 || (m->left_stream > 0 && m->computing == 0);
        if (has_more && has_room(s, m)) {
            place_blocks(s, vm, now);
        }
        m->is_fresh = false;
        if (c->state != CLIENT_ENDING) {
            c->state = m->computing + m->streaming > 0 ? CLIENT_RUNNING : CLIENT_WAITING;
        }
    }
}
