#include "scenario/question.h"

#include <stdbool.h>
#include <string.h>

enum { QUESTION_MAX = 1000 }; /* Bytes. */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The line at *at without line end and blanks around it; moves *at behind it. */
static const char *next_line(const char **at, const char *end, size_t *ret_length)
{
    const char *start = *at;
    const char *stop = memchr(start, '\n', (size_t)(end - start));

    *at = stop ? stop + 1 : end;
    stop = stop ? stop : end;
    while (start < stop && is_blank(*start)) {
        start++;
    }
    while (stop > start && is_blank(stop[-1])) {
        stop--;
    }
    *ret_length = (size_t)(stop - start);
    return start;
}

const char *question_of(struct arena *arena, const char *bytes, size_t size)
{
    char question[QUESTION_MAX + 1];
    size_t used = 0;
    const char *end = bytes + size;
    const char *at = bytes;

    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    while (at < end) {
        size_t length;
        const char *line = next_line(&at, end, &length);
        bool is_rule = length == 3 && memcmp(line, "---", 3) == 0;
        if (used == 0 && (length == 0 || is_rule)) {
            continue;
        }
        if (length == 0 || line[0] != '#') {
            break;
        }
        const char *text = line;
        while (length > 0 && (*text == '#' || is_blank(*text))) {
            text++;
            length--;
        }
        if (length == 0 && used > 0) {
            break; /* An empty comment line ends the paragraph. */
        }
        if (used + length + 1 > QUESTION_MAX) {
            break;
        }
        if (used > 0 && length > 0) {
            question[used++] = ' ';
        }
        memcpy(question + used, text, length);
        used += length;
    }
    return arena_string_n(arena, question, used);
}
