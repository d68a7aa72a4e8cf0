/*
 * watch.h - a progress bar on stderr where that is a terminal, and a clean end on Ctrl-C.
 */
#ifndef SIM_CLI_WATCH_H
#define SIM_CLI_WATCH_H

#include "study/simulate.h"

#include <pthread.h>
#include <stdbool.h>

struct watch {
    const char *name; /* Shown beside the bar. Borrowed. */
    bool shows;       /* stderr is a terminal. */
    double done;      /* 0..1 */
    int shown;        /* Percent on the screen; -1: none. */
    pthread_mutex_t lock;
};

/* Begins to watch for Ctrl-C, and fills *ret, which borrows the watch. */
void watch_begin(struct watch *watch, const char *name, struct simulate_watch *ret);

/* Takes the bar away, and lets Ctrl-C end the program again. */
void watch_end(struct watch *watch);

#endif
