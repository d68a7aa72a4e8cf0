#include "base/arena.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024, LINE = 64 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    bool is_zero; /* The system's own zeros, which cost nothing until they are used. */
    unsigned char bytes[];
};

void arena_init(struct arena *arena)
{
    arena->blocks = NULL;
}

void arena_fini(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
}

static void arena_grow(struct arena *arena, size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    bool is_large = least > BLOCK_SIZE;
    struct arena_block *block =
        is_large ? calloc(1, sizeof(*block) + size) : malloc(sizeof(*block) + size);

    if (!block) {
        out_of_memory();
    }
    block->next = arena->blocks;
    block->used = 0;
    block->size = size;
    block->is_zero = is_large;
    arena->blocks = block;
}

/* Padding that brings the block's next free byte to a multiple of align. */
static size_t padding(const struct arena_block *block, size_t align)
{
    uintptr_t at = (uintptr_t)(block->bytes + block->used);
    return (size_t)(-at & (align - 1));
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
    size_t align = LINE;
    size_t bytes;

    if (size != 0 && count > (SIZE_MAX / 2) / size) {
        out_of_memory();
    }
    bytes = count * size;
    if (bytes < LINE) {
        align = _Alignof(max_align_t);
    }
    if (!arena->blocks ||
        arena->blocks->size - arena->blocks->used < bytes + padding(arena->blocks, align)) {
        arena_grow(arena, bytes + LINE);
    }
    struct arena_block *block = arena->blocks;
    block->used += padding(block, align);
    void *piece = block->bytes + block->used;
    block->used += bytes;
    if (!block->is_zero) {
        memset(piece, 0, bytes);
    }
    return piece;
}

char *arena_string_n(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, length + 1, 1);

    memcpy(copy, text, length);
    return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
    return arena_string_n(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_list again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *text = arena_take(arena, (size_t)length + 1, 1);
    (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
