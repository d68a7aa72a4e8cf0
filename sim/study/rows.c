#include "study/rows.h"

#include "base/nearest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int rows_open(struct rows *t, const char *file, char *bytes, size_t size, struct err *err)
{
    csv_init(&t->csv, file, bytes, size);
    t->column_count = csv_row(&t->csv, t->header, COLUMNS_MAX, err);
    if (t->column_count < 0) {
        return -1;
    }
    if (t->column_count == 0) {
        struct place place = { file, 1, 1 };
        return err_at(err, place, "the file is empty; it must have a row of column names");
    }
    return 0;
}

int rows_next(struct rows *t, struct err *err)
{
    int count = csv_row(&t->csv, t->row, COLUMNS_MAX, err);

    if (count > 0 && count != t->column_count) {
        return err_at(err, t->row[0].place, "this row has %d fields; its header has %d", count,
                      t->column_count);
    }
    return count > 0 ? 1 : count;
}

/* The position of a column, or -1 with *err. */
static int column(const struct rows *t, const char *name, struct err *err)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (int i = 0; i < t->column_count; i++) {
        if (strcmp(t->header[i].text, name) == 0) {
            return i;
        }
        nearest_offer(&nearest, t->header[i].text);
    }
    struct place place = { t->csv.file, 1, 1 };
    return err_at(err, place, "there is no column %s%s%s", name,
                  nearest_best(&nearest) ? "; the nearest is " : "",
                  nearest_best(&nearest) ? nearest_best(&nearest) : "");
}

int rows_find(const struct rows *t, const char *const *names, int *ret, size_t count,
              struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = column(t, names[i], err);
        if (ret[i] < 0) {
            return -1;
        }
    }
    return 0;
}

int rows_time(const struct csv_field *field, const char *what, nsec *ret, struct err *err)
{
    char *end;

    errno = 0;
    long long value = strtoll(field->text, &end, 10);
    if (end == field->text || *end != '\0' || errno != 0 || value < 0 ||
        value > RUN_LENGTH_MAX) {
        return err_at(err, field->place,
                      "%s is '%s'; it must be a whole number of nanoseconds between 0 and a "
                      "year",
                      what, field->text);
    }
    *ret = value;
    return 0;
}
