#include "cli/report.h"

#include "scenario/bytes.h"

#include <stdbool.h>
#include <string.h>

enum {
    WIDTH = 96,  /* Characters of a line that are shown. */
    BEFORE = 64, /* Of them before the place, if the line is longer. */
};

#define ELLIPSIS "..."
#define BOM      "\xef\xbb\xbf"

/* A line as it is shown. */
struct line {
    const char *start;
    const char *end;
};

static bool find_line(const char *bytes, size_t size, uint32_t number, struct line *ret)
{
    const char *at = bytes;
    const char *end = bytes + size;

    if (size >= strlen(BOM) && memcmp(bytes, BOM, strlen(BOM)) == 0) {
        at += strlen(BOM);
    }
    for (uint32_t i = 1; i < number; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at) {
            return false;
        }
        at++;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    *ret = (struct line){ at, stop ? stop : end };
    if (ret->end > at && ret->end[-1] == '\r') {
        ret->end--;
    }
    return true;
}

/* Bytes of the printable UTF-8 character at `at`; 0 if it is none. */
static size_t printable(const char *at, const char *end)
{
    size_t length = utf8_length(at, (size_t)(end - at));
    unsigned char first = (unsigned char)at[0];

    if (first < ' ' || first == 0x7f) {
        return 0;
    }
    /* The second half of Latin-1's controls. */
    return first == 0xc2 && length == 2 && (unsigned char)at[1] < 0xa0 ? 0 : length;
}

static const char *next(const char *at, const char *end)
{
    size_t length = printable(at, end);

    return at + (length > 0 ? length : 1);
}

static void print_character(FILE *out, const char *at, const char *end)
{
    size_t length = printable(at, end);

    if (length > 0) {
        (void)fwrite(at, 1, length, out);
    } else {
        (void)fputc(*at == '\t' ? ' ' : '?', out);
    }
}

static void print_line(FILE *out, const struct line *line, uint32_t column)
{
    const char *from = line->start;
    size_t before = 0; /* Characters before the place. */
    size_t shown = 0;
    const char *at = line->start;

    while (at < line->end && (size_t)(at - line->start) + 1 < column) {
        at = next(at, line->end);
        before++;
    }
    size_t all = before;
    while (at < line->end && all <= WIDTH) {
        at = next(at, line->end);
        all++;
    }
    size_t skipped = all > WIDTH && before > BEFORE ? before - BEFORE : 0;
    for (size_t i = 0; i < skipped; i++) {
        from = next(from, line->end);
    }
    (void)fputs(skipped > 0 ? ELLIPSIS : "", out);
    for (at = from; at < line->end && shown < WIDTH; shown++) {
        print_character(out, at, line->end);
        at = next(at, line->end);
    }
    (void)fprintf(out, "%s\n", at < line->end ? ELLIPSIS : "");
    before += skipped > 0 ? strlen(ELLIPSIS) : 0;
    (void)fprintf(out, "%*s^\n", (int)(before - skipped), "");
}

void report_error(FILE *out, const struct err *err, const char *bytes, size_t size)
{
    const struct place *place = &err->place;
    struct line line;

    if (!place->file) {
        (void)fprintf(out, "error: %s\n", err->text);
        return;
    }
    if (place->line == 0) {
        (void)fprintf(out, "%s: error: %s\n", place->file, err->text);
        return;
    }
    (void)fprintf(out, "%s:%u:%u: error: %s\n", place->file, place->line, place->column,
                  err->text);
    if (bytes && size > 0 && find_line(bytes, size, place->line, &line)) {
        print_line(out, &line, place->column);
    }
}

void report_errors(FILE *out, const struct scenario_source *source,
                   const struct err_list *errors)
{
    struct arena arena;

    arena_init(&arena);
    for (uint32_t i = 0; i < errors->count; i++) {
        const struct err *err = &errors->errors[i];
        struct file_bytes file = { NULL, 0 };
        if (err->place.file && scenario_bytes(source, err->place.file, &arena, &file)) {
            file.bytes = NULL;
        }
        report_error(out, err, file.bytes, file.size);
    }
    if (errors->more) {
        (void)fprintf(out, "%s: error: more errors follow; these are the first %u\n",
                      source->file, errors->count);
    }
    arena_fini(&arena);
}
