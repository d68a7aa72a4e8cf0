/*
 * threads.h - how many threads a command uses.
 */
#ifndef SIM_CLI_THREADS_H
#define SIM_CLI_THREADS_H

#include <stdint.h>

enum { THREADS_MAX = 1024 };

/* As asked for; 0: one for each processor. */
uint32_t thread_count(uint64_t wanted);

#endif
