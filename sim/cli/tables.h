/*
 * tables.h - `--catalogue DIR`: a folder whose CSV files add to the catalogue.
 */
#ifndef SIM_CLI_TABLES_H
#define SIM_CLI_TABLES_H

#include "base/arena.h"
#include "base/err.h"
#include "catalogue/catalogue.h"

#include <stdint.h>

#define CATALOGUE_DOC "add the tables in a folder to the catalogue"

/* Reads every .csv of the folder, in the order of their names, into the arena. 0, or -1 with
 *err: no such folder, no .csv in it, or one that cannot be read. */
int tables_of_folder(const char *folder, struct arena *arena,
                     const struct catalogue_file **ret_files, uint32_t *ret_count,
                     struct err *err);

/* The catalogue, with the tables of the folder if that is not NULL. Returns EXIT_DONE, or an
   exit code after telling what is wrong. */
int tables_open(const char *folder, struct arena *arena, struct catalogue *ret);

#endif
