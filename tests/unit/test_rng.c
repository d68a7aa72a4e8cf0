/* test_rng.c - streams of chance: published vectors, independence, names. */
#include "engine/rng.h"

#include "support/test.h"

#include <math.h>
#include <string.h>

/* Known answers of Philox-4x32-10, from the distribution of Random123 (kat_vectors). */
static const struct {
    uint32_t counter[4];
    uint32_t key[2];
    uint32_t want[4];
} vectors[] = {
    { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
      { 0xffffffff, 0xffffffff },
      { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
      { 0xa4093822, 0x299f31d0 },
      { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
};

static struct rng named(const char *entry, uint64_t replica, const char *workload,
                        const char *quantity)
{
    struct rng rng;
    const struct rng_name name = { 7, 0, entry, replica, workload, quantity };

    rng_init(&rng, &name);
    return rng;
}

static void blocks_are_the_published_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct rng rng = {
            .key = { vectors[i].key[0], vectors[i].key[1] },
            .stream = { vectors[i].counter[2], vectors[i].counter[3] },
            .block = vectors[i].counter[0] | (uint64_t)vectors[i].counter[1] << 32,
            .used = 4,
        };
        for (int half = 0; half < 4; half += 2) {
            uint64_t want = vectors[i].want[half] | (uint64_t)vectors[i].want[half + 1] << 32;
            assert_true(rng_bits(&rng) == want);
        }
    }
}

/* What a name gives must never change: every saved result depends on it. */
static void stream_of_a_name_is_fixed(void **state)
{
    struct rng rng = named("desktop", 3, "frames", "job[0]");
    (void)state;

    assert_true(rng_bits(&rng) == UINT64_C(0x1302c12b574003eb));
    assert_true(rng_bits(&rng) == UINT64_C(0xceb832ab3942294c));
}

/* Each part of the name counts, and so does where one part ends. */
static void streams_of_different_names_differ(void **state)
{
    const struct rng_name names[] = {
        { 1, 0, "a", 0, "w", "q" },  { 2, 0, "a", 0, "w", "q" },   { 1, 1, "a", 0, "w", "q" },
        { 1, 0, "b", 0, "w", "q" },  { 1, 0, "a", 1, "w", "q" },   { 1, 0, "a", 0, "v", "q" },
        { 1, 0, "a", 0, "w", "r" },  { 1, 0, "aw", 0, "", "q" },   { 1, 0, "a", 0, "wq", "" },
        { 1, 0, "a", 0, "", "wq" },  { 1, 0, "", 0, "aw", "q" },   { 0, 1, "a", 0, "w", "q" },
        { 1, 0, "a0", 0, "w", "q" }, { 1, 256, "a", 0, "w", "q" }, { 1, 0, "a", 256, "w", "q" },
    };
    uint64_t first[ARRAY_LEN(names)];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct rng rng;
        rng_init(&rng, &names[i]);
        first[i] = rng_bits(&rng);
        for (size_t k = 0; k < i; k++) {
            assert_true(first[i] != first[k]);
        }
    }
}

static void draws_of_one_stream_change_no_other(void **state)
{
    struct rng alone = named("a", 0, "w", "q");
    struct rng first = alone;
    struct rng second = named("b", 0, "w", "q");
    (void)state;

    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k < i % 5; k++) {
            (void)rng_bits(&second);
        }
        assert_true(rng_bits(&first) == rng_bits(&alone));
    }
}

/* Correlation of neighbours in a stream, of streams that differ by one, and the share of ones
   in each bit: each within five standard deviations. */
static void streams_look_independent(void **state)
{
    enum { N = 100000 };
    struct rng first = named("vm", 0, "w", "q");
    struct rng second = named("vm", 1, "w", "q");
    uint32_t ones[64] = { 0 };
    double across = 0.0;
    double along = 0.0;
    double last = 0.0;
    (void)state;

    for (int i = 0; i < N; i++) {
        struct rng copy = first;
        double x = rng_uniform(&first) - 0.5;
        double y = rng_uniform(&second) - 0.5;
        uint64_t bits = rng_bits(&copy);
        across += x * y;
        along += x * last;
        last = x;
        for (int bit = 0; bit < 64; bit++) {
            ones[bit] += (uint32_t)(bits >> bit & 1);
        }
    }
    assert_true(fabs(across * 12.0) < 5.0 * sqrt(N));
    assert_true(fabs(along * 12.0) < 5.0 * sqrt(N));
    for (int bit = 0; bit < 64; bit++) {
        assert_true(fabs(ones[bit] - N / 2.0) < 5.0 * sqrt(N) / 2.0);
    }
}

/* Several at once are what they would be one by one, from any place in a block. */
static void numbers_at_once_are_the_same(void **state)
{
    (void)state;
    for (int skipped = 0; skipped < 5; skipped++) {
        struct rng one = named("a", 0, "w", "q");
        struct rng all = one;
        for (int i = 0; i < skipped; i++) {
            assert_true(rng_bits(&one) == rng_bits(&all));
        }
        for (int round = 0; round < 10; round++) {
            double got[RNG_BATCH];
            rng_uniforms(&all, got);
            for (int i = 0; i < RNG_BATCH; i++) {
                assert_true(got[i] == rng_uniform(&one));
            }
        }
        assert_true(rng_bits(&one) == rng_bits(&all));
    }
}

static void uniform_never_is_zero_or_one(void **state)
{
    struct rng rng = { .used = 0, .word = { 0, 0, 0xffffffff, 0xffffffff } };
    (void)state;

    double least = rng_uniform(&rng);
    double most = rng_uniform(&rng);
    assert_true(least > 0.0 && least < 1e-15);
    assert_true(most < 1.0 && most > 1.0 - 1e-15);
}

static void below_is_even(void **state)
{
    enum { N = 70000, BOUND = 7 };
    struct rng rng = named("below", 0, "", "");
    uint32_t counts[BOUND] = { 0 };
    double chi2 = 0.0;
    (void)state;

    for (int i = 0; i < N; i++) {
        counts[rng_below(&rng, BOUND)]++;
    }
    for (int i = 0; i < BOUND; i++) {
        double off = counts[i] - (double)N / BOUND;
        chi2 += off * off / ((double)N / BOUND);
    }
    assert_true(chi2 < 22.5); /* 99.9 % of chi-square with 6 degrees of freedom. */
    assert_int_equal(rng_below(&rng, 1), 0);
}

/* With a bound of 3 * 2^62 a plain product would give each third value twice as often. */
static void below_has_no_bias_at_large_bounds(void **state)
{
    enum { N = 30000 };
    uint64_t bound = UINT64_C(3) << 62;
    struct rng rng = named("below", 1, "", "");
    uint32_t low = 0;
    (void)state;

    for (int i = 0; i < N; i++) {
        uint64_t value = rng_below(&rng, bound);
        assert_true(value < bound);
        low += value % 3 == 0;
    }
    assert_true(fabs(low - N / 3.0) < 5.0 * sqrt(N * 2.0 / 9.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_the_published_ones),
        cmocka_unit_test(stream_of_a_name_is_fixed),
        cmocka_unit_test(streams_of_different_names_differ),
        cmocka_unit_test(draws_of_one_stream_change_no_other),
        cmocka_unit_test(streams_look_independent),
        cmocka_unit_test(numbers_at_once_are_the_same),
        cmocka_unit_test(uniform_never_is_zero_or_one),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(below_has_no_bias_at_large_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
