#include "policy/script_pool.h"

#include <string.h>

/* Which list a block of that many bytes (> 0) belongs to, and how large it really is. */
static size_t class_of(size_t size, size_t *ret_real)
{
    if (size <= POOL_SMALL) {
        size_t steps = (size + POOL_STEP - 1) / POOL_STEP;
        *ret_real = steps * POOL_STEP;
        return steps - 1;
    }
    size_t index = POOL_SMALL / POOL_STEP;
    size_t real = 2 * (size_t)POOL_SMALL;
    while (real < size && real <= SIZE_MAX / 4) {
        real *= 2;
        index++;
    }
    *ret_real = real;
    return index;
}

void script_pool_init(struct script_pool *pool, void *memory, size_t size)
{
    *pool = (struct script_pool){ .next = memory, .end = (unsigned char *)memory + size };
}

static void *take(struct script_pool *pool, size_t size)
{
    size_t real;
    size_t list = class_of(size, &real);
    void *block = pool->freed[list];

    pool->is_spent = pool->allowance < (int64_t)real;
    if (real < size || pool->is_spent) {
        return NULL;
    }
    if (block) {
        memcpy(&pool->freed[list], block, sizeof(block));
    } else if (real <= (size_t)(pool->end - pool->next)) {
        block = pool->next;
        pool->next += real;
    } else {
        return NULL;
    }
    pool->allowance -= (int64_t)real;
    return block;
}

static void give_back(struct script_pool *pool, void *block, size_t size)
{
    size_t real;
    size_t list = class_of(size, &real);

    memcpy(block, &pool->freed[list], sizeof(block));
    pool->freed[list] = block;
}

void *script_pool_change(struct script_pool *pool, void *old, size_t old_size, size_t size)
{
    size_t old_real;
    size_t real;

    if (size == 0) {
        if (old_size > 0) {
            give_back(pool, old, old_size);
        }
        return NULL;
    }
    if (old_size == 0) {
        return take(pool, size);
    }
    if (class_of(old_size, &old_real) == class_of(size, &real)) {
        return old;
    }
    void *block = take(pool, size);
    if (!block) {
        return size < old_size ? old : NULL; /* What shrinks may stay where it is. */
    }
    memcpy(block, old, old_size < size ? old_size : size);
    give_back(pool, old, old_size);
    return block;
}
