/*
 * words.h - the words of results and of the domain, for `explain` and `list metrics`.
 */
#ifndef SIM_CLI_WORDS_H
#define SIM_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct word {
    const char *word;
    const char *summary; /* One line. */
    const char *text;    /* Further sentences; NULL: none. */
    bool
        is_metric; /* It can be an SLO's metric, or stand under `metrics:`, or is in results. */
};

extern const struct word words[];
extern const size_t word_count;

#endif
