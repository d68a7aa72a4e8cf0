/*
 * bytes.h - the bytes of a file before they are YAML: whether they are text, and places.
 */
#ifndef SIM_SCENARIO_BYTES_H
#define SIM_SCENARIO_BYTES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the bytes are a text in UTF-8 of at most SCENARIO_BYTES_MAX. 0, or -1 with *err: an
   empty or binary file is refused in line 1, column 1, a wrong byte of a text at its place. */
int bytes_check(const char *file, const char *bytes, size_t size, struct err *err);

/* A place in the bytes, in each way of counting. Starts as a zeroed struct. */
struct cursor {
    size_t index;      /* Characters before it. */
    size_t offset;     /* Bytes before it. */
    uint32_t line;     /* Line ends before it; lines end at '\n' only. */
    size_t line_start; /* Offset of its line. */
};

/* Moves to that character, or to the end. Quick when it lies ahead. */
void cursor_move(struct cursor *cursor, const char *bytes, size_t size, size_t index);

struct place cursor_place(const struct cursor *cursor, const char *file);

/* Bytes at the start that are one UTF-8 character, at most size; 0 if they are none. size > 0.
 */
size_t utf8_length(const char *bytes, size_t size);

#endif
