/*
 * arena.h - memory that is given out piece by piece and freed all at once.
 *
 * A scenario, and each run, owns one arena; everything built for it lives there and dies with
 * it, so nothing is freed twice or forgotten. Pieces never move. Not for use by two threads
 * at a time.
 */
#ifndef SIM_BASE_ARENA_H
#define SIM_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* Owned; newest first. */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);

/* Zeroed memory for count items of size bytes each, aligned for any type and, from 64 bytes
   on, to a cache line. Never NULL; a count of 0 gives a valid empty piece. */
void *arena_take(struct arena *arena, size_t count, size_t size);

/* Copies of a string, and of its first length bytes, ended by a zero byte. */
char *arena_string(struct arena *arena, const char *text);
char *arena_string_n(struct arena *arena, const char *text, size_t length);

/* printf into the arena. */
__attribute__((format(printf, 2, 3))) char *arena_format(struct arena *arena,
                                                         const char *format, ...);

#endif
