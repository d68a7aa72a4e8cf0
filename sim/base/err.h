/*
 * err.h - a user's mistake, with the place where it was made.
 *
 * A function that can fail for a reason outside the program takes a `struct err *` last,
 * returns 0 or -1, and leaves its outputs untouched when it fails. The text is one sentence:
 * what was found, what is allowed. cli alone prints it.
 */
#ifndef SIM_BASE_ERR_H
#define SIM_BASE_ERR_H

#include <stdint.h>

/* What went wrong; cli turns it into the exit code. */
enum err_kind {
    ERR_NONE,
    ERR_RUN,      /* The simulation itself failed, as by a user's script; exit code 1. */
    ERR_USAGE,    /* The command line; exit code 2. */
    ERR_SCENARIO, /* A file's content; exit code 65. */
    ERR_READ,     /* A file cannot be read; exit code 66. */
    ERR_CREATE,   /* A file or folder cannot be created; exit code 73. */
    ERR_WRITE,    /* Writing failed, as on a full disk; exit code 74. */
};

/* A place in a text: lines and columns (in bytes) count from 1. */
struct place {
    const char *file; /* As the user wrote it; NULL: no place. Borrowed. */
    uint32_t line;    /* 0: the file as a whole. */
    uint32_t column;
};

struct err {
    enum err_kind kind;
    struct place place;
    char text[480];
};

/* Fills *err without a place and returns -1, so that `return err_set(...)` reads well.
   A text that is too long is cut at the end. */
__attribute__((format(printf, 3, 4))) int err_set(struct err *err, enum err_kind kind,
                                                  const char *format, ...);

/* As err_set, of kind ERR_SCENARIO, with a place. */
__attribute__((format(printf, 3, 4))) int err_at(struct err *err, struct place place,
                                                 const char *format, ...);

#endif
