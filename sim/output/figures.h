/*
 * figures.h - the figures of a results folder, drawn by gnuplot.
 *
 * The scripts are plots/NAME.gp, which are part of the program; they read the folder's CSV
 * files and hold no number of the model. Each figure appears whole or not at all, as
 * DIR/figures/NAME.svg and so on; one that cannot be drawn does not keep the others away.
 */
#ifndef SIM_OUTPUT_FIGURES_H
#define SIM_OUTPUT_FIGURES_H

#include "base/err.h"

#include <stddef.h>

enum figure_format {
    FIGURE_SVG = 1 << 0,
    FIGURE_PNG = 1 << 1,
    FIGURE_PDF = 1 << 2,
};

/* Why nothing was drawn although nothing is wrong; err->text is a sentence for the user. */
enum {
    FIGURES_NO_GNUPLOT = 1,
    FIGURES_TOO_LARGE = 2, /* More VMs, or longer files, than a figure can show. */
};

/* A figure of a results folder. */
struct figure {
    const char *name;   /* Of its file. */
    const char *script; /* Path of the embedded script. */
    const char *title;  /* What it shows, as a heading. */
    const char *alt;    /* What is to be seen, for those who cannot see it. */
};

extern const struct figure figures[];
extern const size_t figure_count;

/* Draws every figure of the results in `dir` in each of the formats (a set of FIGURE_*).
   0; -1 with the first mistake in *err; or one of FIGURES_*. */
int figures_draw(const char *dir, unsigned formats, struct err *err);

/* Figures that are drawn from one file. */
enum file_figure {
    FIGURE_VALIDATION,           /* Of validation.csv (output/validation.h), ... */
    FIGURE_VALIDATION_REGIMES,   /* ... and of regimes.csv in the figure's folder, ... */
    FIGURE_VALIDATION_QUANTILES, /* ... of quantiles.csv, ... */
    FIGURE_VALIDATION_ERRORS,    /* ... of quantile_errors.csv, ... */
    FIGURE_VALIDATION_TIMELINES, /* ... of timelines.csv. */
    FIGURE_COMPARE,              /* Of compare.csv (output/comparison.h). */
};

struct figure_paths {
    const char *csv;          /* The file. */
    const char *folder;       /* Where the figure goes. */
    const char *subtitle;     /* Second line of its title. */
    const char *const *names; /* What the script is to call things; NULL: as the file does. */
    uint32_t name_count;
};

/* Draws one of them as `folder`/NAME.svg and so on. Returns as figures_draw does. */
int figures_draw_file(enum file_figure figure, const struct figure_paths *paths,
                      unsigned formats, struct err *err);

#endif
