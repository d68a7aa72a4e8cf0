/*
 * sms.h - the SMs of a device under MPS, pair by pair, and the thread blocks on each.
 *
 * Internal to run/, and to spatial.c in it. Both SMs of a pair (a TPC) run in step, so a pair
 * stands for them; on a device with an odd number of SMs every SM stands for itself. Pairs that
 * have the same blocks, at the same point, form a group, and what happens to them is worked out
 * once for all. docs/physics.md has the measurements behind these rules:
 *
 * An SM gives its time to the blocks that compute, oldest kernel first: each gets `leak` of
 * what the next older one gets, and a single one is slower by the factor `alone`. Blocks that
 * read memory all go at the pace of their kernel, which is that of a wave (grid.h); on an SM
 * where any block computes they are slower by the factor `starve`.
 *
 * A kernel goes to a set of SMs of its own (places.h). A block goes to that SM of it which has
 * the most free slots; where there is none it waits, and a slot that gets free goes to the
 * oldest kernel that waits for one.
 */
#ifndef SIM_RUN_SMS_H
#define SIM_RUN_SMS_H

#include "base/arena.h"
#include "engine/soonest.h"
#include "run/pair_set.h"
#include "run/spatial.h"

/* On each SM of a group. */
struct sm_block {
    uint32_t vm;
    bool streams;  /* Reads memory. */
    uint32_t held; /* Part of a pair that it holds, in 2^-31. */
    double rest;   /* Work left as of since_ns, in ns; if it streams, the pace of its end. */
};

/* Pairs in step. Every pair is in one group, all idle ones in the same. */
struct sm_group {
    uint64_t *pairs;    /* Which they are. */
    uint32_t size;      /* How many; 0: the group is not in use. */
    uint32_t count;     /* Blocks on each. */
    uint32_t computing; /* Of these, blocks that compute. */
    bool is_changed;    /* Which blocks it has: it is in the list of those. */
    double carry;       /* Work that the rounding of an end left over, or took; below a ns. */
    nsec since_ns;
    uint32_t next_block;     /* The first that computes to end; an index. */
    struct sm_block *blocks; /* [slots], oldest kernel first. */
};

/* What one of the blocks that compute gets of an SM. */
struct sm_part {
    double part;
    double slowdown; /* 1 / part. */
    uint32_t held;   /* part, in 2^-31. */
};

/* A VM's present kernel. Counts are of pairs of blocks. */
struct sm_client {
    uint64_t age;     /* Of its kernel: its number among all. */
    bool is_fresh;    /* No block of it is placed yet. */
    bool is_first;    /* It began on an empty device. */
    uint64_t *set;    /* Pairs that the kernel may use. */
    uint64_t *former; /* The same of the last kernel. */
    uint32_t left;    /* Blocks not yet placed that compute, ... */
    uint32_t left_stream;
    uint32_t computing; /* ... blocks that are, ... */
    uint32_t streaming; /* ... and blocks that stream. */
    uint64_t held;      /* Sum of its blocks'. */
    double pace;        /* Progress of waves, as of since_ns, in ns at a speed of 1. */
    double speed;
    double first_end; /* Least pace at which one of its blocks ends. */
    nsec since_ns;
    bool is_changed; /* Its blocks that stream. */
};

#define GROUP_NONE   UINT32_MAX
#define SMS_HELD_ALL (UINT32_C(1) << 31)

struct sms {
    struct sm_group *groups;   /* [count] */
    uint32_t group_end;        /* Behind the last that was ever in use. */
    uint32_t *group_of;        /* [count]: by pair; an index. */
    uint32_t *unused;          /* [count]: groups that are not in use, ... */
    uint32_t unused_count;     /* ... so many. */
    uint32_t idle;             /* The group without blocks; GROUP_NONE. */
    uint64_t *levels;          /* [slots + 1][words]: pairs with so many blocks. */
    struct sm_client *clients; /* [vm_count] */
    struct sm_part *parts;     /* [slots + 1][slots]: by how many compute, and rank by age. */
    struct soonest next;       /* When each group's next_block ends. */
    uint32_t *changed;         /* [count]: groups whose blocks have changed, ... */
    uint32_t changed_count;    /* ... so many, since speeds were worked out. */
    double held_part;          /* Of the device, 2^-31 of a pair. */
    uint32_t count;            /* Of pairs. */
    uint32_t words;            /* Of a set. */
    uint32_t width;            /* SMs of a pair: 2 or 1. */
    uint32_t blocks;           /* On the device, ... */
    uint32_t streaming;        /* ... and those that stream: in blocks, not pairs of them. */
    uint64_t kernels;          /* Begun so far. */
    uint64_t last_loose; /* For places.h: the last that left more than a few pairs idle. */
    uint64_t *chosen;    /* Of use only while blocks are put there: what is left to be done, */
    uint64_t *part;      /* a group's part of it, */
    uint64_t *step;      /* and what begins at one time of that. */
};

struct sms *sms_create(const struct grid_rules *rules, uint32_t vm_count, struct arena *arena);

/* Of a group's blocks that compute, by age. */
static inline const struct sm_part *sms_parts(const struct spatial *s,
                                              const struct sm_group *group)
{
    return s->sms->parts + (size_t)group->computing * s->rules.slots;
}

static inline uint64_t *sms_level(const struct sms *sms, uint32_t used)
{
    return sms->levels + (size_t)used * sms->words;
}

/* Pairs that no group has any longer belong to that one. */
static inline void sms_add_pairs(struct sms *sms, uint32_t group, const uint64_t *pairs)
{
    pair_set_add(sms->groups[group].pairs, pairs, sms->words);
    for (uint32_t w = 0; w < sms->words; w++) {
        for (uint64_t bits = pairs[w]; bits != 0; bits &= bits - 1) {
            sms->group_of[w * 64 + (uint32_t)__builtin_ctzll(bits)] = group;
        }
    }
}

/* The VM's kernel, as spatial.c has just described it, begins; no block of it is placed yet. */
void sms_begin(struct spatial *s, uint32_t vm);

/* Takes off the blocks that compute and end now, of all VMs. Those of which nothing is left
   have their next event now, too. */
void sms_end(struct spatial *s, nsec now);

/* Takes off the blocks of a VM that stream and end now. */
void sms_end_streams(struct spatial *s, uint32_t vm, nsec now);

/* Takes off all that it has, and forgets what it has not placed. */
void sms_clear(struct spatial *s, uint32_t vm, nsec now);

/* Whether anything of its kernel is left to be done. */
bool sms_is_busy(const struct spatial *s, uint32_t vm);

/* Chooses SMs for kernels that begin, and puts blocks into free slots. */
void sms_place(struct spatial *s, nsec now);

/* Works out how fast everything goes, and sets when clients that stream have their next event.
 */
void sms_set_speeds(struct spatial *s, nsec now);

/* The part of the device that a VM holds; all VMs together at most 1. */
static inline double sms_holds(const struct sms *sms, uint32_t vm)
{
    return (double)sms->clients[vm].held * sms->held_part;
}

/* How far the waves of a VM have got, in ns at a speed of 1. */
static inline double sms_pace(const struct sm_client *client, nsec now)
{
    return client->pace + client->speed * (double)(now - client->since_ns);
}

#endif
