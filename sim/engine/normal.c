#include "engine/normal.h"

#include "engine/exact.h"
#include "engine/lanes.h"

#include <math.h>
#include <stdbool.h>

double normal_draw(struct rng *rng)
{
    for (;;) {
        double u = 2.0 * rng_uniform(rng) - 1.0;
        double v = 2.0 * rng_uniform(rng) - 1.0;
        double square = u * u + v * v;
        if (square < 1.0 && square > 0.0) {
            return u * sqrt(-2.0 * exact_log(square) / square);
        }
    }
}

static void batch_any(struct rng *rng, double ret[NORMAL_BATCH])
{
    for (int i = 0; i < NORMAL_BATCH; i++) {
        ret[i] = normal_draw(rng);
    }
}

#ifdef __x86_64__
/* A block is two uniform numbers, and so one try. */
enum { TRIES = 8 };

/* What each of four tries gives, and by bits which of them count. */
AVX2_INLINE unsigned try_four(const struct blocks *b, double ret[TRIES / 2])
{
    const __m256d one = _mm256_set1_pd(1.0);
    const __m256d two = _mm256_set1_pd(2.0);
    __m256d u = _mm256_sub_pd(_mm256_mul_pd(two, uniforms_of(first_bits(b))), one);
    __m256d v = _mm256_sub_pd(_mm256_mul_pd(two, uniforms_of(second_bits(b))), one);
    __m256d square = _mm256_add_pd(_mm256_mul_pd(u, u), _mm256_mul_pd(v, v));
    __m256d within = _mm256_and_pd(_mm256_cmp_pd(square, one, _CMP_LT_OQ),
                                   _mm256_cmp_pd(square, _mm256_setzero_pd(), _CMP_GT_OQ));
    __m256d log = _mm256_mul_pd(_mm256_set1_pd(-2.0), logs_of(square));
    __m256d root = _mm256_sqrt_pd(_mm256_div_pd(log, square));

    _mm256_storeu_pd(ret, _mm256_mul_pd(u, root));
    return (unsigned)_mm256_movemask_pd(within);
}

AVX2 static void batch_avx2(struct rng *rng, double ret[NORMAL_BATCH])
{
    int count = 0;

    while (count < NORMAL_BATCH) {
        struct blocks left;
        struct blocks right;
        double got[TRIES];
        compute_blocks(rng, &left, &right);
        unsigned within = try_four(&left, &got[0]);
        within |= try_four(&right, &got[TRIES / 2]) << TRIES / 2;
        for (unsigned i = 0; i < TRIES && count < NORMAL_BATCH; i++, rng->block++) {
            ret[count] = got[i];
            count += (int)(within >> i & 1);
        }
    }
}

void normal_batch(struct rng *rng, double ret[NORMAL_BATCH])
{
    bool is_whole = rng->used > 2; /* Not in the middle of a block. */

    if (is_whole && __builtin_cpu_supports("avx2")) {
        batch_avx2(rng, ret);
    } else {
        batch_any(rng, ret);
    }
}
#else
void normal_batch(struct rng *rng, double ret[NORMAL_BATCH])
{
    batch_any(rng, ret);
}
#endif
