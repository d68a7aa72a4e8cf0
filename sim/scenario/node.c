#include "scenario/node.h"

#include <string.h>

uint32_t node_hash(const char *name)
{
    uint32_t hash = UINT32_C(2166136261); /* FNV-1a. */

    for (; *name; name++) {
        hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
    }
    return hash != 0 ? hash : 1; /* 0 stands for a merge key while a mapping is read. */
}

const struct node *node_find(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i].name, key) == 0) {
            return map->items[i];
        }
    }
    return NULL;
}

const char *node_kind_name(const struct node *node)
{
    switch (node->kind) {
    case NODE_LIST:
        return "a list";
    case NODE_MAP:
        return "a mapping";
    default:
        return node->is_empty ? "empty" : "a text";
    }
}

/* Whether the string may stand without quotes in any place of a line. */
static bool is_plain(const char *string)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_./+%-";

    if (strcmp(string, "~") == 0 || strcmp(string, "null") == 0 ||
        strcmp(string, "Null") == 0 || strcmp(string, "NULL") == 0) {
        return false;
    }
    return string[0] != '\0' && !strchr("-%", string[0]) &&
           string[strspn(string, safe)] == '\0';
}

void node_write_string(struct text *text, const char *string)
{
    if (is_plain(string)) {
        text_put(text, string);
        return;
    }
    text_put(text, "\"");
    for (; *string; string++) {
        if (*string == '"' || *string == '\\') {
            text_put(text, "\\");
        }
        text_put_bytes(text, string, 1);
    }
    text_put(text, "\"");
}

void node_write(struct text *text, const struct node *node)
{
    if (node->kind == NODE_TEXT) {
        if (node->is_empty) {
            text_put(text, "null");
        } else if (node->is_quoted && is_plain(node->text)) {
            text_printf(text, "\"%s\"", node->text);
        } else {
            node_write_string(text, node->text);
        }
        return;
    }
    text_put(text, node->kind == NODE_LIST ? "[" : "{");
    for (uint32_t i = 0; i < node->count; i++) {
        text_put(text, i > 0 ? ", " : "");
        if (node->kind == NODE_MAP) {
            node_write_string(text, node->keys[i].name);
            text_put(text, ": ");
        }
        node_write(text, node->items[i]);
    }
    text_put(text, node->kind == NODE_LIST ? "]" : "}");
}

static struct place moved(struct place place, uint32_t line, uint32_t column)
{
    place.column += place.line == 1 ? column : 0;
    place.line += line;
    return place;
}

const struct node *node_moved(struct arena *arena, const struct node *node, uint32_t line,
                              uint32_t column)
{
    struct node *copy = arena_take(arena, 1, sizeof(*copy));

    *copy = *node;
    copy->place = moved(node->place, line, column);
    copy->items = arena_take(arena, node->count, sizeof(*copy->items));
    for (uint32_t i = 0; i < node->count; i++) {
        copy->items[i] = node_moved(arena, node->items[i], line, column);
    }
    if (node->kind == NODE_MAP) {
        struct node_key *keys = arena_take(arena, node->count, sizeof(*keys));
        for (uint32_t i = 0; i < node->count; i++) {
            keys[i] = node->keys[i];
            keys[i].place = moved(keys[i].place, line, column);
        }
        copy->keys = keys;
    }
    return copy;
}
