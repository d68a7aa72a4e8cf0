/*
 * toml.h - a text of TOML 1.0 as a tree, each value with its place.
 *
 * Everything of TOML 1.0 is read; dates and times are only recognised. The tree is plain data
 * in an arena. Limits on size and depth make a hostile text an error, not a hang.
 */
#ifndef SIM_IMPORT_TOML_H
#define SIM_IMPORT_TOML_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOML_BYTES_MAX = 1024 * 1024, TOML_DEPTH_MAX = 64, TOML_KEYS_MAX = 4096 };

enum toml_kind {
    TOML_TEXT,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOL,
    TOML_DATE,
    TOML_ARRAY,
    TOML_TABLE,
};

struct toml_entry;

struct toml_value {
    enum toml_kind kind;
    struct place place;
    const char *text;         /* TEXT, ended by '\0'; it holds no other. */
    int64_t integer;          /* INTEGER; BOOL: 0 or 1. */
    double number;            /* FLOAT. */
    struct toml_entry *first; /* TABLE, in order of the text; ARRAY: items, without keys. */
    struct toml_entry *last;
    uint32_t count;
    enum toml_origin {
        TOML_IMPLICIT, /* Named on the way to another table. */
        TOML_HEADER,   /* [table] */
        TOML_DOTTED,   /* Named by a dotted key. */
        TOML_CLOSED,   /* Written as a value: nothing can be added. */
    } origin;          /* Of a table, or an array ([[table]]: HEADER). */
};

struct toml_entry {
    const char *key;
    struct place place;
    struct toml_value *value;
    struct toml_entry *next;
};

struct toml_source {
    const char *file; /* As shown in errors; borrowed for the life of the tree. */
    const char *bytes;
    size_t size;
};

/* The table that the whole text is. 0, or -1 with *err, placed. */
int toml_parse(struct arena *arena, const struct toml_source *source,
               const struct toml_value **ret, struct err *err);

/* The value of a key of a table, or NULL; also NULL if `table` is no table, or NULL. */
const struct toml_value *toml_find(const struct toml_value *table, const char *key);

/* "a text", "a table", ... */
const char *toml_kind_name(enum toml_kind kind);

#endif
