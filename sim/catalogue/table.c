#include "catalogue/table.h"

#include "base/assert.h"
#include "base/nearest.h"
#include "base/units.h"
#include "catalogue/catalogue.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void *table_row(const struct table *table, size_t index)
{
    assert(index < table->count);
    return table->rows + index * table->format->row_size;
}

/* --------------------------------------------------------------------------------- fields */

static int refuse(const struct column *column, const struct csv_field *field,
                  const char *allowed, struct err *err)
{
    return err_at(err, field->place, "%s is \"%.60s\"; it must be %s", column->name,
                  field->text, allowed);
}

/* Digits only: no sign, no blanks, which strtoull would take. */
static int read_whole(const char *text, int base, uint64_t max, uint64_t *ret)
{
    char *end;

    if (base == 16) {
        if (strncmp(text, "0x", 2) != 0) {
            return -1;
        }
        text += 2;
    }
    if (text[0] == '\0' || strspn(text, "0123456789abcdefABCDEF") != strlen(text)) {
        return -1;
    }
    errno = 0;
    unsigned long long value = strtoull(text, &end, base);
    if (*end != '\0' || errno != 0 || value > max) {
        return -1;
    }
    *ret = value;
    return 0;
}

static int read_count(const struct column *column, const struct csv_field *field,
                      uint32_t *target, struct err *err)
{
    bool hex = column->kind == COLUMN_HEX;
    uint64_t value;

    if (read_whole(field->text, hex ? 16 : 10, UINT32_MAX - 1, &value) != 0) {
        return refuse(column, field, hex ? "a number as 0x1b80" : "a whole number", err);
    }
    *target = (uint32_t)value;
    return 0;
}

static int read_large(const struct column *column, const struct csv_field *field,
                      int64_t *target, struct err *err)
{
    int64_t unit = column->kind == COLUMN_MIB ? MIB : 1;
    uint64_t value;

    if (read_whole(field->text, 10, (uint64_t)(INT64_MAX / unit), &value) != 0) {
        return refuse(column, field, "a whole number", err);
    }
    *target = (int64_t)value * unit;
    return 0;
}

static int read_number(const struct column *column, const struct csv_field *field,
                       double *target, struct err *err)
{
    char *end;
    double value = strtod(field->text, &end);

    if (*end != '\0' || strspn(field->text, "0123456789") == 0 || !isfinite(value)) {
        return refuse(column, field, "a decimal number, not below 0", err);
    }
    *target = value;
    return 0;
}

static int read_giga(const struct column *column, const struct csv_field *field,
                     int64_t *target, struct err *err)
{
    double value;

    if (read_number(column, field, &value, err) != 0) {
        return -1;
    }
    if (value > 1e9) {
        return refuse(column, field, "at most 1000000000", err);
    }
    *target = (int64_t)llround(value * 1e9);
    return 0;
}

static int read_yes(const struct column *column, const struct csv_field *field, bool *target,
                    struct err *err)
{
    bool yes = strcmp(field->text, "yes") == 0 || strcmp(field->text, "1") == 0;

    if (!yes && strcmp(field->text, "no") != 0 && strcmp(field->text, "0") != 0) {
        return refuse(column, field, "yes or no", err);
    }
    *target = yes;
    return 0;
}

static int read_known(const struct column *column, const struct csv_field *field,
                      enum known *target, struct err *err)
{
    bool yes;

    if (read_yes(column, field, &yes, err) != 0) {
        return -1;
    }
    *target = yes ? KNOWN_YES : KNOWN_NO;
    return 0;
}

static int read_word(const struct column *column, const struct csv_field *field, int *target,
                     struct err *err)
{
    for (int i = 0; column->words[i]; i++) {
        if (strcmp(column->words[i], field->text) == 0) {
            *target = i;
            return 0;
        }
    }
    return refuse(column, field, "one of the words that the column knows", err);
}

static int read_list(const struct column *column, const struct csv_field *field, void *row,
                     struct err *err)
{
    uint32_t *items = (uint32_t *)((char *)row + column->offset);
    uint32_t *count = (uint32_t *)((char *)row + column->list_count_offset);
    const char *at = field->text;

    for (;;) {
        char *end;
        unsigned long value = strtoul(at, &end, 10);
        bool rises = *count == 0 || value > items[*count - 1];
        if (*at < '0' || *at > '9' || value > 1024 || !rises || *count == column->list_max) {
            return refuse(column, field, "a list of rising whole numbers", err);
        }
        items[(*count)++] = (uint32_t)value;
        if (*end == '\0') {
            return 0;
        }
        if (*end != ',') {
            return refuse(column, field, "a list of rising whole numbers", err);
        }
        at = end + 1;
    }
}

static int read_letter(const struct column *column, const struct csv_field *field, char *target,
                       struct err *err)
{
    if (field->text[1] != '\0') {
        return refuse(column, field, "one letter", err);
    }
    *target = field->text[0];
    return 0;
}

static int read_field(const struct column *column, const struct csv_field *field, void *row,
                      struct err *err)
{
    void *target = (char *)row + column->offset;

    switch (column->kind) {
    case COLUMN_SKIP:
    case COLUMN_TEXT:
        break;
    case COLUMN_LETTER:
        return read_letter(column, field, target, err);
    case COLUMN_COUNT:
    case COLUMN_HEX:
        return read_count(column, field, target, err);
    case COLUMN_LARGE:
    case COLUMN_MIB:
        return read_large(column, field, target, err);
    case COLUMN_GIGA:
        return read_giga(column, field, target, err);
    case COLUMN_NUMBER:
        return read_number(column, field, target, err);
    case COLUMN_YES:
        return read_yes(column, field, target, err);
    case COLUMN_KNOWN:
        return read_known(column, field, target, err);
    case COLUMN_WORD:
        return read_word(column, field, target, err);
    case COLUMN_LIST:
        return read_list(column, field, row, err);
    }
    return 0;
}

static bool is_number(enum column_kind kind)
{
    return kind == COLUMN_COUNT || kind == COLUMN_HEX || kind == COLUMN_LARGE ||
           kind == COLUMN_MIB || kind == COLUMN_GIGA;
}

static bool is_zero(const char *text)
{
    return strspn(text, "0.") == strlen(text);
}

/* ----------------------------------------------------------------------------------- rows */

/* One value into the row. */
static int put_field(const struct column *column, const struct csv_field *field, void *row,
                     struct err *err)
{
    if (column->kind == COLUMN_TEXT) {
        const char **target = (const char **)(void *)((char *)row + column->offset);
        *target = field->text;
    }
    if (column->required && is_number(column->kind) && is_zero(field->text)) {
        return refuse(column, field, "more than 0", err);
    }
    if (field->text[0] != '\0') {
        return read_field(column, field, row, err);
    }
    if (column->required) {
        return err_at(err, field->place, "%s is empty", column->name);
    }
    return 0;
}

static const struct column *find_column(const struct table_format *format, const char *name)
{
    for (uint32_t i = 0; i < format->column_count; i++) {
        if (strcmp(format->columns[i].name, name) == 0) {
            return &format->columns[i];
        }
    }
    return NULL;
}

static int refuse_column(const struct table_format *format, const struct csv_field *field,
                         struct err *err)
{
    struct nearest nearest;

    nearest_init(&nearest, field->text);
    for (uint32_t i = 0; i < format->column_count; i++) {
        nearest_offer(&nearest, format->columns[i].name);
    }
    if (nearest_best(&nearest)) {
        return err_at(err, field->place, "%s has no column \"%.60s\"; did you mean %s?",
                      format->file, field->text, nearest_best(&nearest));
    }
    return err_at(err, field->place, "%s has no column \"%.60s\"", format->file, field->text);
}

/* A row's columns as its file orders them. */
struct header {
    const struct column *order[TABLE_COLUMNS_MAX];
    int count;
};

/* Reads the row of names. 0, or -1 with *err. */
static int read_header(const struct table_format *format, struct csv *csv,
                       struct header *header, struct err *err)
{
    struct csv_field fields[TABLE_COLUMNS_MAX];
    bool seen[TABLE_COLUMNS_MAX] = { false };
    int count = csv_row(csv, fields, TABLE_COLUMNS_MAX, err);

    if (count < 0) {
        return -1;
    }
    if (count == 0) {
        return err_at(err, (struct place){ csv->file, 1, 1 },
                      "the file is empty; %s begins "
                      "with the names of its columns",
                      format->file);
    }
    for (int i = 0; i < count; i++) {
        header->order[i] = find_column(format, fields[i].text);
        if (!header->order[i]) {
            return refuse_column(format, &fields[i], err);
        }
        size_t column = (size_t)(header->order[i] - format->columns);
        if (seen[column]) {
            return err_at(err, fields[i].place, "column %s comes twice", fields[i].text);
        }
        seen[column] = true;
    }
    for (uint32_t i = 0; i < format->column_count; i++) {
        if (format->columns[i].required && !seen[i]) {
            return err_at(err, fields[0].place, "column %s is missing",
                          format->columns[i].name);
        }
    }
    header->count = count;
    return 0;
}

/* A line of text is at least one row, so lines bound the rows. */
static size_t count_lines(const struct csv *csv)
{
    size_t lines = 1;

    for (const char *at = csv->next; at < csv->end; at++) {
        at = memchr(at, '\n', (size_t)(csv->end - at));
        if (!at) {
            break;
        }
        lines++;
    }
    return lines;
}

/* Makes room for more rows; rows that were handed out stay where they are. */
static void table_reserve(struct table *table, size_t more, struct arena *arena)
{
    if (table->count + more <= table->capacity) {
        return;
    }
    size_t capacity = table->count + more;
    unsigned char *rows = arena_take(arena, capacity, table->format->row_size);
    if (table->count > 0) {
        memcpy(rows, table->rows, table->count * table->format->row_size);
    }
    table->rows = rows;
    table->capacity = capacity;
}

static void clear_row(const struct table_format *format, void *row)
{
    memset(row, 0, format->row_size);
    for (uint32_t i = 0; i < format->column_count; i++) {
        if (format->columns[i].kind == COLUMN_TEXT) {
            void *field = (char *)row + format->columns[i].offset;
            *(const char **)field = "";
        }
    }
}

static int read_row(const struct table_format *format, const struct header *header,
                    const struct csv_field *fields, void *row, struct err *err)
{
    clear_row(format, row);
    for (int i = 0; i < header->count; i++) {
        if (put_field(header->order[i], &fields[i], row, err) != 0) {
            return -1;
        }
    }
    return format->finish ? format->finish(row, fields[0].place, err) : 0;
}

int table_read(struct table *table, struct csv *csv, struct arena *arena, struct err *err)
{
    const struct table_format *format = table->format;
    struct header header = { .count = 0 };
    struct csv_field fields[TABLE_COLUMNS_MAX];
    size_t first = table->count;
    int count;

    assert(format->column_count <= TABLE_COLUMNS_MAX);
    if (read_header(format, csv, &header, err) != 0) {
        return -1;
    }
    table_reserve(table, count_lines(csv), arena);
    while ((count = csv_row(csv, fields, TABLE_COLUMNS_MAX, err)) > 0) {
        if (count != header.count) {
            table->count = first;
            return err_at(err, fields[0].place, "the row has %d fields, not %d", count,
                          header.count);
        }
        table->count++;
        void *row = table_row(table, table->count - 1);
        if (read_row(format, &header, fields, row, err) != 0) {
            table->count = first;
            return -1;
        }
    }
    if (count < 0) {
        table->count = first;
    }
    return count;
}

/* ---------------------------------------------------------------------------------- merge */

static bool same_key(const struct table_format *format, const void *a, const void *b)
{
    for (uint32_t i = 0; i < format->column_count; i++) {
        const struct column *column = &format->columns[i];
        const char *in_a = (const char *)a + column->offset;
        const char *in_b = (const char *)b + column->offset;
        if (!column->key) {
            continue;
        }
        if (column->kind == COLUMN_TEXT) {
            if (strcmp(*(const char *const *)(const void *)in_a,
                       *(const char *const *)(const void *)in_b) != 0) {
                return false;
            }
        } else if (memcmp(in_a, in_b,
                          column->kind == COLUMN_MIB ? sizeof(int64_t) : sizeof(uint32_t)) !=
                   0) {
            return false;
        }
    }
    return true;
}

size_t table_find_key(const struct table *table, const void *row, size_t from)
{
    for (size_t i = from; i < table->count; i++) {
        if (same_key(table->format, table_row(table, i), row)) {
            return i;
        }
    }
    return table->count;
}

static const char *group_of(const struct table *table, const void *row)
{
    const void *field = (const char *)row + table->format->group_offset;
    return *(const char *const *)field;
}

/* Where a new row goes: behind the last of its group. */
static size_t place_for(const struct table *table, const void *row)
{
    for (size_t i = table->count; i > 0; i--) {
        if (strcmp(group_of(table, table_row(table, i - 1)), group_of(table, row)) == 0) {
            return i;
        }
    }
    return table->count;
}

static void insert(struct table *table, size_t index, const void *row)
{
    size_t size = table->format->row_size;
    unsigned char *at = table->rows + index * size;

    assert(table->count < table->capacity);
    memmove(at + size, at, (table->count - index) * size);
    memcpy(at, row, size);
    table->count++;
}

void table_merge(struct table *table, const struct table *more, struct arena *arena)
{
    table_reserve(table, more->count, arena);
    for (size_t i = 0; i < more->count; i++) {
        const void *row = table_row(more, i);
        size_t same = table_find_key(table, row, 0);
        if (same < table->count) {
            memcpy(table_row(table, same), row, table->format->row_size);
        } else {
            insert(table, place_for(table, row), row);
        }
    }
}
