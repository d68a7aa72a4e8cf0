/*
 * node.h - a YAML text as a tree: texts, lists and mappings, each with its place.
 *
 * The tree is plain data in an arena. An alias and a merged key point to the node that they
 * name, so the same node may be reached in several ways; it never contains itself. All limits
 * hold for the tree with its aliases written out, so walking it ends soon whatever the text.
 */
#ifndef SIM_SCENARIO_NODE_H
#define SIM_SCENARIO_NODE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NODE_KEYS_MAX = 256,  /* Of one mapping. */
    NODE_TEXT_MAX = 4096, /* Bytes of one text or key. */
    NODE_ANCHORS_MAX = 1000,
};

enum node_kind {
    NODE_TEXT,
    NODE_LIST,
    NODE_MAP,
};

struct node_key {
    const char *name;
    uint32_t hash;
    struct place place;
};

struct node {
    enum node_kind kind;
    bool is_empty; /* A text that says nothing: nothing at all, ~ or null, not in quotes. */
    bool is_quoted;
    uint32_t count;              /* Items of a list or keys of a mapping. */
    uint32_t total;              /* Nodes from here down, aliases written out. */
    uint32_t depth;              /* 1: has no node below. */
    const char *text;            /* NODE_TEXT: without control characters. */
    const struct node_key *keys; /* NODE_MAP: count of them, no two alike. */
    const struct node **items;   /* NODE_LIST: the items; NODE_MAP: the values of the keys. */
    struct place place;
};

/* A text before it is a tree. */
struct node_text {
    const char *file; /* What places will name; borrowed for the life of the tree. */
    const char *bytes;
    size_t size;
};

/* Parses a text of one YAML document. 0, or -1 with *err: no YAML, a limit, or something that
   the language leaves out. */
int node_parse(struct arena *arena, const struct node_text *text, const struct node **ret,
               struct err *err);

/* The value of a key of a mapping, or NULL; also NULL if `map` is no mapping, or NULL. */
const struct node *node_find(const struct node *map, const char *key);

/* What to call it in a message: "a text", "a list", "a mapping" or "empty". */
const char *node_kind_name(const struct node *node);

/* Appends it as YAML on one line. */
void node_write(struct text *text, const struct node *node);

/* Appends a string as YAML, in quotes where it needs them anywhere in a line. */
void node_write_string(struct text *text, const char *string);

uint32_t node_hash(const char *name);

/* A copy whose places lie `line` lines further down and, in the first line, `column` bytes to
   the right. */
const struct node *node_moved(struct arena *arena, const struct node *node, uint32_t line,
                              uint32_t column);

/* ---------------------------------------------------------------- places given by path */

/*
 * A path names a node: keys separated by dots, `[n]` for item n (from 0) of a list, `[name]`
 * for the item whose `name:` that is: gpus[0].sharing.policy, vms[desktop].count.
 */
struct node_path {
    const char *text;
    struct place place;       /* Of its first byte; errors and new keys are placed from here. */
    const struct node *value; /* What is to be there. */
};

/* A tree in which the node at the path is the path's value; the old one is not changed.
   Mappings that lead there are made where they are missing, items of lists are not. 0, or -1
   with *err. */
int node_set(struct arena *arena, const struct node *root, const struct node_path *path,
             const struct node **ret, struct err *err);

#endif
