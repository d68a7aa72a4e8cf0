#include "output/sheet.h"

#include "base/csv.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int sheet_read(const char *path, size_t max, struct text *ret, struct err *err)
{
    char block[16384];
    size_t size = 0;
    FILE *file = fopen(path, "rb");

    if (!file) {
        return err_set(err, ERR_READ, "%s: %s", path, strerror(errno));
    }
    text_init(ret);
    do {
        size = fread(block, 1, sizeof(block), file);
        text_put_bytes(ret, block, size);
    } while (size > 0 && ret->size <= max);

    bool failed = ferror(file) != 0;
    int reason = errno;
    fclose(file);
    if (failed) {
        text_fini(ret);
        return err_set(err, ERR_READ, "%s: %s", path, strerror(reason));
    }
    if (ret->size > max) {
        text_fini(ret);
        err_set(err, ERR_READ, "%s is larger than %zu MiB, which is too much to draw", path,
                max / (1024 * 1024));
        return SHEET_TOO_LARGE;
    }
    return 0;
}

static bool is_listed(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

static int check_columns(const char *const *names, const struct csv_field *fields, int count,
                         struct err *err)
{
    for (; *names; names++) {
        bool found = false;
        for (int i = 0; i < count && !found; i++) {
            found = strcmp(fields[i].text, *names) == 0;
        }
        if (!found) {
            struct place place = fields[0].place;
            return err_at(err, place, "the header has no column %s", *names);
        }
    }
    return 0;
}

static int check_number(const struct csv_field *field, const char *column, struct err *err)
{
    char *end = NULL;
    double value = strtod(field->text, &end);

    if (field->text[0] == '\0' || (end != field->text && *end == '\0' && isfinite(value))) {
        return 0;
    }
    return err_at(err, field->place, "%s is '%.40s'; it must be a number or empty", column,
                  field->text);
}

/* The rows below the header, whose first `count` columns it describes. */
static int check_rows(struct csv *csv, const struct csv_field *header, int count,
                      const bool *is_number, struct err *err)
{
    struct csv_field fields[SHEET_COLUMNS_MAX];
    int rows = 0;
    int found = 0;

    while ((found = csv_row(csv, fields, SHEET_COLUMNS_MAX, err)) > 0) {
        if (found != count) {
            return err_at(err, fields[0].place, "the row has %d cells; the header has %d",
                          found, count);
        }
        for (int i = 0; i < count; i++) {
            if (is_number[i] && check_number(&fields[i], header[i].text, err)) {
                return -1;
            }
        }
        rows++;
    }
    return found < 0 ? -1 : rows;
}

static int check_text(const struct sheet *sheet, const char *path, struct text *text,
                      uint32_t *ret_rows, struct err *err)
{
    struct csv_field header[SHEET_COLUMNS_MAX];
    bool is_number[SHEET_COLUMNS_MAX];
    struct csv csv;

    csv_init(&csv, path, text->bytes, text->size);
    int count = csv_row(&csv, header, SHEET_COLUMNS_MAX, err);
    if (count < 0) {
        return -1;
    }
    if (count == 0) {
        return err_at(err, (struct place){ path, 1, 1 }, "the file is empty");
    }
    if (check_columns(sheet->texts, header, count, err) ||
        check_columns(sheet->numbers, header, count, err)) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        is_number[i] = is_listed(sheet->numbers, header[i].text);
    }
    int rows = check_rows(&csv, header, count, is_number, err);
    if (rows < 0) {
        return -1;
    }
    *ret_rows = (uint32_t)rows;
    return 0;
}

/* A place borrows its file's name, which here dies with the check: it goes into the text. */
static int keep_place(struct err *err)
{
    struct err told = *err;

    if (!told.place.file) {
        return -1;
    }
    err->place = (struct place){ 0 };
    return err_set(err, told.kind, "%s:%u:%u: %.300s", told.place.file, told.place.line,
                   told.place.column, told.text);
}

int sheet_check(const struct sheet *sheet, const char *path, uint32_t *ret_rows,
                struct err *err)
{
    struct text text = { 0 };

    int result = sheet_read(path, SHEET_BYTES_MAX, &text, err);
    if (result == 0 && check_text(sheet, path, &text, ret_rows, err)) {
        result = keep_place(err);
    }
    text_fini(&text);
    return result;
}
