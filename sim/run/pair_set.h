/*
 * pair_set.h - sets of SMs, or of pairs of them, as bits.
 *
 * Internal to run/, and to what it has for MPS. Pair p is bit p % 64 of word p / 64; a set is
 * `words` long, and so are all that it is put together with.
 */
#ifndef SIM_RUN_PAIR_SET_H
#define SIM_RUN_PAIR_SET_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t pair_set_count(const uint64_t *set, uint32_t words)
{
    uint32_t count = 0;

    for (uint32_t w = 0; w < words; w++) {
        count += (uint32_t)__builtin_popcountll(set[w]);
    }
    return count;
}

/* The lowest pair; there is one. */
static inline uint32_t pair_set_first(const uint64_t *set)
{
    uint32_t w = 0;

    while (set[w] == 0) {
        w++;
    }
    return w * 64 + (uint32_t)__builtin_ctzll(set[w]);
}

static inline bool pair_set_is_empty(const uint64_t *set, uint32_t words)
{
    uint64_t any = 0;

    for (uint32_t w = 0; w < words; w++) {
        any |= set[w];
    }
    return any == 0;
}

static inline bool pair_set_meet(const uint64_t *a, const uint64_t *b, uint32_t words)
{
    uint64_t any = 0;

    for (uint32_t w = 0; w < words; w++) {
        any |= a[w] & b[w];
    }
    return any != 0;
}

/* What is in both. */
static inline void pair_set_cut(uint64_t *to, const uint64_t *a, const uint64_t *b,
                                uint32_t words)
{
    for (uint32_t w = 0; w < words; w++) {
        to[w] = a[w] & b[w];
    }
}

static inline void pair_set_add(uint64_t *to, const uint64_t *set, uint32_t words)
{
    for (uint32_t w = 0; w < words; w++) {
        to[w] |= set[w];
    }
}

static inline void pair_set_drop(uint64_t *from, const uint64_t *set, uint32_t words)
{
    for (uint32_t w = 0; w < words; w++) {
        from[w] &= ~set[w];
    }
}

/* The lowest `most` bits of a word. */
static inline uint64_t pair_set_lowest(uint64_t bits, uint32_t most)
{
    uint64_t rest = bits;

    for (uint32_t i = 0; i < most && rest != 0; i++) {
        rest &= rest - 1;
    }
    return bits & ~rest;
}

/* The lowest `most` pairs of those in both. How many. */
static inline uint32_t pair_set_take_lowest(uint64_t *to, const uint64_t *a, const uint64_t *b,
                                            uint32_t most, uint32_t words)
{
    uint32_t taken = 0;

    for (uint32_t w = 0; w < words; w++) {
        to[w] = pair_set_lowest(a[w] & b[w], most - taken);
        taken += (uint32_t)__builtin_popcountll(to[w]);
    }
    return taken;
}

/* Adds the lowest `most` pairs of `from` that are not there. How many. */
static inline uint32_t pair_set_add_lowest(uint64_t *to, const uint64_t *from, uint32_t most,
                                           uint32_t words)
{
    uint32_t added = 0;

    for (uint32_t w = 0; w < words; w++) {
        uint64_t bits = pair_set_lowest(from[w] & ~to[w], most - added);
        to[w] |= bits;
        added += (uint32_t)__builtin_popcountll(bits);
    }
    return added;
}

/* Drops the highest `most` pairs that are also in `within`. */
static inline void pair_set_drop_highest(uint64_t *from, const uint64_t *within, uint32_t most,
                                         uint32_t words)
{
    for (uint32_t w = words; w > 0; w--) {
        uint64_t bits = from[w - 1] & within[w - 1];
        uint32_t count = (uint32_t)__builtin_popcountll(bits);
        uint32_t dropped = count < most ? count : most;
        from[w - 1] &= ~bits | pair_set_lowest(bits, count - dropped);
        most -= dropped;
    }
}

#endif
