/* toml.c - tables, keys and arrays; toml_text.c has texts, toml_scalar.c all else. */
#include "import/toml_reader.h"

#include <string.h>

/* ---------------------------------------------------------------------------------- basics */

const char *toml_kind_name(enum toml_kind kind)
{
    static const char *const names[] = { "a text",    "a whole number", "a number with a point",
                                         "a boolean", "a date or time", "an array",
                                         "a table" };

    return names[kind];
}

const struct toml_value *toml_find(const struct toml_value *table, const char *key)
{
    if (!table || table->kind != TOML_TABLE) {
        return NULL;
    }
    for (const struct toml_entry *entry = table->first; entry; entry = entry->next) {
        if (strcmp(entry->key, key) == 0) {
            return entry->value;
        }
    }
    return NULL;
}

struct toml_value *toml_make(struct toml_reader *r, enum toml_kind kind, struct place place)
{
    struct toml_value *value = arena_take(r->arena, 1, sizeof(*value));

    value->kind = kind;
    value->place = place;
    return value;
}

void toml_add(struct toml_reader *r, struct toml_value *table, const char *key,
              struct place place, struct toml_value *value)
{
    struct toml_entry *entry = arena_take(r->arena, 1, sizeof(*entry));

    *entry = (struct toml_entry){ .key = key, .place = place, .value = value };
    if (table->last) {
        table->last->next = entry;
    } else {
        table->first = entry;
    }
    table->last = entry;
    table->count++;
}

void toml_skip_blanks(struct toml_reader *r)
{
    while (toml_peek(r, 0) == ' ' || toml_peek(r, 0) == '\t') {
        r->at++;
    }
}

int toml_skip_comment(struct toml_reader *r)
{
    if (toml_peek(r, 0) != '#') {
        return 0;
    }
    for (char c = toml_peek(r, 0); r->at < r->source->size && c != '\n'; c = toml_peek(r, 0)) {
        bool ends_line = c == '\r' && toml_peek(r, 1) == '\n';
        if (((unsigned char)c < 0x20 && c != '\t' && !ends_line) || c == 0x7f) {
            return err_at(r->err, toml_here(r), "a control character in a comment");
        }
        r->at++;
    }
    return 0;
}

int toml_skip_lines(struct toml_reader *r)
{
    for (;;) {
        toml_skip_blanks(r);
        if (toml_skip_comment(r)) {
            return -1;
        }
        if (toml_peek(r, 0) == '\r' && toml_peek(r, 1) == '\n') {
            r->at++;
        }
        if (toml_peek(r, 0) != '\n') {
            return 0;
        }
        toml_next_line(r);
    }
}

/* ------------------------------------------------------------------------------------ keys */

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-';
}

int toml_read_key(struct toml_reader *r, const char **ret)
{
    size_t start = r->at;

    if (toml_peek(r, 0) == '"' || toml_peek(r, 0) == '\'') {
        return toml_read_text(r, true, ret);
    }
    while (is_bare(toml_peek(r, 0))) {
        r->at++;
    }
    if (r->at == start) {
        return err_at(r->err, toml_here(r),
                      "a key is expected: letters a-z, A-Z, digits, '_' and '-', or a text in "
                      "quotes");
    }
    *ret = arena_string_n(r->arena, r->source->bytes + start, r->at - start);
    return 0;
}

static int refuse_second(struct toml_reader *r, const char *key, struct place place,
                         const struct toml_value *first)
{
    return err_at(r->err, place, "'%.60s' is there a second time; the first is in line %u", key,
                  first->place.line);
}

/* The table `key` of a table, on the way to something in it; it is made if it is missing. NULL
   with *err. */
static struct toml_value *enter(struct toml_reader *r, struct toml_value *table,
                                const char *key, struct place place, bool is_dotted)
{
    struct toml_value *found = (struct toml_value *)toml_find(table, key);

    if (!found && table->count == TOML_KEYS_MAX) {
        (void)err_at(r->err, place, "a table with more than %d keys", TOML_KEYS_MAX);
        return NULL;
    }
    if (!found) {
        found = toml_make(r, TOML_TABLE, place);
        found->origin = is_dotted ? TOML_DOTTED : TOML_IMPLICIT;
        toml_add(r, table, key, place, found);
        return found;
    }
    if (found->kind == TOML_ARRAY && found->origin == TOML_HEADER && !is_dotted) {
        return found->last->value; /* The last of [[key]]. */
    }
    bool may_add = found->kind == TOML_TABLE && found->origin != TOML_CLOSED &&
                   (!is_dotted || found->origin == TOML_DOTTED);
    if (!may_add) {
        (void)refuse_second(r, key, place, found);
        return NULL;
    }
    return found;
}

/* Reads the keys before the last, enters their tables, and gives the last. */
static int read_path(struct toml_reader *r, struct toml_value **table, const char **ret_key,
                     struct place *ret_place, bool is_dotted)
{
    for (uint32_t depth = 0;; depth++) {
        toml_skip_blanks(r);
        *ret_place = toml_here(r);
        if (toml_read_key(r, ret_key)) {
            return -1;
        }
        toml_skip_blanks(r);
        if (toml_peek(r, 0) != '.') {
            return 0;
        }
        if (depth == TOML_DEPTH_MAX) {
            return err_at(r->err, toml_here(r), "more than %d keys in a row", TOML_DEPTH_MAX);
        }
        r->at++;
        *table = enter(r, *table, *ret_key, *ret_place, is_dotted);
        if (!*table) {
            return -1;
        }
    }
}

int toml_read_pair(struct toml_reader *r, struct toml_value *table)
{
    struct place place;
    const char *key;

    if (read_path(r, &table, &key, &place, true)) {
        return -1;
    }
    if (toml_peek(r, 0) != '=') {
        return err_at(r->err, toml_here(r), "'=' is expected behind the key '%.60s'", key);
    }
    const struct toml_value *first = toml_find(table, key);
    if (first) {
        return refuse_second(r, key, place, first);
    }
    if (table->count == TOML_KEYS_MAX) {
        return err_at(r->err, place, "a table with more than %d keys", TOML_KEYS_MAX);
    }
    r->at++;
    toml_skip_blanks(r);
    struct toml_value *value = toml_read_value(r);
    if (!value) {
        return -1;
    }
    toml_add(r, table, key, place, value);
    return 0;
}

/* ---------------------------------------------------------------------------------- values */

static struct toml_value *read_array(struct toml_reader *r)
{
    struct toml_value *array = toml_make(r, TOML_ARRAY, toml_here(r));

    array->origin = TOML_CLOSED;
    r->at++;
    for (;;) {
        if (toml_skip_lines(r)) {
            return NULL;
        }
        if (toml_peek(r, 0) == ']') {
            r->at++;
            return array;
        }
        struct place place = toml_here(r);
        struct toml_value *item = toml_read_value(r);
        if (!item) {
            return NULL;
        }
        toml_add(r, array, NULL, place, item);
        if (toml_skip_lines(r)) {
            return NULL;
        }
        if (toml_peek(r, 0) == ',') {
            r->at++;
        } else if (toml_peek(r, 0) != ']') {
            (void)err_at(r->err, toml_here(r), "',' or ']' is expected in an array");
            return NULL;
        }
    }
}

/* Nothing can be added to an inline table, nor to those that its dotted keys made. */
static void close_table(struct toml_value *table)
{
    table->origin = TOML_CLOSED;
    for (struct toml_entry *entry = table->first; entry; entry = entry->next) {
        if (entry->value->kind == TOML_TABLE && entry->value->origin != TOML_CLOSED) {
            close_table(entry->value);
        }
    }
}

static struct toml_value *read_inline(struct toml_reader *r)
{
    struct toml_value *table = toml_make(r, TOML_TABLE, toml_here(r));

    table->origin = TOML_DOTTED;
    r->at++;
    toml_skip_blanks(r);
    if (toml_peek(r, 0) == '}') {
        r->at++;
        table->origin = TOML_CLOSED;
        return table;
    }
    for (;;) {
        if (toml_read_pair(r, table)) {
            return NULL;
        }
        toml_skip_blanks(r);
        char c = toml_peek(r, 0);
        if (c != ',' && c != '}') {
            (void)err_at(r->err, toml_here(r),
                         "',' or '}' is expected in an inline table, which is one line");
            return NULL;
        }
        r->at++;
        if (c == '}') {
            close_table(table);
            return table;
        }
        toml_skip_blanks(r);
    }
}

static struct toml_value *read_plain(struct toml_reader *r)
{
    struct toml_value *value = toml_make(r, TOML_TEXT, toml_here(r));

    if (toml_peek(r, 0) == '"' || toml_peek(r, 0) == '\'') {
        return toml_read_text(r, false, &value->text) ? NULL : value;
    }
    return toml_read_scalar(r, value) ? NULL : value;
}

struct toml_value *toml_read_value(struct toml_reader *r)
{
    char c = toml_peek(r, 0);

    if (c != '[' && c != '{') {
        return read_plain(r);
    }
    if (r->depth == TOML_DEPTH_MAX) {
        (void)err_at(r->err, toml_here(r), "more than %d levels", TOML_DEPTH_MAX);
        return NULL;
    }
    r->depth++;
    struct toml_value *value = c == '[' ? read_array(r) : read_inline(r);
    r->depth--;
    return value;
}

/* --------------------------------------------------------------------------------- headers */

static int end_header(struct toml_reader *r, bool is_array)
{
    for (int i = 0; i <= is_array; i++) {
        if (toml_peek(r, 0) != ']') {
            return err_at(r->err, toml_here(r), "'%s' is expected behind a table's name",
                          is_array ? "]]" : "]");
        }
        r->at++;
    }
    return 0;
}

static struct toml_value *open_array(struct toml_reader *r, struct toml_value *table,
                                     const char *key, struct place place)
{
    struct toml_value *found = (struct toml_value *)toml_find(table, key);
    struct toml_value *item = toml_make(r, TOML_TABLE, place);

    if (found && (found->kind != TOML_ARRAY || found->origin != TOML_HEADER)) {
        (void)refuse_second(r, key, place, found);
        return NULL;
    }
    if (!found) {
        found = toml_make(r, TOML_ARRAY, place);
        found->origin = TOML_HEADER;
        toml_add(r, table, key, place, found);
    }
    item->origin = TOML_HEADER;
    toml_add(r, found, NULL, place, item);
    return item;
}

static struct toml_value *open_table(struct toml_reader *r, struct toml_value *table,
                                     const char *key, struct place place)
{
    struct toml_value *found = (struct toml_value *)toml_find(table, key);

    if (!found && table->count == TOML_KEYS_MAX) {
        (void)err_at(r->err, place, "a table with more than %d keys", TOML_KEYS_MAX);
        return NULL;
    }
    if (!found) {
        found = toml_make(r, TOML_TABLE, place);
        toml_add(r, table, key, place, found);
    } else if (found->kind != TOML_TABLE || found->origin != TOML_IMPLICIT) {
        (void)refuse_second(r, key, place, found);
        return NULL;
    }
    found->origin = TOML_HEADER;
    found->place = place;
    return found;
}

/* [a.b] or [[a.b]]: the table that the next lines are about. NULL with *err. */
static struct toml_value *read_header(struct toml_reader *r, struct toml_value *root)
{
    bool is_array = toml_peek(r, 1) == '[';
    struct toml_value *table = root;
    struct place place;
    const char *key;

    r->at += is_array ? 2 : 1;
    if (read_path(r, &table, &key, &place, false) || end_header(r, is_array)) {
        return NULL;
    }
    return is_array ? open_array(r, table, key, place) : open_table(r, table, key, place);
}

static int end_line(struct toml_reader *r)
{
    toml_skip_blanks(r);
    if (toml_skip_comment(r)) {
        return -1;
    }
    bool is_end = r->at == r->source->size || toml_peek(r, 0) == '\n' ||
                  (toml_peek(r, 0) == '\r' && toml_peek(r, 1) == '\n');
    return is_end ? 0 : err_at(r->err, toml_here(r), "the end of the line is expected");
}

/* Text that is no UTF-8, or holds a zero byte, is no TOML. */
static int check_bytes(struct toml_reader *r)
{
    const unsigned char *bytes = (const unsigned char *)r->source->bytes;

    while (r->at < r->source->size) {
        unsigned char c = bytes[r->at];
        size_t more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        bool is_wrong = c == 0 || (c >= 0x80 && c < 0xc2) || c > 0xf4;
        for (size_t i = 1; i <= more && !is_wrong; i++) {
            is_wrong = ((unsigned char)toml_peek(r, i) & 0xc0) != 0x80;
        }
        if (is_wrong) {
            return err_at(r->err, toml_here(r), "the text is not UTF-8 here");
        }
        r->at += more;
        if (c == '\n') {
            toml_next_line(r);
        } else {
            r->at++;
        }
    }
    r->at = r->line_start = 0;
    r->line = 1;
    return 0;
}

int toml_parse(struct arena *arena, const struct toml_source *source,
               const struct toml_value **ret, struct err *err)
{
    struct toml_reader r = { .arena = arena, .source = source, .line = 1, .err = err };

    if (source->size > TOML_BYTES_MAX) {
        return err_at(err, (struct place){ .file = source->file },
                      "the file has more than %d bytes", TOML_BYTES_MAX);
    }
    if (check_bytes(&r)) {
        return -1;
    }
    struct toml_value *root = toml_make(&r, TOML_TABLE, toml_here(&r));
    struct toml_value *table = root;
    root->origin = TOML_HEADER;
    if (source->size >= 3 && memcmp(source->bytes, "\xef\xbb\xbf", 3) == 0) {
        r.at = r.line_start = 3;
    }
    for (;;) {
        if (toml_skip_lines(&r)) {
            return -1;
        }
        if (r.at == source->size) {
            *ret = root;
            return 0;
        }
        if (toml_peek(&r, 0) == '[') {
            table = read_header(&r, root);
        } else if (toml_read_pair(&r, table)) {
            return -1;
        }
        if (!table || end_line(&r)) {
            return -1;
        }
    }
}
