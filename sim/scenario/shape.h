/*
 * shape.h - what a mapping of the language may hold, as data.
 *
 * A shape lists a mapping's keys: plain values as a field table, and members, which are lists,
 * mappings or values with a form of their own. From it come the loader, its messages, the
 * documentation and the JSON Schema.
 */
#ifndef SIM_SCENARIO_SHAPE_H
#define SIM_SCENARIO_SHAPE_H

#include "base/field.h"
#include "scenario/check.h"

#include <stdbool.h>
#include <stddef.h>

/* What a member's value looks like, for the documentation and the schema. */
enum form {
    FORM_MAP,  /* A mapping of .shape. */
    FORM_LIST, /* A list of mappings of .shape. */
    FORM_NAME,
    FORM_SEED,
    FORM_TIME,
    FORM_RATE,
    FORM_RATE_OR_TIME,
    FORM_RATES,  /* A list of them. */
    FORM_AMOUNT, /* Of time. */
    FORM_AMOUNTS,
    FORM_TIMES_OR_SIZES, /* [from, to] */
    FORM_MIXTURE,
    FORM_DEVICE, /* A name, or a mapping of .shape. */
    FORM_POLICY,
    FORM_LIMITER,
    FORM_SWITCH, /* A time, or a mapping of .shape. */
    FORM_ARRIVAL,
    FORM_JOB,
    FORM_BOUND, /* A time, rate or share. */
    FORM_WORDS, /* A list of the words in .words. */
    FORM_VARY,
    FORM_PARAMS, /* A mapping of names to any values. */
    FORM_SHARES, /* A list of shares. */
    FORM_PCI_ID,
    FORM_PCI_MAP,     /* A mapping of such ids to mappings of .shape. */
    FORM_WORD_OR_MAP, /* One of .words, or a mapping of .shape. */
    FORM_FILES,       /* A list of names of files. */
};

struct member {
    const char *name; /* The key. */
    enum form form;
    bool required;
    const struct shape *shape;
    const char *const *words;
    /* Reads the value into the struct that the shape describes. */
    void (*read)(struct check *check, const struct node *node, void *target);
    const char *absent; /* What a missing key means; NULL: nothing to say. */
    const char *doc;    /* One sentence. */
};

struct shape {
    const char *title; /* What the mapping is: "A GPU". */
    const char *doc;   /* A sentence or two, or NULL. */
    const struct field *fields;
    size_t field_count;
    const struct member *members;
    size_t member_count;
};

/*
 * Reads a mapping: refuses what is no mapping, unknown keys and missing ones; writes every
 * field, the fallback where the key is missing; then has the members read that are there, in
 * the order of the table. Whether it was a mapping with all keys that it needs, those of fields
 * with a right value.
 */
bool shape_read(struct check *check, const struct node *node, const struct shape *shape,
                void *target);

/* The same over a struct that is already filled: a missing key leaves what is there. */
bool shape_change(struct check *check, const struct node *node, const struct shape *shape,
                  void *target);

/* Refuses keys that are not in the shape (NULL: allows none), nor the extra one if not NULL. */
void shape_refuse_unknown(struct check *check, const struct node *node,
                          const struct shape *shape, const char *extra);

/* Refuses a path, known to be well-formed, that leads to a key which a mapping of this shape
   could never have. */
void shape_check_path(struct check *check, const struct shape *shape,
                      const struct node_path *path);

/* The member of that key, or NULL. */
const struct member *shape_find_member(const struct shape *shape, const char *name);

#endif
