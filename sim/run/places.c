#include "run/places.h"

#include <string.h>

/* What there is besides the kernel that begins. */
struct scene {
    uint32_t wanted; /* Pairs of its set. */
    uint32_t idle;   /* Pairs without a block. */
    uint32_t open;   /* Pairs with blocks, and with slots free. */
    uint32_t others; /* Clients with blocks. */
    bool has_first;  /* One of them began on an empty device. */
};

static struct scene look(const struct spatial *s, uint32_t vm)
{
    const struct sms *sms = s->sms;
    uint32_t reach = s->clients[vm].grid->sms;
    struct scene scene = { .wanted = grid_divide_up(reach, sms->width) };

    scene.idle = pair_set_count(sms_level(sms, 0), sms->words);
    scene.open =
        sms->count - scene.idle - pair_set_count(sms_level(sms, s->rules.slots), sms->words);
    for (uint32_t i = 0; i < s->order_count; i++) {
        const struct sm_client *other = &sms->clients[s->order[i]];
        if (s->order[i] != vm && other->computing + other->streaming > 0) {
            scene.others++;
            scene.has_first = scene.has_first || other->is_first;
        }
    }
    return scene;
}

/* The pairs with the fewest blocks, of these the former ones first. */
static void choose_free(const struct spatial *s, struct sm_client *m, uint32_t wanted)
{
    const struct sms *sms = s->sms;

    for (uint32_t used = 0; used <= s->rules.slots && wanted > 0; used++) {
        const uint64_t *level = sms_level(sms, used);
        wanted -= pair_set_take_lowest(sms->chosen, level, m->former, wanted, sms->words);
        pair_set_add(m->set, sms->chosen, sms->words);
        wanted -= pair_set_add_lowest(m->set, level, wanted, sms->words);
    }
}

/* So many pairs of the set are changed for ones that are taken, those with the fewest blocks
   first. */
static void misplace(const struct spatial *s, struct sm_client *m, uint32_t pairs)
{
    const struct sms *sms = s->sms;
    uint32_t moved = 0;

    for (uint32_t used = 1; used <= s->rules.slots && moved < pairs; used++) {
        moved += pair_set_add_lowest(m->set, sms_level(sms, used), pairs - moved, sms->words);
    }
    pair_set_drop_highest(m->set, sms_level(sms, 0), moved, sms->words);
}

static bool comes_true(struct spatial *s, double chance)
{
    return rng_uniform(&s->rng) < chance;
}

/* Whether no kernel has lately had room to spare. As long as each finds just the SMs that the
   others leave, all return to their own. Two rounds are enough to find them. */
static bool is_settled(const struct sms *sms, const struct sm_client *m,
                       const struct scene *scene)
{
    return m->age - sms->last_loose > 2 * ((uint64_t)scene->others + 1);
}

static uint32_t meeting_pairs(const struct spatial *s)
{
    return grid_divide_up((uint32_t)s->rules.traits->meet_sms, s->sms->width);
}

/* How many pairs of others a kernel meets. */
static uint32_t meetings(struct spatial *s, const struct sm_client *m,
                         const struct scene *scene)
{
    const uint32_t few = 3;
    const uint32_t clusters = 8; /* One pair of each always finds room. */
    uint32_t most = meeting_pairs(s);
    uint32_t spare = scene->idle - scene->wanted;
    double meet = s->rules.traits->meet;

    if (spare == 0) {
        return scene->has_first && most > 0 ? 1 : 0;
    }
    if (spare == 1 && scene->open > 0 && m->left > scene->wanted * s->rules.slots) {
        return comes_true(s, meet) ? most : 0;
    }
    if (spare > few) {
        s->sms->last_loose = m->age;
        return 0;
    }
    bool is_loose = scene->others > 1 && scene->wanted > clusters && m->left > 0 &&
                    !is_settled(s->sms, m, scene);
    return is_loose && comes_true(s, meet) ? most : 0;
}

void places_choose(struct spatial *s, uint32_t vm)
{
    struct sm_client *m = &s->sms->clients[vm];
    struct scene scene = look(s, vm);
    uint64_t *former = m->set;

    m->set = m->former;
    m->former = former;
    memset(m->set, 0, s->sms->words * sizeof(m->set[0]));
    /* Blocks that others left behind on taken SMs do not count. */
    m->is_first = scene.idle + meeting_pairs(s) >= s->sms->count;
    choose_free(s, m, scene.wanted);
    if (scene.wanted <= scene.idle && scene.wanted < s->sms->count) {
        uint32_t met = meetings(s, m, &scene);
        misplace(s, m, met < scene.wanted ? met : scene.wanted - 1);
    }
}
