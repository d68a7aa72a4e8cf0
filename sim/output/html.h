/*
 * html.h - the pieces of which the report is put together.
 *
 * Whatever comes from a user's file - a name, a question, a cell - passes through html_put,
 * which leaves nothing in it that a browser would take for markup.
 */
#ifndef SIM_OUTPUT_HTML_H
#define SIM_OUTPUT_HTML_H

#include "base/text.h"

#include <jansson.h>
#include <stddef.h>

/* Appends a string as text, or as the value of a quoted attribute. */
void html_put(struct text *html, const char *string);

/* How a cell of a table is shown. */
enum html_kind {
    HTML_NAME,
    HTML_COUNT,
    HTML_MS,      /* Nanoseconds, shown in ms. */
    HTML_NUMBER,  /* With three or four digits. */
    HTML_PERCENT, /* With one digit after the point. */
};

struct html_column {
    const char *key; /* Of the objects of the rows. */
    const char *heading;
    enum html_kind kind;
};

/* Appends a table of an array of objects, a row each, of which `rows_max` are shown. What is
   null or missing gives a dash; a column without anything is left out. */
struct html_table {
    const char *caption;
    const struct html_column *columns; /* The first is the heading of its row. */
    size_t column_count;
};
void html_put_table(struct text *html, const struct html_table *table, const json_t *rows,
                    size_t rows_max);

/* Appends a number as a cell shows it. */
void html_put_number(struct text *html, enum html_kind kind, double value);

/* Appends a drawing of gnuplot's, named `title` and described by `alt` for those who do not see
   it; its ids get the prefix, so that several drawings fit on one page. -1, with nothing
   appended, if it is no such drawing or holds anything that could act. */
int html_put_svg(struct text *html, const char *svg, const char *prefix, const char *title,
                 const char *alt);

#endif
