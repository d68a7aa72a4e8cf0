#include "run/overlap.h"

#include "base/assert.h"
#include "model/vm.h"
#include "run/pool.h"

#include <stddef.h>

static uint32_t overlap_sms(const struct spatial *s)
{
    return (uint32_t)s->rules.traits->overlap_sms;
}

/* SMs on which a client has blocks. */
static uint32_t held_sms(const struct spatial *s, const struct spatial_client *c)
{
    switch (c->state) {
    case CLIENT_COMPUTING:
    case CLIENT_STREAMING:
        return c->sms;
    case CLIENT_HELD:
        return overlap_sms(s);
    default:
        return 0;
    }
}

/* The kernel beside which one that starts would lie on SMs that are taken; NULL: none. */
static struct spatial_client *rival(struct spatial *s, struct spatial_client *c)
{
    struct spatial_client *first = NULL;
    uint32_t others = 0;

    for (uint32_t i = 0; i < s->order_count; i++) {
        struct spatial_client *other = &s->clients[s->order[i]];
        if (other == c) {
            continue;
        }
        others += held_sms(s, other);
        if (other->is_first && other->state != CLIENT_HELD && !first) {
            first = other;
        }
    }
    c->is_first = others <= overlap_sms(s);
    bool is_full = others + c->sms == s->rules.sms && c->grid->sms == c->sms;
    return is_full && c->sms > overlap_sms(s) ? first : NULL;
}

static void wait_for(struct spatial *s, struct spatial_client *c, struct spatial_client *other,
                     double work)
{
    c->held_by = (uint32_t)(other - s->clients);
    c->held_ns = work;
}

/* How long the blocks of a memory-bound kernel on few SMs take once they run. */
static double wave_ns(const struct spatial_client *c)
{
    return (double)c->kernel_ns * c->grid->wave_part * c->grid->latency;
}

/* Slots of an SM of a client that are free, or will be before the first layer of another
   ends. */
static uint32_t room_beside(const struct spatial *s, const struct spatial_client *other,
                            double layer_ns, nsec now)
{
    uint32_t used = other->layers + (other->wave + other->sms - 1) / other->sms;
    uint32_t free = used < s->rules.slots ? s->rules.slots - used : 0;
    double left = layer_ns;

    for (uint32_t i = 0; i < other->layers && other->layers_left == 0; i++) {
        left -= pool_rest(s, other, i, now);
        free += left > 0.0;
    }
    return free;
}

/* Some of the blocks of a computing kernel wait on the other's SMs; the rest has fewer SMs. */
static void lie_beside(struct spatial *s, struct spatial_client *c,
                       struct spatial_client *other, nsec now)
{
    uint32_t shared = overlap_sms(s);
    uint32_t blocks = (c->grid->layers - 1) * c->grid->sms + c->grid->last_sms;
    double layer_ns = (double)c->kernel_ns * c->grid->layer_part;
    uint32_t deep = room_beside(s, other, layer_ns, now);
    uint32_t most = c->grid->layers < s->rules.slots ? c->grid->layers : s->rules.slots;

    deep = deep < most ? deep : most;
    if (deep > 0 && other->state == CLIENT_STREAMING) {
        wait_for(s, other, c, wave_ns(other));
        return;
    }
    if (deep > 0) {
        wait_for(s, c, other, deep * layer_ns);
        blocks -= deep * shared < blocks ? deep * shared : blocks - 1;
    }
    c->reach = c->grid->sms - shared;
    c->layers_left = (blocks + c->reach - 1) / c->reach;
    c->last_reach = blocks - (c->layers_left - 1) * c->reach;
}

void overlap_start(struct spatial *s, struct spatial_client *c, nsec now)
{
    struct spatial_client *other = overlap_sms(s) > 0 ? rival(s, c) : NULL;

    if (!other) {
        return;
    }
    bool is_stream = c->layers_left == 0;
    if (is_stream && other->state == CLIENT_COMPUTING) {
        wait_for(s, c, other, wave_ns(c));
    } else if (!is_stream) {
        lie_beside(s, c, other, now);
    }
}

/* Work that was let go at held_since_ns has gone on since then. */
bool overlap_holds(struct spatial_client *c, nsec now)
{
    if (c->held_ns <= 0.0) {
        return false;
    }
    c->state = CLIENT_HELD;
    if (c->held_by != VM_NONE) {
        c->next_ns = INSTANT_NEVER;
        return true;
    }
    nsec end = c->freed_ns + (nsec)(c->held_ns + 0.5);
    c->next_ns = end > now ? end : now;
    return end > now;
}

void overlap_release(struct spatial *s, struct spatial_client *c, nsec now)
{
    uint32_t vm = (uint32_t)(c - s->clients);

    for (uint32_t i = 0; i < s->order_count; i++) {
        struct spatial_client *other = &s->clients[s->order[i]];
        if (other->held_by == vm) {
            other->held_by = VM_NONE;
            other->freed_ns = now;
            if (other->state == CLIENT_HELD) {
                other->next_ns = now + (nsec)(other->held_ns + 0.5);
            }
        }
    }
}
