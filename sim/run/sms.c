#include "run/sms.h"

#include "base/assert.h"
#include "run/places.h"

struct sms *sms_create(const struct grid_rules *rules, uint32_t vm_count, struct arena *arena)
{
    struct sms *sms = arena_take(arena, 1, sizeof(*sms));

    sms->width = rules->sms % 2 == 0 ? 2 : 1;
    sms->count = rules->sms / sms->width;
    sms->words = (sms->count + 63) / 64;
    sms->pairs = arena_take(arena, sms->count, sizeof(sms->pairs[0]));
    sms->clients = arena_take(arena, vm_count, sizeof(sms->clients[0]));
    soonest_init(&sms->next, sms->count, arena);
    sms->all = arena_take(arena, sms->count, sizeof(sms->all[0]));
    sms->changed = arena_take(arena, sms->count, sizeof(sms->changed[0]));
    for (uint32_t i = 0; i < sms->count; i++) {
        sms->all[i] = i;
        sms->pairs[i].blocks = arena_take(arena, rules->slots, sizeof(sms->pairs[i].blocks[0]));
    }
    for (uint32_t vm = 0; vm < vm_count; vm++) {
        sms->clients[vm].set = arena_take(arena, sms->words, sizeof(uint64_t));
        sms->clients[vm].former = arena_take(arena, sms->words, sizeof(uint64_t));
    }
    return sms;
}

/* ---------------------------------------------------------------- progress */

static void advance(const struct grid_rules *rules, struct sm_pair *pair, nsec now)
{
    double span = (double)(now - pair->since_ns);
    uint32_t rank = 0;

    pair->since_ns = now;
    if (pair->computing == 0) {
        return;
    }
    for (uint32_t i = 0; i < pair->count; i++) {
        if (!pair->blocks[i].streams) {
            pair->blocks[i].rest -= span * sms_part(rules, pair, rank++);
        }
    }
}

/* From now on some block computes there, or none does any longer: what is left of those that
   stream takes that many times as long. */
static void stretch_streams(struct spatial *s, struct sm_pair *pair, double factor, nsec now)
{
    for (uint32_t i = 0; i < pair->count; i++) {
        struct sm_block *block = &pair->blocks[i];
        struct sm_client *m = &s->sms->clients[block->vm];
        if (block->streams) {
            double pace = sms_pace(m, now);
            block->rest = pace + (block->rest - pace) * factor;
            m->is_changed = true;
        }
    }
}

static void touch(struct spatial *s, struct sm_pair *pair, nsec now)
{
    if (!pair->is_changed) {
        advance(&s->rules, pair, now);
        pair->is_changed = true;
        uint32_t index = (uint32_t)(pair - s->sms->pairs);
        soonest_set(&s->sms->next, index, INSTANT_NEVER);
        s->sms->changed[s->sms->changed_count++] = index;
    }
}

/* ---------------------------------------------------------------- blocks come and go */

static void put_block(struct spatial *s, struct sm_pair *pair, const struct sm_block *block,
                      nsec now)
{
    const struct sms *sms = s->sms;
    uint64_t age = sms->clients[block->vm].age;
    uint32_t at = pair->count;

    assert(pair->count < s->rules.slots);
    touch(s, pair, now);
    if (!block->streams && pair->computing == 0) {
        stretch_streams(s, pair, s->rules.traits->starve, now);
    }
    for (; at > 0 && sms->clients[pair->blocks[at - 1].vm].age > age; at--) {
        pair->blocks[at] = pair->blocks[at - 1];
    }
    pair->blocks[at] = *block;
    pair->count++;
    pair->computing += !block->streams;
    s->sms->blocks += sms->width;
}

static void take_block(struct spatial *s, struct sm_pair *pair, uint32_t index, nsec now)
{
    struct sm_block gone = pair->blocks[index];
    struct sm_client *m = &s->sms->clients[gone.vm];

    touch(s, pair, now);
    m->held -= gone.held;
    pair->count--;
    for (uint32_t i = index; i < pair->count; i++) {
        pair->blocks[i] = pair->blocks[i + 1];
    }
    s->sms->blocks -= s->sms->width;
    if (gone.streams) {
        m->streaming--;
        m->is_changed = true;
        s->sms->streaming -= s->sms->width;
        return;
    }
    m->computing--;
    pair->computing--;
    if (pair->computing == 0) {
        stretch_streams(s, pair, 1.0 / s->rules.traits->starve, now);
    }
}

void sms_end_streams(struct spatial *s, uint32_t vm, nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];
    double reached = sms_pace(m, now) + m->speed;

    for (uint32_t p = 0; p < s->sms->count; p++) {
        struct sm_pair *pair = &s->sms->pairs[p];
        for (uint32_t i = pair->count; i > 0; i--) {
            const struct sm_block *block = &pair->blocks[i - 1];
            if (block->vm == vm && block->streams && block->rest <= reached) {
                take_block(s, pair, i - 1, now);
            }
        }
    }
}

void sms_end(struct spatial *s, nsec now)
{
    while (soonest_time(&s->sms->next) == now) {
        struct sm_pair *pair = &s->sms->pairs[soonest_index(&s->sms->next)];
        uint32_t vm = pair->blocks[pair->next_block].vm;
        touch(s, pair, now);
        pair->carry += pair->blocks[pair->next_block].rest;
        take_block(s, pair, pair->next_block, now);
        if (!sms_is_busy(s, vm)) {
            s->clients[vm].next_ns = now;
        }
    }
}

void sms_clear(struct spatial *s, uint32_t vm, nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];

    for (uint32_t p = 0; p < s->sms->count; p++) {
        struct sm_pair *pair = &s->sms->pairs[p];
        for (uint32_t i = pair->count; i > 0; i--) {
            if (pair->blocks[i - 1].vm == vm) {
                take_block(s, pair, i - 1, now);
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

/* SMs do not begin at once: the first ones are ahead of the last one by up to the jitter, which
   is all that puts SMs out of step. A kernel that begins alone keeps its exact time. Eight
   steps do as well as one for each SM, and SMs that stay in step are quicker to run. */
static double head_start(const struct spatial *s, uint32_t place, double work)
{
    const uint32_t steps = 8;
    double ahead = s->rules.traits->jitter_ns * (double)(place * 5 % steps) / (double)steps;

    return ahead < work / 16.0 ? ahead : work / 16.0;
}

static void put_stream(struct spatial *s, uint32_t vm, struct sm_pair *pair, nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];
    double work = (double)s->clients[vm].kernel_ns * s->clients[vm].grid->wave_part;
    double factor = pair->computing > 0 ? s->rules.traits->starve : 1.0;
    struct sm_block block = { .vm = vm,
                              .streams = true,
                              .rest = sms_pace(m, now) + factor * work };

    m->left_stream--;
    m->streaming++;
    m->is_changed = true;
    s->sms->streaming += s->sms->width;
    put_block(s, pair, &block, now);
}

/* place: that of the pair in the kernel's set. */
static void put_compute(struct spatial *s, uint32_t vm, struct sm_pair *pair, uint32_t place,
                        nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];
    double work = (double)s->clients[vm].kernel_ns * s->clients[vm].grid->layer_part;
    bool is_beside = s->sms->blocks > s->sms->width * m->computing;
    double ahead = m->is_fresh && is_beside ? head_start(s, place, work) : 0.0;
    struct sm_block block = { .vm = vm, .rest = work - ahead + pair->carry };

    pair->carry = 0.0;
    m->left--;
    m->computing++;
    put_block(s, pair, &block, now);
}

/* Blocks of one kind, those that compute before those that stream, go to the SMs with the most
   free slots first, of those listed. */
static void place_blocks(struct spatial *s, uint32_t vm, const uint32_t *list, uint32_t count,
                         nsec now)
{
    struct sm_client *m = &s->sms->clients[vm];
    bool streams = m->left == 0;
    uint32_t left = streams ? m->left_stream : m->left;

    for (uint32_t used = 0; used < s->rules.slots && left > 0; used++) {
        uint32_t place = 0;
        for (uint32_t i = 0; i < count && left > 0; i++) {
            struct sm_pair *pair = &s->sms->pairs[list[i]];
            bool is_own = sms_has(m->set, list[i]);
            if (is_own && pair->count == used) {
                if (streams) {
                    put_stream(s, vm, pair, now);
                } else {
                    put_compute(s, vm, pair, place, now);
                }
                left--;
            }
            place += is_own;
        }
    }
}

void sms_place(struct spatial *s, nsec now)
{
    uint32_t freed = s->sms->changed_count; /* Where there may be room that was not there. */

    for (uint32_t i = 0; i < s->order_count; i++) {
        uint32_t vm = s->order[i];
        struct spatial_client *c = &s->clients[vm];
        struct sm_client *m = &s->sms->clients[vm];
        if (m->is_fresh) {
            places_choose(s, vm);
        }
        bool is_anywhere = m->is_fresh || (m->left == 0 && m->streaming == 0);
        if (m->left > 0 || (m->left_stream > 0 && m->computing == 0)) {
            place_blocks(s, vm, is_anywhere ? s->sms->all : s->sms->changed,
                         is_anywhere ? s->sms->count : freed, now);
        }
        m->is_fresh = false;
        if (c->state != CLIENT_ENDING) {
            c->state = m->computing + m->streaming > 0 ? CLIENT_RUNNING : CLIENT_WAITING;
        }
    }
}
