#include "engine/heap.h"

#include "base/assert.h"

size_t heap_size(uint32_t capacity)
{
    return sizeof(struct heap) + capacity * sizeof(struct heap_node);
}

void heap_init(struct heap *heap, uint32_t capacity)
{
    heap->count = 0;
    heap->capacity = capacity;
}

bool heap_has(const struct heap *heap, uint32_t item)
{
    assert(item < heap->capacity);
    return heap->nodes[item].where != 0;
}

static bool goes_before(const struct heap *heap, uint32_t a, uint32_t b)
{
    const struct heap_node *first = &heap->nodes[a];
    const struct heap_node *second = &heap->nodes[b];

    return first->key < second->key ||
           (first->key == second->key && first->item < second->item);
}

static void swap(struct heap *heap, uint32_t a, uint32_t b)
{
    struct heap_node *nodes = heap->nodes;
    int64_t key = nodes[a].key;
    uint32_t item = nodes[a].item;

    nodes[a].key = nodes[b].key;
    nodes[a].item = nodes[b].item;
    nodes[b].key = key;
    nodes[b].item = item;
    nodes[nodes[a].item].where = a + 1;
    nodes[nodes[b].item].where = b + 1;
}

static void move_up(struct heap *heap, uint32_t at)
{
    while (at > 0 && goes_before(heap, at, (at - 1) / 2)) {
        swap(heap, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void move_down(struct heap *heap, uint32_t at)
{
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap->count; child++) {
            least = goes_before(heap, child, least) ? child : least;
        }
        if (least == at) {
            return;
        }
        swap(heap, at, least);
        at = least;
    }
}

void heap_put(struct heap *heap, uint32_t item, int64_t key)
{
    uint32_t at;

    if (heap_has(heap, item)) {
        at = heap->nodes[item].where - 1;
    } else {
        at = heap->count++;
        heap->nodes[at].item = item;
        heap->nodes[item].where = at + 1;
    }
    heap->nodes[at].key = key;
    move_up(heap, at);
    move_down(heap, heap->nodes[item].where - 1);
}

void heap_remove(struct heap *heap, uint32_t item)
{
    assert(heap_has(heap, item));
    uint32_t at = heap->nodes[item].where - 1;
    uint32_t last = --heap->count;

    if (at != last) {
        swap(heap, at, last);
        uint32_t moved = heap->nodes[at].item;
        move_up(heap, at);
        move_down(heap, heap->nodes[moved].where - 1);
    }
    heap->nodes[item].where = 0;
}

uint32_t heap_first(const struct heap *heap)
{
    assert(heap->count > 0);
    return heap->nodes[0].item;
}

int64_t heap_first_key(const struct heap *heap)
{
    assert(heap->count > 0);
    return heap->nodes[0].key;
}

int64_t heap_key(const struct heap *heap, uint32_t item)
{
    assert(heap_has(heap, item));
    return heap->nodes[heap->nodes[item].where - 1].key;
}
