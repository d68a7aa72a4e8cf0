/* test_heap.c - the indexed heap by scripts of operations, and against a plain search. */
#include "engine/heap.h"

#include "support/test.h"

enum { CAPACITY = 40, TAKE = -1 };

static struct heap *heap_of(uint32_t capacity)
{
    struct heap *heap = test_calloc(1, heap_size(capacity));

    heap_init(heap, capacity);
    return heap;
}

/* Puts (item, key), or takes the first where item is TAKE; what is taken must be `want`. */
static void check_script(const int64_t (*script)[2], size_t length, const uint32_t *want)
{
    struct heap *heap = heap_of(8);
    size_t taken = 0;

    for (size_t i = 0; i < length; i++) {
        if (script[i][0] == TAKE) {
            uint32_t first = heap_first(heap);
            assert_int_equal(first, want[taken++]);
            assert_int_equal(heap_first_key(heap), heap_key(heap, first));
            heap_remove(heap, first);
            assert_false(heap_has(heap, first));
        } else {
            heap_put(heap, (uint32_t)script[i][0], script[i][1]);
            assert_int_equal(heap_key(heap, (uint32_t)script[i][0]), script[i][1]);
        }
    }
    assert_int_equal(heap->count, 0);
    test_free(heap);
}

static void least_key_comes_first(void **state)
{
    const int64_t script[][2] = { { 3, 50 }, { 0, 70 },   { 5, 60 },   { TAKE, 0 },
                                  { 1, -5 }, { TAKE, 0 }, { TAKE, 0 }, { TAKE, 0 } };
    const uint32_t want[] = { 3, 1, 5, 0 };
    (void)state;
    check_script(script, ARRAY_LEN(script), want);
}

static void equal_keys_go_to_the_lower_item(void **state)
{
    const int64_t script[][2] = { { 4, 1 },    { 2, 1 },    { 6, 1 },    { 0, 1 },
                                  { TAKE, 0 }, { TAKE, 0 }, { TAKE, 0 }, { TAKE, 0 } };
    const uint32_t want[] = { 0, 2, 4, 6 };
    (void)state;
    check_script(script, ARRAY_LEN(script), want);
}

static void keys_may_change(void **state)
{
    const int64_t script[][2] = { { 1, 10 }, { 2, 20 },   { 3, 30 },   { 3, 5 },
                                  { 1, 25 }, { TAKE, 0 }, { TAKE, 0 }, { TAKE, 0 } };
    const uint32_t want[] = { 3, 2, 1 };
    (void)state;
    check_script(script, ARRAY_LEN(script), want);
}

static uint32_t plain_first(const bool *has, const int64_t *keys)
{
    uint32_t best = CAPACITY;

    for (uint32_t i = 0; i < CAPACITY; i++) {
        if (has[i] && (best == CAPACITY || keys[i] < keys[best])) {
            best = i;
        }
    }
    return best;
}

static void random_operations_agree_with_a_search(void **state)
{
    struct heap *heap = heap_of(CAPACITY);
    bool has[CAPACITY] = { false };
    int64_t keys[CAPACITY];
    uint64_t seed = 3;
    uint32_t count = 0;
    (void)state;

    for (int step = 0; step < 50000; step++) {
        uint32_t item = (uint32_t)test_between(&seed, 0, CAPACITY - 1);
        assert_int_equal(heap_has(heap, item), has[item]);
        if (has[item] && test_chance(&seed, 50)) {
            heap_remove(heap, item);
            has[item] = false;
            count--;
        } else {
            keys[item] = test_between(&seed, -20, 20);
            heap_put(heap, item, keys[item]);
            count += !has[item];
            has[item] = true;
        }
        assert_int_equal(heap->count, count);
        if (count > 0) {
            uint32_t first = plain_first(has, keys);
            assert_int_equal(heap_first(heap), first);
            assert_int_equal(heap_first_key(heap), keys[first]);
        }
    }
    test_free(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_key_comes_first),
        cmocka_unit_test(equal_keys_go_to_the_lower_item),
        cmocka_unit_test(keys_may_change),
        cmocka_unit_test(random_operations_agree_with_a_search),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
