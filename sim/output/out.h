/*
 * out.h - a file that appears whole or not at all.
 *
 * Bytes go to a file beside the wanted one, which takes its name when all is written. One that
 * had the name is removed just before: for an instant there is neither (and there is no fsync:
 * after a power cut it may still be missing). What is no regular file, as /dev/stdout
 * or a pipe, is written to directly, and "-" is standard output. Errors are kept until
 * out_close, so that writing needs no checks. Not for use by two threads at a time.
 */
#ifndef SIM_OUTPUT_OUT_H
#define SIM_OUTPUT_OUT_H

#include "base/err.h"
#include "base/units.h"

#include <stddef.h>
#include <stdio.h>

enum { OUT_BUFFER = 256 * 1024 };

struct out {
    FILE *stream; /* Owned, unless it is stdout. */
    char *path;   /* Owned; what the file will be called. */
    char
        *temporary; /* Owned; what it is called meanwhile, or NULL if it is written directly. */
    int failed;     /* The errno of the first failure; 0: none. */
    size_t used;
    char buffer[OUT_BUFFER];
};

/* 0, or -1 with *err of kind ERR_CREATE; then there is nothing to close. */
int out_open(struct out *o, const char *path, struct err *err);

/* The same for folder/name. */
int out_open_in(struct out *o, const char *folder, const char *name, struct err *err);

/* Writes what is left and gives the file its name. 0, or -1 with *err of kind ERR_WRITE, when
   anything since out_open failed; the file is then gone, and one that had its name is as
   before, if it was not for giving the name that it failed. Frees everything. */
int out_close(struct out *o, struct err *err);

/* Removes the file instead. Accepts a struct that was zeroed or is closed. */
void out_abandon(struct out *o);

void out_bytes(struct out *o, const char *bytes, size_t size);
void out_text(struct out *o, const char *text);
static inline void out_char(struct out *o, char c);
void out_int(struct out *o, int64_t value);
void out_wide(struct out *o, wide value);

/* "%.9g"; nothing for a NAN. */
void out_real(struct out *o, double value);

__attribute__((format(printf, 2, 3))) void out_format(struct out *o, const char *format, ...);

/* A cell of a CSV file: quoted if need be, without the comma. */
void out_cell(struct out *o, const char *text);

static inline void out_char(struct out *o, char c)
{
    if (o->used == OUT_BUFFER) {
        out_bytes(o, &c, 1);
    } else {
        o->buffer[o->used++] = c;
    }
}

/* A place for size <= OUT_BUFFER bytes, for rows that are put together quickly; out_fill then
   says where they end. Nothing else may be written between the two. */
static inline char *out_room(struct out *o, size_t size);
static inline void out_fill(struct out *o, const char *end);

/* Writes the buffer to the file. */
void out_flush(struct out *o);

static inline char *out_room(struct out *o, size_t size)
{
    if (OUT_BUFFER - o->used < size) {
        out_flush(o);
    }
    return o->buffer + o->used;
}

static inline void out_fill(struct out *o, const char *end)
{
    o->used = (size_t)(end - o->buffer);
}

/* Makes a folder and those above it, where missing. 0, or -1 with *err of kind ERR_CREATE. */
int out_folder(const char *path, struct err *err);

/* How many bytes at the beginning of a path name a folder that is there. */
size_t out_folder_old(const char *path);

/* Removes a folder and those above it, as far as they are empty and not within the first `old`
   bytes of the path. */
void out_folder_remove(const char *path, size_t old);

#endif
