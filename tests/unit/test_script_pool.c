/* test_script_pool.c - the memory of a script. */
#include "policy/script_pool.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE = 64 * 1024, BLOCKS = 64 };

struct block {
    unsigned char *bytes;
    size_t size;
    unsigned char fill;
};

static void check_block(const struct block *block)
{
    assert_int_equal((uintptr_t)block->bytes % 16, 0);
    for (size_t i = 0; i < block->size; i++) {
        assert_int_equal(block->bytes[i], block->fill);
    }
}

/* Blocks of all sizes that come, grow, shrink and go keep their bytes and never overlap. */
static void blocks_keep_their_bytes(void **state)
{
    struct block blocks[BLOCKS] = { { 0 } };
    unsigned char *memory = test_malloc(SIZE);
    struct script_pool pool;
    uint64_t seed = 1;
    int refused = 0;
    (void)state;

    script_pool_init(&pool, memory, SIZE);
    for (int step = 0; step < 20000; step++) {
        struct block *block = &blocks[test_random(&seed) % BLOCKS];
        size_t size = (size_t)test_between(&seed, 0, test_chance(&seed, 10) ? 5000 : 600);
        pool.allowance = SIZE;
        check_block(block);
        unsigned char *bytes = script_pool_change(&pool, block->bytes, block->size, size);
        if (!bytes && size > 0) {
            assert_true(size > block->size);
            check_block(block);
            refused++;
            continue;
        }
        size_t kept = size < block->size ? size : block->size;
        *block = (struct block){ bytes, kept, block->fill };
        check_block(block);
        block->size = size;
        block->fill = (unsigned char)step;
        memset(bytes ? bytes : memory, block->fill, size);
        assert_true(!bytes || (bytes >= memory && bytes + size <= memory + SIZE));
    }
    assert_true(refused > 0);
    test_free(memory);
}

static void what_is_freed_is_given_out_again(void **state)
{
    unsigned char *memory = test_malloc(SIZE);
    struct script_pool pool;
    (void)state;

    script_pool_init(&pool, memory, SIZE);
    for (int i = 0; i < 10000; i++) {
        pool.allowance = SIZE;
        void *first = script_pool_change(&pool, NULL, 0, 100 + (size_t)i % 400);
        void *second = script_pool_change(&pool, NULL, 0, 3000);
        assert_non_null(first);
        assert_non_null(second);
        assert_null(script_pool_change(&pool, first, 100 + (size_t)i % 400, 0));
        assert_null(script_pool_change(&pool, second, 3000, 0));
    }
    test_free(memory);
}

static void limits_are_kept(void **state)
{
    unsigned char *memory = test_malloc(SIZE);
    struct script_pool pool;
    (void)state;

    script_pool_init(&pool, memory, SIZE);
    assert_null(script_pool_change(&pool, NULL, 0, 16)); /* Nothing is allowed yet. */
    assert_true(pool.is_spent);
    pool.allowance = 40;
    assert_non_null(script_pool_change(&pool, NULL, 0, 20));
    assert_null(script_pool_change(&pool, NULL, 0, 20));
    assert_true(pool.is_spent);
    pool.allowance = INT64_MAX;
    assert_null(script_pool_change(&pool, NULL, 0, SIZE));
    assert_false(pool.is_spent);
    assert_null(script_pool_change(&pool, NULL, 0, SIZE_MAX));
    assert_null(script_pool_change(&pool, NULL, 0, SIZE_MAX / 2));
    assert_null(script_pool_change(&pool, NULL, 0, 0));
    test_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_bytes),
        cmocka_unit_test(what_is_freed_is_given_out_again),
        cmocka_unit_test(limits_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
