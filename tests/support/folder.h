/*
 * folder.h - folders of results for the tests of what reads them.
 *
 * The sample in tests/figures/sample/ has names with underscores, a VM that finished nothing
 * and cells that are empty. Whatever cannot be done fails the test.
 */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

#include "base/text.h"

#include <stddef.h>

#define FOLDER_SAMPLE "tests/figures/sample"

enum { FOLDER_PATH_MAX = 4096, FOLDER_SAMPLE_FILES = 8 };

/* The last one is summary.json, the others are CSV files. */
extern const char *const folder_sample_files[FOLDER_SAMPLE_FILES];

/* A copy of the sample in a folder of that name among the test's own; its path. */
void folder_copy_sample(char ret_path[FOLDER_PATH_MAX], const char *name);

/* The bytes of a file, which text_fini frees. */
void folder_read(const char *path, struct text *ret);
void folder_write(const char *folder, const char *name, const char *bytes, size_t size);

/* Writes `to` in place of the first `from` in a file, which has it. */
void folder_alter(const char *folder, const char *file, const char *from, const char *to);

/* Every element is closed by its own name, but for those that HTML never closes, and one
   element holds all the others. */
void markup_check(const char *at);

#endif
