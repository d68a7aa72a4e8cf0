#include "base/csv.h"

#include <stdbool.h>
#include <string.h>

void csv_init(struct csv *csv, const char *file, char *bytes, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t skipped = size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;

    *csv = (struct csv){
        .file = file,
        .next = bytes + skipped,
        .end = bytes + size,
        .line_start = bytes,
        .line = 1,
    };
    bytes[size] = '\0';
}

static struct place place_of(const struct csv *csv, const char *at)
{
    return (struct place){
        .file = csv->file,
        .line = csv->line,
        .column = (uint32_t)(at - csv->line_start) + 1,
    };
}

static void count_line(struct csv *csv, char *line_end)
{
    csv->line++;
    csv->line_start = line_end + 1;
}

/* Passes a quoted field, moving its bytes over the quotes. The byte behind it (or a zero byte
   within it), or NULL when it never ends. */
static char *pass_quoted(struct csv *csv, char *from, char *to)
{
    while (from < csv->end) {
        if (*from == '\0') {
            return from;
        }
        if (*from == '"' && from[1] != '"') {
            *to = '\0';
            return from + 1;
        }
        if (*from == '"') {
            from++;
        } else if (*from == '\n') {
            count_line(csv, from);
        }
        *to++ = *from++;
    }
    return NULL;
}

static char *pass_plain(const struct csv *csv, char *from)
{
    while (from < csv->end && *from != ',' && *from != '\n' && *from != '\0') {
        from++;
    }
    return from;
}

/* One field; csv->next then stands behind its separator. 1: the row goes on, 0: it ends, or
   -1 with *err. */
static int read_field(struct csv *csv, struct csv_field *field, struct err *err)
{
    char *at = csv->next;
    char *stop;

    *field = (struct csv_field){ .text = at, .place = place_of(csv, at) };
    if (at < csv->end && *at == '"') {
        stop = pass_quoted(csv, at + 1, at);
        if (!stop) {
            return err_at(err, field->place, "a quote is opened and never closed");
        }
    } else {
        stop = pass_plain(csv, at);
    }
    if (stop + 1 < csv->end && stop[0] == '\r' && stop[1] == '\n') {
        stop++;
    }
    if (stop < csv->end && *stop == '\0') {
        return err_at(err, place_of(csv, stop), "a zero byte; this is not a text file");
    }
    if (stop < csv->end && *stop != ',' && *stop != '\n') {
        return err_at(err, place_of(csv, stop), "text follows a closing quote; a comma must");
    }
    bool ends = stop == csv->end || *stop == '\n';
    csv->next = stop < csv->end ? stop + 1 : stop;
    if (stop < csv->end && *stop == '\n') {
        count_line(csv, stop);
    }
    if (stop > at && stop[-1] == '\r' && ends) {
        stop[-1] = '\0';
    }
    *stop = '\0';
    return !ends;
}

static void skip_empty_lines(struct csv *csv)
{
    for (;;) {
        char *at = csv->next;
        if (at < csv->end && *at == '\r' && at[1] == '\n') {
            at++;
        }
        if (at == csv->end || *at != '\n') {
            return;
        }
        count_line(csv, at);
        csv->next = at + 1;
    }
}

int csv_row(struct csv *csv, struct csv_field *fields, uint32_t max, struct err *err)
{
    skip_empty_lines(csv);
    if (csv->next == csv->end) {
        return 0;
    }
    for (uint32_t count = 0; count < max; count++) {
        int more = read_field(csv, &fields[count], err);
        if (more < 0) {
            return -1;
        }
        if (!more) {
            return (int)count + 1;
        }
    }
    return err_at(err, place_of(csv, csv->next), "the row has more than %u fields", max);
}
