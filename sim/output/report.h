/*
 * report.h - one HTML page of a results folder.
 *
 * DIR/report.html holds everything that it shows: figures inline, no script, nothing loaded
 * from elsewhere. It is made of the folder's files alone, so it can be made again at any time
 * and is the same bytes wherever the figures are.
 */
#ifndef SIM_OUTPUT_REPORT_H
#define SIM_OUTPUT_REPORT_H

#include "base/err.h"

/* Writes DIR/report.html from summary.json, the CSV files, figures/NAME.svg and effective.yaml;
   of the last two, what is missing is left out. 0, or -1 with *err. */
int report_write(const char *dir, struct err *err);

#endif
