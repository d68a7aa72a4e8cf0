/*
 * results.h - the folder that a run leaves behind.
 */
#ifndef SIM_OUTPUT_RESULTS_H
#define SIM_OUTPUT_RESULTS_H

#include "base/err.h"
#include "metrics/summary.h"
#include "output/json.h"

/* Writes summary.json and all CSV files but those that are asked for (jobs.csv, slices.csv)
   into a folder, which is made if missing. Each file appears whole or not at all. 0, or -1
   with *err of kind ERR_CREATE or ERR_WRITE. */
int results_write(const struct summary *s, const char *folder, struct err *err);

/* Writes run.json. As above. */
int results_write_run(const struct run_facts *facts, const char *folder, struct err *err);

/* Writes a text, as effective.yaml, whole or not at all. */
int results_write_text(const char *folder, const char *name, const char *bytes, size_t size,
                       struct err *err);

#endif
