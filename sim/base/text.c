#include "base/text.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

/* Makes room for more bytes and the '\0' behind them. */
static void text_grow(struct text *text, size_t more)
{
    size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;

    if (more >= SIZE_MAX / 4 - text->size) {
        out_of_memory();
    }
    while (capacity <= text->size + more) {
        capacity *= 2;
    }
    if (capacity == text->capacity) {
        return;
    }
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes) {
        out_of_memory();
    }
    text->bytes = bytes;
    text->capacity = capacity;
}

void text_init(struct text *text)
{
    *text = (struct text){ 0 };
    text_grow(text, 0);
    text->bytes[0] = '\0';
}

void text_fini(struct text *text)
{
    free(text->bytes);
    *text = (struct text){ 0 };
}

void text_clear(struct text *text)
{
    text->size = 0;
    text->bytes[0] = '\0';
}

void text_put(struct text *text, const char *string)
{
    text_put_bytes(text, string, strlen(string));
}

void text_put_bytes(struct text *text, const char *bytes, size_t size)
{
    text_grow(text, size);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_list again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    text_grow(text, (size_t)length);
    (void)vsnprintf(text->bytes + text->size, (size_t)length + 1, format, again);
    va_end(again);
    text->size += (size_t)length;
}

void text_put_wrapped(struct text *text, const char *lines, size_t width, size_t indent)
{
    size_t column = 0;

    while (*lines) {
        size_t blanks = strspn(lines, " ");
        size_t length = strcspn(lines + blanks, " \n");
        if (length == 0) { /* The end of a line. */
            text_put(text, "\n");
            lines += blanks + (lines[blanks] == '\n');
            column = 0;
            continue;
        }
        if (column > 0 && column + blanks + length > width) {
            text_printf(text, "\n%*s", (int)indent, "");
            column = indent;
            lines += blanks;
            blanks = 0;
        }
        text_put_bytes(text, lines, blanks + length);
        column += blanks + length;
        lines += blanks + length;
    }
}
