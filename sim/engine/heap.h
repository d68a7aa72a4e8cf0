/*
 * heap.h - an indexed binary heap: the item with the least key, with keys that may change.
 *
 * Items are small numbers (VM indices), each at most once in the heap. Equal keys go to the
 * lower item. The memory is the caller's, so a policy can keep a heap in its state.
 */
#ifndef SIM_ENGINE_HEAP_H
#define SIM_ENGINE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap {
    uint32_t count;
    uint32_t capacity;
    struct heap_node {
        int64_t key;
        uint32_t item;  /* nodes[position].item, for position < count. */
        uint32_t where; /* nodes[item].where: position of the item + 1; 0: not in the heap. */
    } nodes[];
};

/* Bytes for a heap of items 0..capacity-1. */
size_t heap_size(uint32_t capacity);

/* Prepares zeroed memory of heap_size bytes. */
void heap_init(struct heap *heap, uint32_t capacity);

bool heap_has(const struct heap *heap, uint32_t item);

/* Puts an item in, or changes its key. */
void heap_put(struct heap *heap, uint32_t item, int64_t key);

/* Takes an item out; it must be in the heap. */
void heap_remove(struct heap *heap, uint32_t item);

/* The item with the least key, and that key; the heap must not be empty. */
uint32_t heap_first(const struct heap *heap);
int64_t heap_first_key(const struct heap *heap);

/* The key of an item that is in the heap. */
int64_t heap_key(const struct heap *heap, uint32_t item);

/* As heap_first, but `item` (any number) goes before others of its key. */
static inline uint32_t heap_first_keeping(const struct heap *heap, uint32_t item)
{
    if (item < heap->capacity && heap_has(heap, item) &&
        heap_key(heap, item) == heap_first_key(heap)) {
        return item;
    }
    return heap_first(heap);
}

#endif
