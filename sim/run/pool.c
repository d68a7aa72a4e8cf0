#include "run/pool.h"

#include "base/assert.h"
#include "engine/exact.h"
#include "run/overlap.h"

/* ---------------------------------------------------------------- progress */

static void advance(struct spatial_client *c, nsec now)
{
    c->to_go -= c->speed * (double)(now - c->since_ns);
    c->since_ns = now;
}

/* SMs that a client's layers would keep busy: those that have fewer blocks idle that much. */
static double busy_sms(const struct grid_rules *rules, const struct spatial_client *c)
{
    double sms = 0.0;

    for (uint32_t i = 0; i < c->layers; i++) {
        sms += rules->weights[i] * (double)c->on[i];
    }
    return sms / rules->sums[c->layers];
}

/* Spreads what a client has done since its layers last changed over them. */
static void spread(const struct grid_rules *rules, struct spatial_client *c)
{
    double done = (c->whole - c->to_go) / rules->sums[c->layers];

    for (uint32_t i = 0; i < c->layers; i++) {
        c->rest[i] -= done * rules->weights[i];
    }
}

double pool_rest(const struct spatial *s, const struct spatial_client *c, uint32_t layer,
                 nsec now)
{
    double to_go = c->to_go - c->speed * (double)(now - c->since_ns);

    return c->rest[layer] -
           (c->whole - to_go) * s->rules.weights[layer] / s->rules.sums[c->layers];
}

/* A client's layers have changed: the oldest ends next. */
static void aim(const struct grid_rules *rules, struct spatial_client *c)
{
    c->whole = c->to_go = c->layers > 0 ? c->rest[0] * rules->sums[c->layers] : 0.0;
    c->speed = 0.0;
}

static void take_carry(struct spatial_client *c, double *work)
{
    *work += c->carry;
    c->carry = 0.0;
}

void pool_end_layer(struct spatial *s, struct spatial_client *c, nsec now)
{
    advance(c, now);
    spread(&s->rules, c);
    c->carry += c->rest[0];
    s->slots_used -= c->on[0];
    c->layers--;
    for (uint32_t i = 0; i < c->layers; i++) {
        c->rest[i] = c->rest[i + 1];
        c->on[i] = c->on[i + 1];
    }
    if (c->layers == 0) {
        c->state = CLIENT_WAITING;
    } else {
        take_carry(c, &c->rest[0]);
    }
    aim(&s->rules, c);
}

void pool_end_wave(struct spatial *s, struct spatial_client *c, nsec now)
{
    advance(c, now);
    c->carry += c->to_go;
    s->slots_used -= c->wave;
    s->wave_blocks -= c->wave;
    c->wave = 0;
    c->speed = 0.0;
    c->state = CLIENT_WAITING;
}

void pool_clear(struct spatial *s, struct spatial_client *c, nsec now)
{
    if (c->wave > 0) {
        pool_end_wave(s, c, now);
    }
    for (; c->layers > 0; c->layers--) {
        s->slots_used -= c->on[c->layers - 1];
        c->layers_left++; /* The one before is a whole one. */
    }
    c->speed = 0.0;
}

/* ---------------------------------------------------------------- slots */

static uint64_t free_slots(const struct spatial *s)
{
    return (uint64_t)s->rules.slots * s->rules.sms - s->slots_used;
}

/* One more layer of a client, on so many SMs. */
static void put_layer(struct spatial *s, struct spatial_client *c, uint32_t sms, nsec now)
{
    if (c->layers > 0) {
        advance(c, now);
        spread(&s->rules, c);
    }
    c->rest[c->layers] = (double)c->kernel_ns * c->grid->layer_part;
    c->on[c->layers] = sms;
    take_carry(c, &c->rest[c->layers++]);
    c->state = CLIENT_COMPUTING;
    c->since_ns = now;
    s->slots_used += sms;
    aim(&s->rules, c);
}

/* Layers of others, from the oldest on, that end within the jitter of SMs from now. */
static uint32_t ending_soon(const struct spatial *s, const struct spatial_client *of, nsec now)
{
    double left = s->rules.traits->jitter_ns;
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->order_count; i++) {
        const struct spatial_client *c = &s->clients[s->order[i]];
        if (c == of || c->state != CLIENT_COMPUTING || c->layers == 0) {
            break;
        }
        for (uint32_t k = 0; k < c->layers; k++) {
            left -= pool_rest(s, c, k, now);
            if (left < 0.0) {
                return count;
            }
            count++;
        }
    }
    return count;
}

/* The last blocks of a kernel that waited for slots. SMs do not get there at once: the first
   ones give it all slots that they free, and so several blocks, before the last ones give any.
   True if that happened. */
static bool place_unevenly(struct spatial *s, struct spatial_client *c, nsec now)
{
    uint64_t room = free_slots(s) / c->reach;

    if (!c->has_waited || c->layers_left == 0 || c->layers_left > room) {
        return false;
    }
    uint32_t blocks = (c->layers_left - 1) * c->reach + c->last_reach;
    uint64_t deep = room + ending_soon(s, c, now);
    deep = deep < s->rules.slots - c->layers ? deep : s->rules.slots - c->layers;
    if (deep <= c->layers_left) {
        return false;
    }
    c->layers_left = 0;
    for (uint32_t left = (uint32_t)deep; blocks > 0; left--) {
        uint32_t sms = (blocks + left - 1) / left;
        put_layer(s, c, sms, now);
        blocks -= sms;
    }
    return true;
}

/* As many layers of a client as fit; whether it wants more. */
static bool place_layers(struct spatial *s, struct spatial_client *c, nsec now)
{
    if (place_unevenly(s, c, now)) {
        return false;
    }
    while (c->layers < s->rules.slots && c->layers_left > 0) {
        uint32_t sms = c->layers_left == 1 ? c->last_reach : c->reach;
        if (sms > free_slots(s)) {
            c->has_waited = true;
            return true;
        }
        c->layers_left--;
        put_layer(s, c, sms, now);
    }
    return false;
}

/* The next wave of a client; whether it finds no slot at all. */
static bool place_wave(struct spatial *s, struct spatial_client *c, nsec now)
{
    uint64_t free = free_slots(s);
    uint32_t wanted =
        c->blocks_left < c->grid->wave_blocks ? c->blocks_left : c->grid->wave_blocks;
    uint32_t count = wanted < free ? wanted : (uint32_t)free;

    if (count == 0) {
        return true;
    }
    c->wave = count;
    c->blocks_left -= count;
    c->state = CLIENT_STREAMING;
    c->to_go = (double)c->kernel_ns * c->grid->wave_part;
    take_carry(c, &c->to_go);
    c->speed = 0.0;
    c->since_ns = now;
    s->slots_used += count;
    s->wave_blocks += count;
    return false;
}

void pool_place(struct spatial *s, nsec now)
{
    bool is_full = false;

    for (uint32_t i = 0; i < s->order_count && !is_full; i++) {
        struct spatial_client *c = &s->clients[s->order[i]];
        if (c->is_fresh) {
            overlap_start(s, c, now);
            c->is_fresh = false;
        }
        if (c->layers_left > 0) {
            is_full = place_layers(s, c, now);
        } else if (c->state == CLIENT_WAITING && c->blocks_left > 0) {
            is_full = place_wave(s, c, now);
        }
    }
}

/* ---------------------------------------------------------------- SM time */

/* What each computing client can use; the sum. */
static double set_caps(struct spatial *s)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < s->order_count; i++) {
        struct spatial_client *c = &s->clients[s->order[i]];
        if (c->state != CLIENT_COMPUTING) {
            continue;
        }
        c->busy = busy_sms(&s->rules, c);
        c->cap = c->busy / (c->layers == 1 ? s->rules.traits->alone : 1.0);
        c->got = c->cap;
        sum += c->cap;
    }
    return sum;
}

/* leak^age, where age need not be whole; never so small that it gets lost. */
static double weight_of_age(const struct grid_rules *rules, double age)
{
    const double least = 1e-100;
    double leak = rules->traits->leak > 1e-6 ? rules->traits->leak : 1e-6;
    double weight = age > 0.0 && age < 50.0 ? exact_pow(leak, age) : age > 0.0 ? least : 1.0;

    return weight > least ? weight : least;
}

static void set_weights(struct spatial *s)
{
    double age = 0.0; /* Older blocks, per SM. */

    for (uint32_t i = 0; i < s->order_count; i++) {
        struct spatial_client *c = &s->clients[s->order[i]];
        if (c->state != CLIENT_COMPUTING) {
            continue;
        }
        c->weight = c->busy * weight_of_age(&s->rules, age) * s->rules.sums[c->layers];
        c->got = -1.0;
        age += (double)c->layers * (double)c->grid->sms / (double)s->rules.sms;
    }
}

/* One round of sharing by weight: who would get more than it can use gets just that. *left is
   what remains for the others; whether there was one. */
static bool fill_round(struct spatial *s, double *left, double *ret_part)
{
    double sum = 0.0;
    bool found = false;

    for (uint32_t i = 0; i < s->order_count; i++) {
        const struct spatial_client *c = &s->clients[s->order[i]];
        sum += c->state == CLIENT_COMPUTING && c->got < 0.0 ? c->weight : 0.0;
    }
    *ret_part = sum > 0.0 ? *left / sum : 0.0;
    for (uint32_t i = 0; i < s->order_count; i++) {
        struct spatial_client *c = &s->clients[s->order[i]];
        if (c->state == CLIENT_COMPUTING && c->got < 0.0 && *ret_part * c->weight >= c->cap) {
            c->got = c->cap;
            *left -= c->cap;
            found = true;
        }
    }
    return found;
}

/* Shares the SMs by age among those who compute. */
static void share_sms(struct spatial *s)
{
    double left = (double)s->rules.sms;
    double part = 0.0;

    if (set_caps(s) <= left) {
        return;
    }
    set_weights(s);
    while (fill_round(s, &left, &part)) {
    }
    for (uint32_t i = 0; i < s->order_count; i++) {
        struct spatial_client *c = &s->clients[s->order[i]];
        if (c->state == CLIENT_COMPUTING && c->got < 0.0) {
            c->got = part * c->weight;
        }
    }
}

/* ---------------------------------------------------------------- speeds */

/* How much longer a wave takes because of those who compute on the SMs that it is on: they
   leave it little of an SM, but blocks on other SMs do not mind. */
static double starved(const struct spatial *s, const struct spatial_client *c)
{
    double over = (double)c->grid->sms - (double)s->rules.sms;

    for (uint32_t i = 0; i < s->order_count; i++) {
        const struct spatial_client *other = &s->clients[s->order[i]];
        over += other->state == CLIENT_COMPUTING ? (double)other->reach : 0.0;
    }
    double part = over > 0.0 ? over / (double)c->grid->sms : 0.0;
    part = part < 1.0 ? part : 1.0;
    return 1.0 + (s->rules.traits->starve - 1.0) * part * part;
}

static double wave_speed(const struct spatial *s, const struct spatial_client *c)
{
    double length = grid_wave(&s->rules, c->grid, s->wave_blocks) * starved(s, c);

    if (c->wave < c->grid->wave_blocks && c->wave < s->wave_blocks) {
        double tail = s->rules.traits->tail;
        double part = 2.0 * (double)c->wave / (double)c->grid->wave_blocks;
        length *= tail + (1.0 - tail) * (part < 1.0 ? part : 1.0);
    }
    return 1.0 / length;
}

static void set_speed(struct spatial_client *c, double speed, nsec now)
{
    if (!(speed < c->speed || speed > c->speed)) {
        return;
    }
    advance(c, now);
    c->speed = speed;
    double wait = c->to_go / speed;
    wait = wait > 0.0 ? wait : 0.0;
    c->next_ns = wait < (double)RUN_LENGTH_MAX ? now + (nsec)(wait + 0.5) : INSTANT_NEVER;
}

void pool_set_speeds(struct spatial *s, nsec now)
{
    share_sms(s);
    for (uint32_t i = 0; i < s->order_count; i++) {
        struct spatial_client *c = &s->clients[s->order[i]];
        if (c->state == CLIENT_COMPUTING) {
            set_speed(c, c->got / c->busy, now);
        } else if (c->state == CLIENT_STREAMING) {
            set_speed(c, wave_speed(s, c), now);
        }
    }
}

double pool_holds(const struct spatial_client *c)
{
    switch (c->state) {
    case CLIENT_COMPUTING:
        return c->got;
    case CLIENT_STREAMING:
        return (double)(c->wave < c->grid->sms ? c->wave : c->grid->sms);
    default:
        return 0.0;
    }
}

double pool_held(const struct spatial *s)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < s->order_count; i++) {
        sum += pool_holds(&s->clients[s->order[i]]);
    }
    return sum > (double)s->rules.sms ? sum : (double)s->rules.sms;
}
