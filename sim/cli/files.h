/*
 * files.h - reading whole files for commands and scenarios.
 */
#ifndef SIM_CLI_FILES_H
#define SIM_CLI_FILES_H

#include "base/arena.h"
#include "base/err.h"
#include "scenario/scenario.h"
#include "study/measured.h"

#include <stddef.h>

/* The largest file that is read: 4 GiB. */
#define FILE_BYTES_MAX (INT64_C(4) * GIB)

/* Reads a file, or standard input for "-", into the arena, with a zero byte behind it. 0, or
   -1 with *err of kind ERR_READ. */
int file_read(const char *path, struct arena *arena, const char **ret_bytes, size_t *ret_size,
              struct err *err);

/* As file_read, but returns 1 for a file that does not exist, and gives bytes that may be
   changed. The context is not used. */
int file_read_if_there(void *context, const char *path, struct arena *arena,
                       struct measured_bytes *ret, struct err *err);

/* The names of the .csv files of a folder, in order. How many; -1: there is no such folder. */
int file_list_csv(const char *folder, struct arena *arena, const char *const **ret);

/* Where the measurements of a device lie in `dir`; index NULL: index.csv. */
struct measured_source file_measurements(const char *dir, const char *device, const char *index,
                                         struct arena *arena);

/* The name of the folder in `dir` that holds a device's measurements: its name as given, or
   else another by which the catalogue knows it, h100 for h100-80gb, if there is such a folder;
   else as given. In the arena, or `device` itself. */
const char *file_device_folder(const char *dir, const char *device, struct arena *arena);

/* A reader for the files that a scenario names, relative to the folder of the scenario's own
   file (of the current folder for "-"). scenario_path must live as long as the reader. */
struct file_reader file_reader_beside(const char *scenario_path);

#endif
