/*
 * test_pair_set.c - sets of pairs, against a bool for each of them, in sets of one word to
 * three.
 */
#include "run/pair_set.h"

#include "support/test.h"

enum { WORDS_MAX = 3, PAIRS_MAX = WORDS_MAX * 64, TRIES = 300 };

/* The same set twice. */
struct both {
    uint64_t bits[WORDS_MAX];
    bool has[PAIRS_MAX];
};

static void draw(struct both *set, uint64_t *seed, uint32_t pairs)
{
    uint32_t percent = (uint32_t)test_between(seed, 0, 100);

    *set = (struct both){ .bits = { 0 } };
    for (uint32_t p = 0; p < pairs; p++) {
        set->has[p] = test_chance(seed, percent);
        set->bits[p / 64] |= (uint64_t)set->has[p] << p % 64;
    }
}

static void assert_same(const struct both *set)
{
    for (uint32_t p = 0; p < PAIRS_MAX; p++) {
        assert_int_equal(set->bits[p / 64] >> p % 64 & 1, set->has[p]);
    }
}

static uint32_t count(const struct both *set)
{
    uint32_t count = 0;

    for (uint32_t p = 0; p < PAIRS_MAX; p++) {
        count += set->has[p];
    }
    return count;
}

/* Puts the lowest `most` of those in `from` for which `within` is `has`. How many. */
static uint32_t put_lowest(struct both *to, const struct both *from, const struct both *within,
                           bool has, uint32_t most)
{
    uint32_t put = 0;

    for (uint32_t p = 0; p < PAIRS_MAX && put < most; p++) {
        if (from->has[p] && within->has[p] == has) {
            to->has[p] = true;
            put++;
        }
    }
    return put;
}

static void check_lowest(const struct both *a, const struct both *b, uint32_t most,
                         uint32_t words)
{
    struct both taken = { .bits = { 1 } }; /* What it had is gone. */
    struct both added = *b;

    assert_int_equal(pair_set_take_lowest(taken.bits, a->bits, b->bits, most, words),
                     put_lowest(&taken, a, b, true, most));
    assert_same(&taken);
    assert_int_equal(pair_set_add_lowest(added.bits, a->bits, most, words),
                     put_lowest(&added, a, b, false, most));
    assert_same(&added);
}

static void check_highest(const struct both *a, const struct both *b, uint32_t most,
                          uint32_t words)
{
    struct both left = *a;
    uint32_t dropped = 0;

    pair_set_drop_highest(left.bits, b->bits, most, words);
    for (uint32_t p = PAIRS_MAX; p > 0 && dropped < most; p--) {
        if (a->has[p - 1] && b->has[p - 1]) {
            left.has[p - 1] = false;
            dropped++;
        }
    }
    assert_same(&left);
}

static void check_whole_sets(const struct both *a, const struct both *b, uint32_t words)
{
    struct both cut = { .bits = { 0 } };
    struct both sum = *a;
    struct both rest = *a;

    pair_set_cut(cut.bits, a->bits, b->bits, words);
    pair_set_add(sum.bits, b->bits, words);
    pair_set_drop(rest.bits, b->bits, words);
    for (uint32_t p = 0; p < PAIRS_MAX; p++) {
        cut.has[p] = a->has[p] && b->has[p];
        sum.has[p] = a->has[p] || b->has[p];
        rest.has[p] = a->has[p] && !b->has[p];
    }
    assert_same(&cut);
    assert_same(&sum);
    assert_same(&rest);
    assert_int_equal(pair_set_count(sum.bits, words), count(&sum));
    assert_int_equal(pair_set_is_empty(cut.bits, words), count(&cut) == 0);
    assert_int_equal(pair_set_meet(a->bits, b->bits, words), count(&cut) > 0);
}

static void bits_do_what_bools_do(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= TRIES; seed++) {
        uint64_t draws = seed;
        uint32_t pairs = (uint32_t)test_between(&draws, 1, PAIRS_MAX);
        uint32_t words = (pairs + 63) / 64;
        uint32_t most = (uint32_t)test_between(&draws, 0, pairs);
        struct both a;
        struct both b;
        draw(&a, &draws, pairs);
        draw(&b, &draws, pairs);
        check_whole_sets(&a, &b, words);
        check_lowest(&a, &b, most, words);
        check_highest(&a, &b, most, words);
        if (count(&a) > 0) {
            uint32_t first = pair_set_first(a.bits);
            assert_true(a.has[first]);
            while (first > 0) {
                assert_false(a.has[--first]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_do_what_bools_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
