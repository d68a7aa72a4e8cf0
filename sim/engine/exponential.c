#include "engine/exponential.h"

#include "engine/exact.h"
#include "engine/lanes.h"

#include <stdbool.h>

void exponential_batch_any(struct rng *rng, double ret[EXPONENTIAL_BATCH])
{
    for (int i = 0; i < EXPONENTIAL_BATCH; i++) {
        ret[i] = -exact_log(rng_uniform(rng));
    }
}

#ifdef __x86_64__
/* Of four blocks, each of which is two numbers. */
AVX2_INLINE void store(const struct blocks *b, double ret[EXPONENTIAL_BATCH / 2])
{
    const __m256d minus = _mm256_set1_pd(-0.0);
    __m256d firsts = _mm256_xor_pd(logs_of(uniforms_of(first_bits(b))), minus);
    __m256d seconds = _mm256_xor_pd(logs_of(uniforms_of(second_bits(b))), minus);
    __m256d low = _mm256_unpacklo_pd(firsts, seconds);
    __m256d high = _mm256_unpackhi_pd(firsts, seconds);

    _mm256_storeu_pd(&ret[0], _mm256_permute2f128_pd(low, high, 0x20));
    _mm256_storeu_pd(&ret[4], _mm256_permute2f128_pd(low, high, 0x31));
}

AVX2 static void exponential_batch_avx2(struct rng *rng, double ret[EXPONENTIAL_BATCH])
{
    struct blocks left;
    struct blocks right;

    compute_blocks(rng, &left, &right);
    store(&left, &ret[0]);
    store(&right, &ret[EXPONENTIAL_BATCH / 2]);
    rng->block += EXPONENTIAL_BATCH / 2; /* A block is two numbers. */
}

void exponential_batch(struct rng *rng, double ret[EXPONENTIAL_BATCH])
{
    bool is_whole = rng->used > 2; /* Not in the middle of a block. */

    if (is_whole && __builtin_cpu_supports("avx2")) {
        exponential_batch_avx2(rng, ret);
    } else {
        exponential_batch_any(rng, ret);
    }
}
#else
void exponential_batch(struct rng *rng, double ret[EXPONENTIAL_BATCH])
{
    exponential_batch_any(rng, ret);
}
#endif
