/*
 * report.h - errors as people read them: place, sentence, the line and a caret.
 *
 *     two_vms.yaml:12:15: error: vms[1].weight is 0; it must be between 1 and 10000
 *           weight: 0
 *                   ^
 */
#ifndef SIM_CLI_REPORT_H
#define SIM_CLI_REPORT_H

#include "base/err.h"
#include "scenario/scenario.h"

#include <stddef.h>
#include <stdio.h>

/* Prints one error. `bytes` are those of the file that it is placed in; NULL: no line is
   shown. Of a long line, the part around the place is shown; tabs count as one blank, and
   what is not printable as one '?'. */
void report_error(FILE *out, const struct err *err, const char *bytes, size_t size);

/* Prints the errors of a scenario, each with its line, and whether there were more. */
void report_errors(FILE *out, const struct scenario_source *source,
                   const struct err_list *errors);

#endif
