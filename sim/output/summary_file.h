/*
 * summary_file.h - summary.json, read back.
 */
#ifndef SIM_OUTPUT_SUMMARY_FILE_H
#define SIM_OUTPUT_SUMMARY_FILE_H

#include "base/err.h"
#include "base/text.h"

#include <jansson.h>

enum { SUMMARY_FILE_TOO_LARGE = 1 };

struct summary_file {
    json_t *root;  /* Owned; an object with a name, which is a string. */
    char seed[24]; /* Its digits: JSON readers lose those beyond 63 bits. */
};

/* 0; -1 with *err of kind ERR_READ; or SUMMARY_FILE_TOO_LARGE, with *err saying so. */
int summary_file_load(struct summary_file *file, const char *path, struct err *err);

/* Accepts a zeroed one. */
void summary_file_fini(struct summary_file *file);

/* Appends the policies, or modes, of its GPUs: each once, the first few. */
void summary_file_put_policies(const struct summary_file *file, struct text *text);

#endif
