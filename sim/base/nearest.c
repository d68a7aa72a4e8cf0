#include "base/nearest.h"

#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 63 }; /* Longer words are no typing mistakes. */

/* Letters as they are compared: case and the locale play no part. */
static char folded(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table of prefixes are enough. */
static uint32_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    uint32_t rows[3][WORD_MAX + 1];
    uint32_t *before = rows[0];
    uint32_t *above = rows[1];
    uint32_t *row = rows[2];

    for (uint32_t j = 0; j <= b_length; j++) {
        above[j] = j;
        before[j] = 0;
    }
    for (uint32_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (uint32_t j = 1; j <= b_length; j++) {
            char x = folded(a[i - 1]);
            char y = folded(b[j - 1]);
            row[j] = least(above[j - 1] + (x != y), 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && x == folded(b[j - 2]) && folded(a[i - 2]) == y) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        uint32_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b_length];
}

void nearest_init(struct nearest *nearest, const char *word)
{
    *nearest = (struct nearest){ .word = word, .distance = UINT32_MAX };
}

void nearest_offer(struct nearest *nearest, const char *known)
{
    size_t word_length = strlen(nearest->word);
    size_t known_length = strlen(known);

    if (word_length > WORD_MAX || known_length > WORD_MAX) {
        return;
    }
    uint32_t far = distance(nearest->word, word_length, known, known_length);
    uint32_t allowed = word_length < 3 ? 1 : (uint32_t)(word_length + 1) / 3;
    if (far <= allowed && far < known_length && far < nearest->distance) {
        nearest->distance = far;
        nearest->best = known;
    }
}

const char *nearest_best(const struct nearest *nearest)
{
    return nearest->best;
}
