#include "base/assert.h"
#include "base/nearest.h"
#include "scenario/node.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

/* One part of a path. */
struct step {
    bool is_item;     /* [..], else a key. */
    const char *name; /* Borrowed from the path; not ended by '\0'. */
    size_t length;
    size_t at; /* Where it begins in the path. */
};

struct walk {
    struct arena *arena;
    const struct node_path *path;
    struct err *err;
    struct step steps[SCENARIO_DEPTH_MAX];
    uint32_t count;
};

static struct place place_of(const struct node_path *path, size_t at)
{
    struct place place = path->place;

    place.column += (uint32_t)at;
    return place;
}

/* Cuts the path into steps. */
static int cut(struct walk *walk)
{
    const char *text = walk->path->text;
    size_t at = 0;

    while (text[at] || walk->count == 0) {
        struct step step = { .at = at };
        if (walk->count == SCENARIO_DEPTH_MAX) {
            return err_at(walk->err, place_of(walk->path, at), "a path of more than %d parts",
                          SCENARIO_DEPTH_MAX);
        }
        if (text[at] == '[') {
            step.is_item = true;
            at++;
        } else if (text[at] == '.' && walk->count > 0) {
            at++;
        }
        step.name = text + at;
        step.length = strcspn(text + at, step.is_item ? "]" : ".[");
        at += step.length;
        if (step.length == 0 || (step.is_item && text[at] != ']')) {
            return err_at(walk->err, place_of(walk->path, step.at),
                          "a path is keys and [items], as gpus[0].sharing.policy");
        }
        at += step.is_item;
        if (step.is_item && text[at] && text[at] != '.' && text[at] != '[') {
            return err_at(walk->err, place_of(walk->path, at),
                          "a '.' goes between ']' and a key");
        }
        walk->steps[walk->count++] = step;
    }
    return 0;
}

/* The path up to and without step `end`; "the scenario" if that is nothing. */
static const char *path_before(const struct walk *walk, uint32_t end, char text[NODE_TEXT_MAX])
{
    size_t length = walk->steps[end].at;

    if (length == 0) {
        return "the scenario";
    }
    length = length < NODE_TEXT_MAX ? length : NODE_TEXT_MAX - 1;
    memcpy(text, walk->path->text, length);
    text[length] = '\0';
    return text;
}

static int refuse(const struct walk *walk, uint32_t number, const char *what, const char *hint)
{
    char before[NODE_TEXT_MAX];

    return err_at(walk->err, place_of(walk->path, walk->steps[number].at), "%.200s %s%.60s",
                  path_before(walk, number, before), what, hint);
}

/* The item that a step names, in a list. */
static int find_item(const struct walk *walk, uint32_t number, const struct node *list,
                     uint32_t *ret)
{
    const struct step *step = &walk->steps[number];
    char name[NODE_TEXT_MAX + 1] = "";
    struct nearest nearest;
    char *end;

    if (list->kind != NODE_LIST) {
        return refuse(walk, number, "is not a list; it has no items", "");
    }
    memcpy(name, step->name, step->length < NODE_TEXT_MAX ? step->length : NODE_TEXT_MAX);
    unsigned long index = strtoul(name, &end, 10);
    if (name[0] >= '0' && name[0] <= '9' && *end == '\0') {
        *ret = (uint32_t)index;
        return index < list->count
                   ? 0
                   : refuse(walk, number, "has no such item; the first is [0]", "");
    }
    nearest_init(&nearest, name);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct node *own = node_find(list->items[i], "name");
        if (!own || own->kind != NODE_TEXT) {
            continue;
        }
        if (strcmp(own->text, name) == 0) {
            *ret = i;
            return 0;
        }
        nearest_offer(&nearest, own->text);
    }
    const char *best = nearest_best(&nearest);
    return refuse(walk, number,
                  best ? "has no item of that name; the nearest is "
                       : "has no item of that name",
                  best ? best : "");
}

/* A copy with one more key or item than before if `index` is the count. */
static struct node *copy(const struct walk *walk, const struct node *old, uint32_t index)
{
    uint32_t count = index == old->count ? old->count + 1 : old->count;
    struct node *node = arena_take(walk->arena, 1, sizeof(*node));

    *node = *old;
    node->count = count;
    node->items = arena_take(walk->arena, count, sizeof(*node->items));
    for (uint32_t i = 0; i < old->count; i++) {
        node->items[i] = old->items[i];
    }
    if (old->kind == NODE_MAP) {
        struct node_key *keys = arena_take(walk->arena, count, sizeof(*keys));
        for (uint32_t i = 0; i < old->count; i++) {
            keys[i] = old->keys[i];
        }
        node->keys = keys;
    }
    return node;
}

/* The number of the key that a step names; the count if there is none. */
static int find_key(const struct walk *walk, uint32_t number, const struct node *map,
                    uint32_t *ret)
{
    const struct step *step = &walk->steps[number];

    if (map->kind != NODE_MAP) {
        return refuse(walk, number, "is not a mapping; it has no keys", "");
    }
    for (*ret = 0; *ret < map->count; (*ret)++) {
        const char *name = map->keys[*ret].name;
        if (strlen(name) == step->length && memcmp(name, step->name, step->length) == 0) {
            return 0;
        }
    }
    if (map->count == NODE_KEYS_MAX) {
        return refuse(walk, number, "has too many keys", "");
    }
    return 0;
}

/* Finds what a step names in `node`; *ret is its index, or the count of keys. */
static int find_step(const struct walk *walk, uint32_t number, const struct node *node,
                     uint32_t *ret)
{
    return walk->steps[number].is_item ? find_item(walk, number, node, ret)
                                       : find_key(walk, number, node, ret);
}

static struct node *empty_map(const struct walk *walk, uint32_t number)
{
    struct node *node = arena_take(walk->arena, 1, sizeof(*node));

    node->kind = NODE_MAP;
    node->place = place_of(walk->path, walk->steps[number].at);
    return node;
}

/* Replaces from the root down, iteratively: each level is copied, then its item is next. */
static int replace(struct walk *walk, const struct node *root, const struct node **ret)
{
    const struct node *old = root;
    const struct node **slot = ret;
    const struct node *first = NULL;

    for (uint32_t i = 0; i < walk->count; i++) {
        const struct step *step = &walk->steps[i];
        uint32_t index = 0;
        if (find_step(walk, i, old, &index)) {
            return -1;
        }
        struct node *node = copy(walk, old, index);
        if (index == old->count) {
            struct node_key *keys = (struct node_key *)node->keys;
            char *name = arena_string_n(walk->arena, step->name, step->length);
            keys[index] =
                (struct node_key){ name, node_hash(name), place_of(walk->path, step->at) };
            node->items[index] = empty_map(walk, i);
        }
        if (i == 0) {
            first = node;
        } else {
            *slot = node;
        }
        slot = &node->items[index];
        old = *slot;
    }
    *slot = walk->path->value;
    *ret = first;
    return 0;
}

int node_set(struct arena *arena, const struct node *root, const struct node_path *path,
             const struct node **ret, struct err *err)
{
    struct walk walk = { .arena = arena, .path = path, .err = err };

    return cut(&walk) ? -1 : replace(&walk, root, ret);
}
