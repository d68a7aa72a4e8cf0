/*
 * text.h - a text that grows at its end.
 *
 * For what is put together before it is written in one go. The text always ends in '\0',
 * which is not part of it. Bytes may be any.
 */
#ifndef SIM_BASE_TEXT_H
#define SIM_BASE_TEXT_H

#include <stddef.h>

struct text {
    char *bytes; /* Owned; never NULL after text_init. */
    size_t size; /* Without the '\0'. */
    size_t capacity;
};

void text_init(struct text *text);

/* Accepts a zeroed text. */
void text_fini(struct text *text);

/* Empties it, and keeps its memory. */
void text_clear(struct text *text);

/* Appends a string, and size bytes. */
void text_put(struct text *text, const char *string);
void text_put_bytes(struct text *text, const char *bytes, size_t size);

/* Appends lines that end in \n, those longer than `width` broken between words, with `indent`
   blanks before what follows. A word that is too long stands in a line of its own. */
void text_put_wrapped(struct text *text, const char *lines, size_t width, size_t indent);

/* Appends as printf does. */
__attribute__((format(printf, 2, 3))) void text_printf(struct text *text, const char *format,
                                                       ...);

#endif
