/*
 * table.h - a CSV file as an array of structs, described by its columns.
 *
 * Each column says where its value goes and what it may be, as base/field.h does for
 * scenarios. The header row of a file names columns of the format in any order, the required
 * ones among them; a column that is left out counts as empty.
 */
#ifndef SIM_CATALOGUE_TABLE_H
#define SIM_CATALOGUE_TABLE_H

#include "base/arena.h"
#include "base/csv.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TABLE_COLUMNS_MAX = 40 };

/* The C type behind each kind. An empty field is 0, and "" for text. */
enum column_kind {
    COLUMN_SKIP,   /* Nothing; the column is for readers. */
    COLUMN_TEXT,   /* const char *; never NULL. */
    COLUMN_LETTER, /* char; one letter. */
    COLUMN_COUNT,  /* uint32_t; a whole number. */
    COLUMN_HEX,    /* uint32_t; as 0x1b80. */
    COLUMN_LARGE,  /* int64_t; a whole number. */
    COLUMN_MIB,    /* int64_t, bytes; a whole number of MiB. */
    COLUMN_GIGA,   /* int64_t; a decimal number of 10^9. */
    COLUMN_NUMBER, /* double. */
    COLUMN_YES,    /* bool; yes or no, 1 or 0. */
    COLUMN_KNOWN,  /* enum known; as COLUMN_YES, and empty is KNOWN_NOT. */
    COLUMN_WORD,   /* int; one of the words, its position is the value. */
    COLUMN_LIST,   /* uint32_t[list_max] and a uint32_t count; whole numbers, rising. */
};

struct column {
    const char *name;
    enum column_kind kind;
    size_t offset;
    bool required; /* Must not be empty; whole numbers and bytes must not be 0 either. */
    bool key;      /* Part of what identifies a row; TEXT or uint32_t. */
    const char *const *words; /* COLUMN_WORD: ended by NULL. */
    uint32_t list_max;        /* COLUMN_LIST. */
    size_t list_count_offset; /* COLUMN_LIST. */
};

struct table_format {
    const char *file; /* Name of the file, without its folder. */
    const struct column *columns;
    uint32_t column_count;
    size_t row_size;
    size_t group_offset; /* Of a const char *; rows of one group stay neighbours. */

    /* Fills what follows from the columns, and checks it. 0, or -1 with *err. Optional. */
    int (*finish)(void *row, struct place place, struct err *err);
};

struct table {
    const struct table_format *format; /* The caller fills it in, and zeroes the rest. */
    unsigned char *rows;               /* In the arena. */
    size_t count;
    size_t capacity;
};

/* Appends the rows of a text, which is overwritten and kept (see csv_init). 0, or -1 with
 *err and an unchanged table. Keys are taken to be unique. */
int table_read(struct table *table, struct csv *csv, struct arena *arena, struct err *err);

/* Puts the rows of `more` into the table: in the place of the row with the same key, else
   behind the last row of the same group, else at the end. */
void table_merge(struct table *table, const struct table *more, struct arena *arena);

/* The first row from `from` on with the key of the given row; table->count if none. */
size_t table_find_key(const struct table *table, const void *row, size_t from);

/* Row of that index. */
void *table_row(const struct table *table, size_t index);

#endif
