#include "engine/rng.h"

#include <Random123/philox.h>
#include <string.h>

/* Folds bytes into a 64-bit hash (FNV-1a, Fowler, Noll and Vo). */
static uint64_t fold(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t fold_number(uint64_t hash, uint64_t number)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(number >> (8 * i));
    }
    return fold(hash, bytes, sizeof(bytes));
}

static uint64_t fold_text(uint64_t hash, const char *text)
{
    size_t length = strlen(text);

    /* The length goes in too, so that ("a", "bc") and ("ab", "c") differ. */
    return fold(fold_number(hash, length), text, length);
}

/* Spreads every bit over all others (the finaliser of MurmurHash3 by Appleby). */
static uint64_t spread(uint64_t hash)
{
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}

void rng_init(struct rng *rng, const struct rng_name *name)
{
    uint64_t basis = UINT64_C(0xcbf29ce484222325);
    uint64_t key = spread(fold_number(fold_number(basis, name->seed), name->replication));
    uint64_t stream = fold_number(fold_text(basis, name->entry), name->replica);

    stream = spread(fold_text(fold_text(stream, name->workload), name->quantity));
    *rng = (struct rng){
        .key = { (uint32_t)key, (uint32_t)(key >> 32) },
        .stream = { (uint32_t)stream, (uint32_t)(stream >> 32) },
        .used = 4,
    };
}

/* Block number `block` of the stream. The counter is (block, stream), so a stream has 2^64
   blocks of its own. */
static inline void compute_block(const struct rng *rng, uint64_t block, uint32_t word[4])
{
    philox4x32_ctr_t counter = { { (uint32_t)block, (uint32_t)(block >> 32), rng->stream[0],
                                   rng->stream[1] } };
    philox4x32_key_t key = { { rng->key[0], rng->key[1] } };
    philox4x32_ctr_t result = philox4x32_R(10, counter, key);

    for (int i = 0; i < 4; i++) {
        word[i] = result.v[i];
    }
}

uint64_t rng_bits(struct rng *rng)
{
    if (rng->used > 2) {
        compute_block(rng, rng->block++, rng->word);
        rng->used = 0;
    }
    uint64_t bits = rng->word[rng->used] | (uint64_t)rng->word[rng->used + 1] << 32;
    rng->used += 2;
    return bits;
}

/* The middle of one of 2^52 equal cells: exact, and neither end can occur. The bits become the
   fraction of a number in [1, 2), from which 1 - 2^-53 is taken. */
static inline double uniform_of(uint64_t bits)
{
    double number;

    bits = bits >> 12 | UINT64_C(0x3ff0000000000000);
    memcpy(&number, &bits, sizeof(number));
    return number - (1.0 - 0x1p-53);
}

double rng_uniform(struct rng *rng)
{
    return uniform_of(rng_bits(rng));
}

void rng_uniforms(struct rng *rng, double ret[RNG_BATCH])
{
    for (int i = 0; i < RNG_BATCH; i++) {
        ret[i] = rng_uniform(rng);
    }
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    /* Lemire, "Fast random integer generation in an interval", 2019: the high half of a
       product, rejecting the few low halves that would make some results more likely. */
    uint64_t least = -bound % bound;

    for (;;) {
        __extension__ unsigned __int128 product = (unsigned __int128)rng_bits(rng) * bound;
        if ((uint64_t)product >= least) {
            return (uint64_t)(product >> 64);
        }
    }
}
