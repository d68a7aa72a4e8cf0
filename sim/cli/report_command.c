/*
 * report_command.c - `vgpusim report`: one self-contained HTML page of a results folder.
 */
#include "cli/commands.h"
#include "cli/load.h"
#include "output/figures.h"
#include "output/report.h"

#include <limits.h>
#include <stdio.h>

static int report_run(const void *options, char *const *operands, int operand_count)
{
    (void)options;
    for (int i = 0; i < operand_count; i++) {
        struct err err;
        int status = figures_draw(operands[i], FIGURE_SVG, &err);
        if (status < 0) {
            return tell_error(&err);
        }
        if (status > 0) {
            fprintf(stderr, "figures: %s\n", err.text);
        }
        if (report_write(operands[i], &err)) {
            return tell_error(&err);
        }
        printf("report: %s/report.html\n", operands[i]);
    }
    return EXIT_DONE;
}

const struct command command_report = {
    .name = "report",
    .arguments = "DIR...",
    .summary = "write one HTML page of a results folder",
    .operands_min = 1,
    .operands_max = INT_MAX,
    .run = report_run,
};
