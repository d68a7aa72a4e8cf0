/*
 * nearest.h - the known word that a mistyped one most likely meant.
 *
 * Words are offered one after the other; the best one is kept. Distance counts inserted,
 * missing, wrong and swapped neighbouring letters; letter case costs nothing. Of equally near
 * words the first offered wins.
 */
#ifndef SIM_BASE_NEAREST_H
#define SIM_BASE_NEAREST_H

#include <stdint.h>

struct nearest {
    const char *word; /* What was typed. Borrowed. */
    const char *best; /* Borrowed; NULL while nothing near was offered. */
    uint32_t distance;
};

void nearest_init(struct nearest *nearest, const char *word);

/* Offers a known word, which must live as long as the answer is used. */
void nearest_offer(struct nearest *nearest, const char *known);

/* The nearest word offered, or NULL if all are further than a third of the typed letters. */
const char *nearest_best(const struct nearest *nearest);

#endif
