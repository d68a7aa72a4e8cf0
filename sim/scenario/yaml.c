/*
 * yaml.c - libyaml's events become a tree of nodes.
 *
 * The tree is built from the bottom: nodes and keys wait on two stacks until the collection
 * that holds them ends. Places are worked out from libyaml's character index, because its
 * lines also end at characters where nobody's editor ends them.
 */
#include "base/assert.h"
#include "base/units.h"
#include "scenario/bytes.h"
#include "scenario/mapping.h"
#include "scenario/node.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { NO_ANCHOR = -1 };

#define BOM "\xef\xbb\xbf"
enum { BOM_SIZE = 3 };

/* A collection that has begun and not ended. */
struct frame {
    enum node_kind kind;
    bool has_key; /* A mapping's key was read, its value not yet. */
    struct place place;
    size_t first_item; /* On the stacks. */
    size_t first_key;
    int anchor;
};

struct anchor {
    const char *name;
    uint32_t hash;
    const struct node *node; /* NULL while it is open. */
};

struct builder {
    struct arena *arena;
    struct err *err;
    const char *file;
    const char *bytes;
    size_t size;
    struct cursor cursor;
    yaml_parser_t parser;
    struct frame frames[SCENARIO_DEPTH_MAX];
    uint32_t depth;
    const struct node **items; /* Owned. */
    size_t item_count, item_capacity;
    struct node_key *keys; /* Owned. */
    size_t key_count, key_capacity;
    struct anchor anchors[NODE_ANCHORS_MAX];
    int anchor_count;
    uint32_t node_count;
    const struct node *root;
};

static struct place place_at(struct builder *b, size_t index)
{
    cursor_move(&b->cursor, b->bytes, b->size, index);
    return cursor_place(&b->cursor, b->file);
}

/* ------------------------------------------------------------------------------ stacks */

/* Room for one more item of that size. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    *capacity = *capacity > 0 ? *capacity * 2 : 64;
    items = realloc(items, *capacity * size);
    if (!items) {
        out_of_memory();
    }
    return items;
}

static void push_item(struct builder *b, const struct node *node)
{
    b->items = grow(b->items, b->item_count, &b->item_capacity, sizeof(*b->items));
    b->items[b->item_count++] = node;
}

static void push_key(struct builder *b, struct node_key key)
{
    b->keys = grow(b->keys, b->key_count, &b->key_capacity, sizeof(*b->keys));
    b->keys[b->key_count++] = key;
}

/* ----------------------------------------------------------------------------- anchors */

static struct anchor *find_anchor(struct builder *b, const char *name)
{
    uint32_t hash = node_hash(name);

    for (int i = b->anchor_count - 1; i >= 0; i--) {
        if (b->anchors[i].hash == hash && strcmp(b->anchors[i].name, name) == 0) {
            return &b->anchors[i];
        }
    }
    return NULL;
}

/* Notes that an anchor has begun; *ret is its number. A second one of the name hides the first.
 */
static int open_anchor(struct builder *b, const yaml_char_t *name, struct place place, int *ret)
{
    *ret = NO_ANCHOR;
    if (!name) {
        return 0;
    }
    if (b->anchor_count == NODE_ANCHORS_MAX) {
        return err_at(b->err, place, "more than %d anchors", NODE_ANCHORS_MAX);
    }
    *ret = b->anchor_count++;
    const char *kept = arena_string(b->arena, (const char *)name);
    b->anchors[*ret] = (struct anchor){ .name = kept, .hash = node_hash(kept) };
    return 0;
}

static void close_anchor(struct builder *b, int anchor, const struct node *node)
{
    if (anchor != NO_ANCHOR) {
        b->anchors[anchor].node = node;
    }
}

/* ------------------------------------------------------------------------------- nodes */

/* Works out the size of a node whose items are set, and checks it. */
static int measure(struct builder *b, struct node *node)
{
    uint64_t total = 1;
    uint32_t depth = 0;

    for (uint32_t i = 0; i < node->count; i++) {
        total += node->items[i]->total;
        depth = node->items[i]->depth > depth ? node->items[i]->depth : depth;
    }
    if (total > SCENARIO_NODES_MAX) {
        return err_at(b->err, node->place, "more than %d values, with aliases written out",
                      SCENARIO_NODES_MAX);
    }
    if (depth >= SCENARIO_DEPTH_MAX) {
        return err_at(b->err, node->place, "nested more than %d deep, with aliases written out",
                      SCENARIO_DEPTH_MAX);
    }
    node->total = (uint32_t)total;
    node->depth = depth + 1;
    return 0;
}

static struct node *new_node(struct builder *b, enum node_kind kind, struct place place)
{
    struct node *node = arena_take(b->arena, 1, sizeof(*node));

    node->kind = kind;
    node->place = place;
    return node;
}

/* A finished node goes to the collection that is open, or is the root. */
static int put_value(struct builder *b, const struct node *node)
{
    if (++b->node_count > SCENARIO_NODES_MAX) {
        return err_at(b->err, node->place, "more than %d values", SCENARIO_NODES_MAX);
    }
    if (b->depth == 0) {
        b->root = node;
        return 0;
    }
    push_item(b, node);
    b->frames[b->depth - 1].has_key = false;
    return 0;
}

/* Whether the next node would be a mapping's key. */
static bool is_key_next(const struct builder *b)
{
    const struct frame *top = b->depth > 0 ? &b->frames[b->depth - 1] : NULL;

    return top && top->kind == NODE_MAP && !top->has_key;
}

static int put_key(struct builder *b, const char *name, bool is_merge, struct place place)
{
    struct frame *top = &b->frames[b->depth - 1];
    uint32_t hash = is_merge ? 0 : node_hash(name);

    for (size_t i = top->first_key; i < b->key_count; i++) {
        if (b->keys[i].hash == hash && strcmp(b->keys[i].name, name) == 0) {
            return err_at(b->err, place, "the key '%.40s' is here twice; first in line %u",
                          name, b->keys[i].place.line);
        }
    }
    if (b->key_count - top->first_key == NODE_KEYS_MAX) {
        return err_at(b->err, place, "more than %d keys in one mapping", NODE_KEYS_MAX);
    }
    push_key(b, (struct node_key){ name, hash, place });
    top->has_key = true;
    return 0;
}

static bool is_nothing(const char *text, size_t length)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL" };

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0) {
            return true;
        }
    }
    return false;
}

static int check_text(struct builder *b, const char *text, size_t length, struct place place)
{
    if (length > NODE_TEXT_MAX) {
        return err_at(b->err, place, "a text of more than %d bytes", NODE_TEXT_MAX);
    }
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == '\x7f') {
            return err_at(b->err, place, "a text with a line end or control character in it");
        }
    }
    return 0;
}

static int on_scalar(struct builder *b, const yaml_event_t *event, struct place place)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    int anchor;

    if (check_text(b, text, length, place) ||
        open_anchor(b, event->data.scalar.anchor, place, &anchor)) {
        return -1;
    }
    text = arena_string_n(b->arena, text, length);
    if (is_key_next(b)) {
        if (anchor != NO_ANCHOR) {
            return err_at(b->err, place, "a key cannot be an anchor");
        }
        return put_key(b, text, is_plain && strcmp(text, "<<") == 0, place);
    }
    struct node *node = new_node(b, NODE_TEXT, place);
    node->text = text;
    node->is_quoted = !is_plain;
    node->is_empty = is_plain && is_nothing(text, length);
    node->total = 1;
    node->depth = 1;
    close_anchor(b, anchor, node);
    return put_value(b, node);
}

static int on_alias(struct builder *b, const yaml_event_t *event, struct place place)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = find_anchor(b, name);

    if (is_key_next(b)) {
        return err_at(b->err, place, "a key cannot be an alias");
    }
    if (!anchor) {
        return err_at(b->err, place, "no anchor '&%.40s' before this alias", name);
    }
    if (!anchor->node) {
        return err_at(b->err, place, "the anchor '&%.40s' contains itself", name);
    }
    return put_value(b, anchor->node);
}

static int on_open(struct builder *b, enum node_kind kind, const yaml_char_t *anchor,
                   struct place place)
{
    if (is_key_next(b)) {
        return err_at(b->err, place, "a key cannot be %s",
                      kind == NODE_LIST ? "a list" : "a mapping");
    }
    if (b->depth == SCENARIO_DEPTH_MAX) {
        return err_at(b->err, place, "nested more than %d deep", SCENARIO_DEPTH_MAX);
    }
    struct frame *frame = &b->frames[b->depth];
    *frame = (struct frame){
        .kind = kind, .place = place, .first_item = b->item_count, .first_key = b->key_count
    };
    if (open_anchor(b, anchor, place, &frame->anchor)) {
        return -1;
    }
    b->depth++;
    return 0;
}

/* ----------------------------------------------------------------------------- merging */

/* Puts a mapping together; own keys first, so that they hide merged ones. */
static int gather_mapping(struct builder *b, const struct frame *frame, struct node *node)
{
    struct mapping *all = malloc(sizeof(*all));
    const struct node *merged = NULL;
    int result = 0;

    if (!all) {
        out_of_memory();
    }
    all->count = 0;
    all->merged = 0;
    for (size_t i = frame->first_key; i < b->key_count; i++) {
        const struct node *item = b->items[frame->first_item + i - frame->first_key];
        if (b->keys[i].hash == 0) {
            merged = item;
            continue;
        }
        all->keys[all->count] = b->keys[i];
        all->items[all->count++] = item;
    }
    if (merged) {
        /* Merging takes time and memory as if the keys had been written out. */
        result = mapping_merge(all, merged, SCENARIO_NODES_MAX - b->node_count, b->err);
        b->node_count += all->merged;
    }
    if (result == 0) {
        struct node_key *keys = arena_take(b->arena, all->count, sizeof(*keys));
        memcpy(keys, all->keys, all->count * sizeof(*keys));
        node->keys = keys;
        node->items = arena_take(b->arena, all->count, sizeof(*node->items));
        memcpy(node->items, all->items, all->count * sizeof(*node->items));
        node->count = all->count;
    }
    free(all);
    return result;
}

static int on_close(struct builder *b)
{
    const struct frame frame = b->frames[b->depth - 1];
    struct node *node = new_node(b, frame.kind, frame.place);

    if (frame.kind == NODE_MAP) {
        if (gather_mapping(b, &frame, node)) {
            return -1;
        }
    } else {
        node->count = (uint32_t)(b->item_count - frame.first_item);
        node->items = arena_take(b->arena, node->count, sizeof(*node->items));
        for (uint32_t i = 0; i < node->count; i++) {
            node->items[i] = b->items[frame.first_item + i];
        }
    }
    b->item_count = frame.first_item;
    b->key_count = frame.first_key;
    b->depth--;
    if (measure(b, node)) {
        return -1;
    }
    close_anchor(b, frame.anchor, node);
    return put_value(b, node);
}

/* ------------------------------------------------------------------------------ events */

static int refuse_tag(struct builder *b, const yaml_char_t *tag, struct place place)
{
    return tag ? err_at(b->err, place, "tags, as '%.40s', are not part of the language",
                        (const char *)tag)
               : 0;
}

static int on_event(struct builder *b, const yaml_event_t *event)
{
    struct place place = place_at(b, event->start_mark.index);

    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->root) {
            return err_at(b->err, place, "a second document; a file holds one scenario");
        }
        if (event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end) {
            return err_at(b->err, place, "%%TAG is not part of the language");
        }
        return 0;
    case YAML_ALIAS_EVENT:
        return on_alias(b, event, place);
    case YAML_SCALAR_EVENT:
        if (refuse_tag(b, event->data.scalar.tag, place)) {
            return -1;
        }
        return on_scalar(b, event, place);
    case YAML_SEQUENCE_START_EVENT:
        if (refuse_tag(b, event->data.sequence_start.tag, place)) {
            return -1;
        }
        return on_open(b, NODE_LIST, event->data.sequence_start.anchor, place);
    case YAML_MAPPING_START_EVENT:
        if (refuse_tag(b, event->data.mapping_start.tag, place)) {
            return -1;
        }
        return on_open(b, NODE_MAP, event->data.mapping_start.anchor, place);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(b);
    default:
        return 0;
    }
}

static int refuse_syntax(struct builder *b)
{
    const yaml_parser_t *parser = &b->parser;
    struct place place = cursor_place(&b->cursor, b->file);

    if (parser->error == YAML_MEMORY_ERROR) {
        out_of_memory();
    }
    if (parser->error == YAML_READER_ERROR) {
        /* The only problem that is told in bytes. */
        while (b->cursor.offset < parser->problem_offset && b->cursor.offset < b->size) {
            place = place_at(b, b->cursor.index + 1);
        }
        return err_at(b->err, place, "not valid YAML: %s", parser->problem);
    }
    place = place_at(b, parser->problem_mark.index);
    if (b->cursor.offset < b->size && b->bytes[b->cursor.offset] == '\t') {
        return err_at(b->err, place, "not valid YAML: a tab; YAML is indented by spaces");
    }
    return err_at(b->err, place, "not valid YAML: %s%s%s", parser->problem,
                  parser->context ? " " : "", parser->context ? parser->context : "");
}

static int build(struct builder *b)
{
    bool is_done = false;

    while (!is_done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event)) {
            return refuse_syntax(b);
        }
        int result = on_event(b, &event);
        is_done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (result) {
            return -1;
        }
    }
    if (!b->root) {
        return err_at(b->err, (struct place){ b->file, 1, 1 }, "the file holds no scenario");
    }
    return 0;
}

int node_parse(struct arena *arena, const struct node_text *text, const struct node **ret,
               struct err *err)
{
    const char *bytes = text->bytes;
    size_t size = text->size;

    if (bytes_check(text->file, bytes, size, err)) {
        return -1;
    }
    /* libyaml would count a byte order mark as indentation. */
    if (size >= BOM_SIZE && memcmp(bytes, BOM, BOM_SIZE) == 0) {
        bytes += BOM_SIZE;
        size -= BOM_SIZE;
    }
    struct builder *b = calloc(1, sizeof(*b));
    if (!b || !yaml_parser_initialize(&b->parser)) {
        out_of_memory();
    }
    b->arena = arena;
    b->err = err;
    b->file = text->file;
    b->bytes = bytes;
    b->size = size;
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)bytes, size);
    int result = build(b);
    if (result == 0) {
        *ret = b->root;
    }
    yaml_parser_delete(&b->parser);
    free(b->items);
    free(b->keys);
    free(b);
    return result;
}
