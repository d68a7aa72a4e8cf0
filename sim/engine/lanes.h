/*
 * lanes.h - random numbers and logarithms, four or eight side by side in AVX2.
 *
 * Internal to engine/, for those who draw many at once (exponential.c, normal.c). The same
 * to the last bit as engine/rng.h and engine/exact.h: whole numbers, and floating-point
 * operations that IEEE 754 defines, in the same order. Only for x86-64, and to be called where
 * the processor has AVX2.
 */
#ifndef SIM_ENGINE_LANES_H
#define SIM_ENGINE_LANES_H

#ifdef __x86_64__
#include "engine/exact.h"
#include "engine/rng.h"

#include <Random123/philox.h>
#include <immintrin.h>

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE __attribute__((target("avx2"), always_inline)) static inline

/* Four blocks of Philox side by side: each of the four words in the low half of a 64-bit lane.
   What is in the high halves does not matter before the end. */
struct blocks {
    __m256i word[4];
};

AVX2_INLINE struct blocks first_words(const struct rng *rng, uint64_t block)
{
    __m256i numbers =
        _mm256_add_epi64(_mm256_set1_epi64x((int64_t)block), _mm256_set_epi64x(3, 2, 1, 0));

    return (struct blocks){ { numbers, _mm256_srli_epi64(numbers, 32),
                              _mm256_set1_epi64x(rng->stream[0]),
                              _mm256_set1_epi64x(rng->stream[1]) } };
}

AVX2_INLINE struct blocks one_round(const struct blocks *b, __m256i key0, __m256i key1)
{
    __m256i first = _mm256_mul_epu32(b->word[0], _mm256_set1_epi64x(PHILOX_M4x32_0));
    __m256i second = _mm256_mul_epu32(b->word[2], _mm256_set1_epi64x(PHILOX_M4x32_1));
    __m256i first_high = _mm256_srli_epi64(first, 32);
    __m256i second_high = _mm256_srli_epi64(second, 32);

    return (struct blocks){ {
        _mm256_xor_si256(_mm256_xor_si256(second_high, b->word[1]), key0),
        second,
        _mm256_xor_si256(_mm256_xor_si256(first_high, b->word[3]), key1),
        first,
    } };
}

/* Two sets, so that the processor has something to do while it waits for a product. */
AVX2_INLINE void compute_blocks(const struct rng *rng, struct blocks *left,
                                struct blocks *right)
{
    __m256i key0 = _mm256_set1_epi64x(rng->key[0]);
    __m256i key1 = _mm256_set1_epi64x(rng->key[1]);

    *left = first_words(rng, rng->block);
    *right = first_words(rng, rng->block + 4);
    for (int i = 0; i < 10; i++) {
        *left = one_round(left, key0, key1);
        *right = one_round(right, key0, key1);
        key0 = _mm256_add_epi32(key0, _mm256_set1_epi64x(PHILOX_W32_0));
        key1 = _mm256_add_epi32(key1, _mm256_set1_epi64x(PHILOX_W32_1));
    }
}

/* exact_log_of: the same operations in the same order. */
AVX2_INLINE __m256d log_of(__m256d m, __m256d exponent, __m256d reciprocal, __m256d log)
{
    __m256d r = _mm256_sub_pd(_mm256_mul_pd(m, reciprocal), _mm256_set1_pd(1.0));
    __m256d r2 = _mm256_mul_pd(r, r);
    __m256d third = _mm256_mul_pd(r, _mm256_set1_pd(1.0 / 3.0));
    __m256d fifth = _mm256_mul_pd(r, _mm256_set1_pd(0.2));
    __m256d seventh = _mm256_mul_pd(r, _mm256_set1_pd(1.0 / 7.0));
    __m256d low = _mm256_mul_pd(r2, _mm256_add_pd(_mm256_set1_pd(-0.5), third));
    __m256d sixth = _mm256_mul_pd(r2, _mm256_add_pd(_mm256_set1_pd(-1.0 / 6.0), seventh));
    __m256d fourth = _mm256_add_pd(_mm256_set1_pd(-0.25), fifth);
    __m256d high = _mm256_mul_pd(_mm256_mul_pd(r2, r2), _mm256_add_pd(fourth, sixth));
    __m256d whole = _mm256_mul_pd(exponent, _mm256_set1_pd(exact_ln2_high));
    __m256d rest = _mm256_mul_pd(exponent, _mm256_set1_pd(exact_ln2_low));

    return _mm256_add_pd(_mm256_add_pd(whole, log),
                         _mm256_add_pd(r, _mm256_add_pd(low, _mm256_add_pd(high, rest))));
}

/* A row of the table is a reciprocal and a logarithm. */
AVX2_INLINE __m128d row_of(uint64_t bits)
{
    return _mm_loadu_pd(&exact_log_table[bits >> 45 & (EXACT_LOG_PARTS - 1)].reciprocal);
}

/* The first and the second 64 bits of each block: its low halves of words 0 and 1, and 2 and 3.
 */
AVX2_INLINE __m256i first_bits(const struct blocks *b)
{
    return _mm256_blend_epi32(b->word[0], _mm256_slli_epi64(b->word[1], 32), 0xaa);
}

AVX2_INLINE __m256i second_bits(const struct blocks *b)
{
    return _mm256_blend_epi32(b->word[2], _mm256_slli_epi64(b->word[3], 32), 0xaa);
}

/* Uniform numbers as rng_uniform makes them of 64 bits. */
AVX2_INLINE __m256d uniforms_of(__m256i random)
{
    const __m256i one = _mm256_set1_epi64x(INT64_C(0x3ff0000000000000));
    __m256d from_one = _mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64(random, 12), one));

    return _mm256_sub_pd(from_one, _mm256_set1_pd(1.0 - 0x1p-53));
}

/* exact_log of each. */
AVX2_INLINE __m256d logs_of(__m256d x)
{
    const __m256i one = _mm256_set1_epi64x(INT64_C(0x3ff0000000000000));
    const __m256i fraction = _mm256_set1_epi64x(INT64_C(0xfffffffffffff));
    __m256i bits = _mm256_castpd_si256(x);
    __m256d m = _mm256_castsi256_pd(_mm256_or_si256(_mm256_and_si256(bits, fraction), one));
    /* The exponent becomes the fraction of a number from 2^52 on, which is taken off. */
    __m256i biased = _mm256_or_si256(_mm256_srli_epi64(bits, 52),
                                     _mm256_set1_epi64x(INT64_C(0x4330000000000000)));
    __m256d exponent =
        _mm256_sub_pd(_mm256_castsi256_pd(biased), _mm256_set1_pd(0x1p52 + 1023.0));
    __m256d even = _mm256_set_m128d(row_of((uint64_t)_mm256_extract_epi64(bits, 2)),
                                    row_of((uint64_t)_mm256_extract_epi64(bits, 0)));
    __m256d odd = _mm256_set_m128d(row_of((uint64_t)_mm256_extract_epi64(bits, 3)),
                                   row_of((uint64_t)_mm256_extract_epi64(bits, 1)));

    return log_of(m, exponent, _mm256_unpacklo_pd(even, odd), _mm256_unpackhi_pd(even, odd));
}

#endif
#endif
