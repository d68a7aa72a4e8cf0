/*
 * gnuplot.h - one gnuplot process that draws one file, whole or not at all.
 *
 * The script is fed on standard input, so that no file of a guessable name is needed; what
 * gnuplot says is kept for the error. The figure is written beside its final name and renamed
 * once it is known to be complete. Several may run at a time.
 */
#ifndef SIM_OUTPUT_GNUPLOT_H
#define SIM_OUTPUT_GNUPLOT_H

#include "base/err.h"
#include "base/text.h"

#include <sys/types.h>

enum { GNUPLOT_MISSING = 1 };

/* All zero before gnuplot_start and after gnuplot_finish. */
struct gnuplot {
    pid_t pid;          /* 0: not running. */
    int talk;           /* An unnamed file that holds what gnuplot prints. */
    const char *name;   /* Borrowed. */
    struct text final;  /* Path of the figure. */
    struct text beside; /* Where it is written meanwhile. */
};

/* What to draw. Borrowed for the time of gnuplot_start. */
struct gnuplot_task {
    const char *name;   /* Of the figure, as in messages. Borrowed until the end. */
    const char *folder; /* Where it goes; exists. */
    const char *format; /* svg, png or pdf: the ending of the file. */
    const char *script; /* Reads the variables `format` and `output`. */
};

/* Starts gnuplot. 0; -1 with *err; or GNUPLOT_MISSING where there is no such program. */
int gnuplot_start(struct gnuplot *run, const struct gnuplot_task *task, struct err *err);

/* Waits for the end; afterwards the figure has its name or, on failure, is gone. Accepts one
   that is not running. 0, or -1 with *err holding what gnuplot said. */
int gnuplot_finish(struct gnuplot *run, struct err *err);

/* Appends a string as a gnuplot literal that stands for exactly these bytes. */
void gnuplot_quote(struct text *text, const char *string);

#endif
