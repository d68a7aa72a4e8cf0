#include "scenario/columns.h"

#include "base/assert.h"
#include "base/csv.h"
#include "base/nearest.h"
#include "scenario/inputs.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_WANTED_MAX = 2, DIGITS_KEPT = 18, OFFERED_MAX = 1000, EXPONENT_MAX = 40 };

const struct column_unit column_units[] = {
    { "ns", 1, true },     { "us", USEC, true },  { "ms", MSEC, true },
    { "s", SEC, true },    { "bytes", 1, false }, { "kib", KIB, false },
    { "mib", MIB, false }, { "gib", GIB, false }, { NULL, 0, false },
};

const char *const column_unit_words[] = { "by_name", "ns",  "us",  "ms",  "s",
                                          "bytes",   "kib", "mib", "gib", NULL };

struct reading {
    struct check *check;
    const struct node *node;
    struct column_query *query;
    struct csv csv;
    struct csv_field fields[COLUMNS_MAX];
    uint32_t field_count; /* Of the header. */
    uint32_t wanted[COLUMNS_WANTED_MAX];
    int64_t factors[COLUMNS_WANTED_MAX];
    uint32_t vm_column;
    uint64_t capacity;
    int64_t *values[COLUMNS_WANTED_MAX]; /* Owned. */
    struct nearest nearest_vm;
    const char *last_vm; /* The last one offered; NULL: none. */
    uint32_t offered;
};

static bool refuse_cell(struct reading *r, const struct csv_field *cell, const char *what)
{
    check_refuse(r->check, cell->place, "the cell '%.40s' %s", cell->text, what);
    return false;
}

/* ------------------------------------------------------------------------------- cells */

/* digits * 10^exponent, as a cell says it; digits beyond DIGITS_KEPT are left out. */
struct cell_number {
    int64_t digits;
    int exponent;
};

static const char *read_digits(const char *at, struct cell_number *number, bool after_point,
                               int *ret_kept)
{
    for (; *at >= '0' && *at <= '9'; at++) {
        if (*ret_kept < DIGITS_KEPT) {
            number->digits = number->digits * 10 + (*at - '0');
            number->exponent -= after_point;
            *ret_kept += number->digits != 0;
        } else {
            number->exponent += !after_point;
        }
    }
    return at;
}

/* Whether the text is a plain or scientific decimal number >= 0. */
static bool read_number(const char *text, struct cell_number *ret)
{
    struct cell_number number = { 0 };
    int kept = 0;
    const char *at = read_digits(text, &number, false, &kept);

    if (at == text) {
        return false;
    }
    if (*at == '.') {
        at = read_digits(at + 1, &number, true, &kept);
    }
    if (*at == 'e' || *at == 'E') {
        char *end;
        long exponent = strtol(at + 1, &end, 10);
        if (end == at + 1 || exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX) {
            return false;
        }
        number.exponent += (int)exponent;
        at = end;
    }
    *ret = number;
    return *at == '\0';
}

/* number * factor, rounded; -1 if it is too large. factor <= 10^12. */
static int64_t scaled(const struct cell_number *number, int64_t factor)
{
    wide value = (wide)number->digits * factor;
    int exponent = number->exponent;

    for (; exponent > 0 && value != 0; exponent--) {
        value *= 10;
        if (value > INT64_MAX) {
            return -1;
        }
    }
    if (exponent < -EXPONENT_MAX) {
        return 0;
    }
    for (; exponent < -1; exponent++) {
        value /= 10; /* Cannot change the rounding of the last step: 4 and 9 stay apart. */
    }
    if (exponent == -1) {
        value = (value + 5) / 10;
    }
    return value > INT64_MAX ? -1 : (int64_t)value;
}

static bool read_cell(struct reading *r, uint32_t which, uint64_t row)
{
    const struct column *column = &r->query->columns[which];
    const struct csv_field *cell = &r->fields[r->wanted[which]];
    struct cell_number number;
    int64_t limit = column->is_bytes ? INT64_C(1) << 50 : RUN_LENGTH_MAX;

    if (cell->text[0] == '\0') {
        check_refuse(r->check, cell->place, "the cell of column '%.40s' is empty",
                     column->name);
        return false;
    }
    if (cell->text[0] == '-') {
        return refuse_cell(r, cell, "is negative; it must be 0 or more");
    }
    if (!read_number(cell->text, &number)) {
        return refuse_cell(r, cell, "is not a number");
    }
    int64_t value = scaled(&number, r->factors[which]);
    if (value < 0 || value > limit) {
        return refuse_cell(r, cell,
                           column->is_bytes ? "is too large; at most 1024 TiB"
                                            : "is too large; at most 365 days");
    }
    if (column->is_rising && row > 0 && value < r->values[which][row - 1]) {
        return refuse_cell(r, cell, "is before the one in the row above; rows go by time");
    }
    r->values[which][row] = value;
    return true;
}

/* ------------------------------------------------------------------------------ header */

static bool find_column(struct reading *r, const char *name, uint32_t *ret)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (uint32_t i = 0; i < r->field_count; i++) {
        if (strcmp(r->fields[i].text, name) == 0) {
            *ret = i;
            return true;
        }
        nearest_offer(&nearest, r->fields[i].text);
    }
    const char *best = nearest_best(&nearest);
    struct text names;
    text_init(&names);
    for (uint32_t i = 0; i < r->field_count; i++) {
        text_printf(&names, "%s%.40s", i > 0 ? ", " : "", r->fields[i].text);
    }
    check_refuse(r->check, r->fields[0].place, "no column '%.40s'%s%.40s%s; there are %.200s",
                 name, best ? ": did you mean '" : "", best ? best : "", best ? "'?" : "",
                 names.bytes);
    text_fini(&names);
    return false;
}

/* The unit that a column's name ends in, or NULL. */
static const struct column_unit *unit_of_name(const char *name)
{
    const char *end = strrchr(name, '_');

    for (const struct column_unit *unit = column_units; end && unit->name; unit++) {
        if (strcmp(unit->name, end + 1) == 0) {
            return unit;
        }
    }
    return NULL;
}

static bool find_unit(struct reading *r, uint32_t which)
{
    struct column *column = &r->query->columns[which];
    const struct column_unit *unit =
        column->unit > 0 ? &column_units[column->unit - 1] : unit_of_name(column->name);

    if (!unit) {
        check_refuse(r->check, r->node->place,
                     "the name of column '%.40s' ends in no unit; say it, as unit: ms",
                     column->name);
        return false;
    }
    r->factors[which] = unit->factor;
    column->is_bytes = !unit->is_time;
    return true;
}

static bool read_header(struct reading *r)
{
    struct err err;
    int count = csv_row(&r->csv, r->fields, COLUMNS_MAX, &err);

    if (count < 0) {
        check_add(r->check, &err);
        return false;
    }
    if (count == 0) {
        check_refuse(r->check, (struct place){ r->query->file, 1, 1 },
                     "the file is empty; it must have a header row");
        return false;
    }
    r->field_count = (uint32_t)count;
    for (uint32_t i = 0; i < r->query->column_count; i++) {
        if (!find_column(r, r->query->columns[i].name, &r->wanted[i]) || !find_unit(r, i)) {
            return false;
        }
    }
    return !r->query->vm || find_column(r, "vm", &r->vm_column);
}

/* -------------------------------------------------------------------------------- rows */

static bool reserve_row(struct reading *r)
{
    if (r->query->row_count < r->capacity) {
        return true;
    }
    if (r->query->row_count == COLUMN_ROWS_MAX) {
        check_refuse(r->check, r->fields[0].place, "more than %d rows", COLUMN_ROWS_MAX);
        return false;
    }
    r->capacity = r->capacity > 0 ? r->capacity * 2 : 1024;
    for (uint32_t i = 0; i < r->query->column_count; i++) {
        r->values[i] = realloc(r->values[i], r->capacity * sizeof(int64_t));
        if (!r->values[i]) {
            out_of_memory();
        }
    }
    return true;
}

static bool read_row(struct reading *r, uint32_t count)
{
    if (count != r->field_count) {
        check_refuse(r->check, r->fields[0].place, "the row has %u fields; the header has %u",
                     count, r->field_count);
        return false;
    }
    if (r->query->vm) {
        const char *vm = r->fields[r->vm_column].text;
        if (strcmp(vm, r->query->vm) != 0) {
            /* Offered words must live on, and the text does until the file has been read. */
            if (r->offered < OFFERED_MAX && (!r->last_vm || strcmp(r->last_vm, vm) != 0)) {
                nearest_offer(&r->nearest_vm, vm);
                r->last_vm = vm;
                r->offered++;
            }
            return true;
        }
    }
    if (!reserve_row(r)) {
        return false;
    }
    for (uint32_t i = 0; i < r->query->column_count; i++) {
        if (!read_cell(r, i, r->query->row_count)) {
            return false;
        }
    }
    r->query->row_count++;
    return true;
}

static bool read_rows(struct reading *r)
{
    struct err err;

    if (!read_header(r)) {
        return false;
    }
    for (;;) {
        int count = csv_row(&r->csv, r->fields, COLUMNS_MAX, &err);
        if (count < 0) {
            check_add(r->check, &err);
            return false;
        }
        if (count == 0) {
            break;
        }
        if (!read_row(r, (uint32_t)count)) {
            return false;
        }
    }
    if (r->query->row_count > 0) {
        return true;
    }
    if (!r->query->vm) {
        check_refuse(r->check, r->node->place, "%.100s has no rows", r->query->file);
        return false;
    }
    const char *best = nearest_best(&r->nearest_vm);
    check_refuse(r->check, r->node->place, "%.100s has no rows of vm '%.40s'%s%.40s%s",
                 r->query->file, r->query->vm, best ? ": did you mean '" : "", best ? best : "",
                 best ? "'?" : "");
    return false;
}

bool columns_read(struct check *check, const struct node *node, struct column_query *query)
{
    const struct scenario_file *file = inputs_find(check, query->file);

    assert(file && query->column_count >= 1 && query->column_count <= COLUMNS_WANTED_MAX);
    check->inputs->scanned_bytes += (int64_t)file->size;
    if (check->inputs->scanned_bytes > INPUT_BYTES_MAX) {
        check_refuse(check, node->place, "the scenario reads more than 4GiB from its files");
        return false;
    }
    struct reading *r = calloc(1, sizeof(*r));
    char *bytes = malloc(file->size + 1);
    if (!r || !bytes) {
        out_of_memory();
    }
    memcpy(bytes, file->bytes, file->size);
    r->check = check;
    r->node = node;
    r->query = query;
    query->row_count = 0;
    csv_init(&r->csv, file->path, bytes, file->size);
    nearest_init(&r->nearest_vm, query->vm ? query->vm : "");
    bool is_good = read_rows(r);
    for (uint32_t i = 0; i < query->column_count; i++) {
        if (is_good) {
            int64_t *values = arena_take(check->arena, query->row_count, sizeof(*values));
            memcpy(values, r->values[i], query->row_count * sizeof(*values));
            query->columns[i].values = values;
        }
        free(r->values[i]);
    }
    free(bytes);
    free(r);
    return is_good;
}

bool columns_has(const struct scenario_file *file, const char *name)
{
    const char *end = memchr(file->bytes, '\n', file->size);
    size_t length = end ? (size_t)(end - file->bytes) : file->size;
    struct csv_field *fields = calloc(COLUMNS_MAX, sizeof(*fields));
    char *bytes = malloc(length + 1);
    struct csv csv;
    struct err err;
    bool has = false;

    if (!fields || !bytes) {
        out_of_memory();
    }
    memcpy(bytes, file->bytes, length);
    csv_init(&csv, file->path, bytes, length);
    int count = csv_row(&csv, fields, COLUMNS_MAX, &err);
    for (int i = 0; i < count; i++) {
        has = has || strcmp(fields[i].text, name) == 0;
    }
    free(bytes);
    free(fields);
    return has;
}
