/*
 * script_pool.h - memory of one script: a fixed piece, given out and taken back by size.
 *
 * A script's whole memory is part of its policy's state, so it dies with the run, and what a
 * script may take is bounded by what it was given. Blocks up to 512 bytes come in steps of 16,
 * larger ones in powers of two; a freed block waits for the next one of its size and is never
 * joined with others. So taking and freeing take constant time, and which addresses a script
 * gets depends on nothing but what it did.
 */
#ifndef SIM_POLICY_SCRIPT_POOL_H
#define SIM_POLICY_SCRIPT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POOL_STEP = 16, POOL_SMALL = 512, POOL_CLASSES = POOL_SMALL / POOL_STEP + 64 };

struct script_pool {
    unsigned char *next; /* What was never given out. */
    unsigned char *end;
    void *freed[POOL_CLASSES]; /* First of each size; each holds the address of the next. */
    int64_t allowance;         /* Bytes that may still be taken until it is set anew. */
    bool is_spent;             /* The last refusal was for want of allowance. */
};

/* An empty pool in `size` bytes at `memory`, which is aligned for any type. */
void script_pool_init(struct script_pool *pool, void *memory, size_t size);

/* As realloc, with the old size told, 0 if there was none; a new size of 0 frees. NULL if it
   is exhausted or the allowance is used up; the old block is then as it was. What becomes
   smaller always succeeds. */
void *script_pool_change(struct script_pool *pool, void *old, size_t old_size, size_t size);

#endif
