/*
 * report_parts.h - what the parts of the report share. Internal to output/.
 */
#ifndef SIM_OUTPUT_REPORT_PARTS_H
#define SIM_OUTPUT_REPORT_PARTS_H

#include "base/arena.h"
#include "base/text.h"
#include "base/units.h"
#include "output/html.h"

#include <jansson.h>

enum { REPORT_ROWS_MAX = 500 }; /* Of a table; the CSV files have all. */

#define TABLE(caption, columns) (&(struct html_table){ caption, columns, ARRAY_LEN(columns) })

/* What a report is made of. */
struct report {
    struct text html;
    struct arena arena; /* Paths. */
    const char *dir;
    const json_t *root; /* Of summary.json. Borrowed. */
};

/* The figure of that name, if it was drawn. */
void report_put_figure(struct report *r, const char *name);

/* The text of a member, or "". */
const char *report_text_of(const json_t *object, const char *key);

/* How the GPUs of a fleet differ; nothing of other runs. */
void report_put_fleet(struct report *r);

#endif
