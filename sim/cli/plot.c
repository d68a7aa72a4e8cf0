/*
 * plot.c - `vgpusim plot`: the figures of a results folder, drawn again.
 */
#include "cli/commands.h"
#include "cli/load.h"
#include "output/figures.h"

#include <limits.h>
#include <stdio.h>

struct plot_options {
    bool pdf;
};

static const struct option_row rows[] = {
    { "pdf", 0, OPTION_FLAG, offsetof(struct plot_options, pdf), NULL, "PDF files too", 0, 0 },
};

static int plot_run(const void *options, char *const *operands, int operand_count)
{
    const struct plot_options *own = options;
    unsigned formats = FIGURE_SVG | FIGURE_PNG | (own->pdf ? FIGURE_PDF : 0U);

    for (int i = 0; i < operand_count; i++) {
        struct err err;
        int status = figures_draw(operands[i], formats, &err);
        if (status < 0) {
            return tell_error(&err);
        }
        if (status > 0) {
            fprintf(stderr, "figures: %s\n", err.text);
            return EXIT_RUN;
        }
        printf("figures: %s/figures\n", operands[i]);
    }
    return EXIT_DONE;
}

const struct command command_plot = {
    .name = "plot",
    .arguments = "DIR...",
    .summary = "draw the figures of a results folder again",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct plot_options),
    .operands_min = 1,
    .operands_max = INT_MAX,
    .run = plot_run,
};
