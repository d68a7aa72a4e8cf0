#include "policy/rotation.h"

#include "base/assert.h"

size_t rotation_links_size(uint32_t capacity)
{
    return capacity * sizeof(((struct rotation *)0)->links[0]);
}

bool rotation_is_empty(const struct rotation *rotation)
{
    return rotation->head == 0;
}

bool rotation_has(const struct rotation *rotation, uint32_t item)
{
    return rotation->links[item].in;
}

void rotation_put_last(struct rotation *rotation, uint32_t item)
{
    assert(!rotation->links[item].in);
    rotation->links[item].in = true;
    rotation->links[item].next = 0;
    rotation->links[item].previous = rotation->tail;
    if (rotation->tail) {
        rotation->links[rotation->tail - 1].next = item + 1;
    } else {
        rotation->head = item + 1;
    }
    rotation->tail = item + 1;
}

void rotation_put_first(struct rotation *rotation, uint32_t item)
{
    assert(!rotation->links[item].in);
    rotation->links[item].in = true;
    rotation->links[item].previous = 0;
    rotation->links[item].next = rotation->head;
    if (rotation->head) {
        rotation->links[rotation->head - 1].previous = item + 1;
    } else {
        rotation->tail = item + 1;
    }
    rotation->head = item + 1;
}

uint32_t rotation_take_first(struct rotation *rotation)
{
    assert(rotation->head);
    uint32_t item = rotation->head - 1;

    rotation_remove(rotation, item);
    return item;
}

void rotation_remove(struct rotation *rotation, uint32_t item)
{
    if (!rotation->links[item].in) {
        return;
    }
    uint32_t next = rotation->links[item].next;
    uint32_t previous = rotation->links[item].previous;

    if (previous) {
        rotation->links[previous - 1].next = next;
    } else {
        rotation->head = next;
    }
    if (next) {
        rotation->links[next - 1].previous = previous;
    } else {
        rotation->tail = previous;
    }
    rotation->links[item].in = false;
}
