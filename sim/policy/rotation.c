#include "policy/rotation.h"

static uint32_t places(uint32_t capacity)
{
    uint32_t count = 1;

    while (count < capacity) {
        count *= 2;
    }
    return count;
}

size_t rotation_ring_size(uint32_t capacity)
{
    return places(capacity) * sizeof(uint32_t);
}

void rotation_init(struct rotation *rotation, void *ring, uint32_t capacity)
{
    *rotation = (struct rotation){ .ring = ring, .mask = places(capacity) - 1 };
}

void rotation_remove(struct rotation *rotation, uint32_t item)
{
    uint32_t kept = rotation->head;

    for (uint32_t at = rotation->head; at != rotation->tail; at++) {
        uint32_t other = rotation->ring[at & rotation->mask];
        if (other != item) {
            rotation->ring[kept++ & rotation->mask] = other;
        }
    }
    rotation->tail = kept;
}
