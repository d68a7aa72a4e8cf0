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

/* What is sorted. */
struct entry {
    int64_t key;
    uint32_t item;
};

static inline struct entry entry_at(const struct heap *heap, uint32_t at)
{
    return (struct entry){ heap->nodes[at].key, heap->nodes[at].item };
}

static inline bool goes_before(struct entry a, struct entry b)
{
    return a.key < b.key || (a.key == b.key && a.item < b.item);
}

static inline void set_entry(struct heap *heap, uint32_t at, struct entry entry)
{
    heap->nodes[at].key = entry.key;
    heap->nodes[at].item = entry.item;
    heap->nodes[entry.item].where = at + 1;
}

/* Puts an entry at a free position, or above it, where it belongs. */
static inline void settle_up(struct heap *heap, uint32_t at, struct entry entry)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        struct entry above = entry_at(heap, parent);
        if (!goes_before(entry, above)) {
            break;
        }
        set_entry(heap, at, above);
        at = parent;
    }
    set_entry(heap, at, entry);
}

/* Puts an entry at a free position, or above or below it, where it belongs. */
static inline void settle(struct heap *heap, uint32_t at, struct entry entry)
{
    uint32_t free_at = at;

    for (uint32_t child = 2 * free_at + 1; child < heap->count; child = 2 * free_at + 1) {
        struct entry least = entry_at(heap, child);
        if (child + 1 < heap->count && goes_before(entry_at(heap, child + 1), least)) {
            child++;
            least = entry_at(heap, child);
        }
        if (!goes_before(least, entry)) {
            break;
        }
        set_entry(heap, free_at, least);
        free_at = child;
    }
    if (free_at == at) {
        settle_up(heap, at, entry);
    } else {
        set_entry(heap, free_at, entry);
    }
}

void heap_put(struct heap *heap, uint32_t item, int64_t key)
{
    struct entry entry = { key, item };

    if (heap_has(heap, item)) {
        settle(heap, heap->nodes[item].where - 1, entry);
    } else {
        settle_up(heap, heap->count++, entry);
    }
}

void heap_remove(struct heap *heap, uint32_t item)
{
    assert(heap_has(heap, item));
    uint32_t at = heap->nodes[item].where - 1;
    uint32_t last = --heap->count;

    if (at != last) {
        settle(heap, at, entry_at(heap, last));
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
