#include "scenario/bytes.h"

#include "scenario/scenario.h"

#include <string.h>

enum { BINARY_PART = 8 }; /* More than one wrong byte in so many: not a text at all. */

static bool is_inner(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t utf8_length(const char *bytes, size_t size)
{
    unsigned char first = (unsigned char)bytes[0];
    unsigned char second = size > 1 ? (unsigned char)bytes[1] : 0;
    size_t length = first < 0x80   ? 1
                    : first < 0xc2 ? 0
                    : first < 0xe0 ? 2
                    : first < 0xf0 ? 3
                                   : 4;

    if (length < 2) {
        return length;
    }
    if (first > 0xf4 || length > size) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (!is_inner(bytes[i])) {
            return 0;
        }
    }
    /* Forms that are too long, halves of surrogate pairs, and what lies beyond Unicode. */
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
        return 0;
    }
    return length;
}

static bool is_control(char byte)
{
    return (unsigned char)byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r';
}

/* Counts wrong bytes; *ret_first is the first of them. */
static size_t count_wrong(const char *bytes, size_t size, size_t *ret_first)
{
    size_t count = 0;

    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(bytes + i, size - i);
        if (length == 0) {
            *ret_first = count == 0 ? i : *ret_first;
            count++;
            length = 1;
        }
        i += length;
    }
    return count;
}

int bytes_check(const char *file, const char *bytes, size_t size, struct err *err)
{
    struct place start = { file, 1, 1 };
    size_t first = 0;

    if (size == 0) {
        return err_at(err, start, "the file is empty; it must hold a scenario");
    }
    if (size > SCENARIO_BYTES_MAX) {
        return err_at(err, start, "the file has more than %d bytes", SCENARIO_BYTES_MAX);
    }
    size_t wrong = count_wrong(bytes, size, &first);
    bool is_binary = wrong > size / BINARY_PART;
    for (size_t i = 0; i < size && !is_binary; i++) {
        is_binary = is_control(bytes[i]);
    }
    if (is_binary) {
        return err_at(err, start, "the file is binary; a scenario is a YAML text");
    }
    if (wrong == 0) {
        return 0;
    }
    struct place place = start;
    size_t line_start = 0;
    for (size_t i = 0; i < first; i++) {
        if (bytes[i] == '\n') {
            place.line++;
            line_start = i + 1;
        }
    }
    place.column = (uint32_t)(first - line_start) + 1;
    return err_at(err, place, "the byte 0x%02x is not UTF-8", (unsigned char)bytes[first]);
}

void cursor_move(struct cursor *cursor, const char *bytes, size_t size, size_t index)
{
    if (index < cursor->index) {
        *cursor = (struct cursor){ 0 };
    }
    while (cursor->index < index && cursor->offset < size) {
        bool ends_line = bytes[cursor->offset] == '\n';
        do {
            cursor->offset++;
        } while (cursor->offset < size && is_inner(bytes[cursor->offset]));
        cursor->index++;
        if (ends_line) {
            cursor->line++;
            cursor->line_start = cursor->offset;
        }
    }
}

struct place cursor_place(const struct cursor *cursor, const char *file)
{
    return (struct place){ file, cursor->line + 1,
                           (uint32_t)(cursor->offset - cursor->line_start) + 1 };
}
