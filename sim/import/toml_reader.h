/*
 * toml_reader.h - what the parts of the TOML reader share. Internal to import/.
 */
#ifndef SIM_IMPORT_TOML_READER_H
#define SIM_IMPORT_TOML_READER_H

#include "import/toml.h"

struct toml_reader {
    struct arena *arena;
    const struct toml_source *source;
    size_t at;
    size_t line_start;
    uint32_t line;
    uint32_t depth;
    struct err *err;
};

/* The byte that is `ahead` from here; 0 at the end, and no other is 0. */
static inline char toml_peek(const struct toml_reader *r, size_t ahead)
{
    size_t at = r->at + ahead;

    return at < r->source->size ? r->source->bytes[at] : '\0';
}

static inline struct place toml_here(const struct toml_reader *r)
{
    return (struct place){ r->source->file, r->line, (uint32_t)(r->at - r->line_start) + 1 };
}

/* A line end is passed. */
static inline void toml_next_line(struct toml_reader *r)
{
    r->at++;
    r->line++;
    r->line_start = r->at;
}

/* Passes blanks and tabs; then also line ends and comments. 0, or -1 with *err. */
void toml_skip_blanks(struct toml_reader *r);
int toml_skip_lines(struct toml_reader *r);
int toml_skip_comment(struct toml_reader *r);

/* A key without dots. 0, or -1 with *err. */
int toml_read_key(struct toml_reader *r, const char **ret);

/* Reads a text in quotes of one or more lines. 0, or -1 with *err. */
int toml_read_text(struct toml_reader *r, bool is_key, const char **ret);

/* Any value. NULL with *err. */
struct toml_value *toml_read_value(struct toml_reader *r);

/* A number, boolean or date. 0, or -1 with *err. */
int toml_read_scalar(struct toml_reader *r, struct toml_value *ret);

/* `key.key = value` into a table. 0, or -1 with *err. */
int toml_read_pair(struct toml_reader *r, struct toml_value *table);

/* New values, and what is added to a table (or array: key NULL). */
struct toml_value *toml_make(struct toml_reader *r, enum toml_kind kind, struct place place);
void toml_add(struct toml_reader *r, struct toml_value *table, const char *key,
              struct place place, struct toml_value *value);

#endif
