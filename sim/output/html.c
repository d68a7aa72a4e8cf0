#include "output/html.h"

#include "base/assert.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { HTML_COLUMNS_MAX = 32 };

void html_put(struct text *html, const char *string)
{
    for (; *string; string++) {
        switch (*string) {
        case '&':
            text_put(html, "&amp;");
            break;
        case '<':
            text_put(html, "&lt;");
            break;
        case '>':
            text_put(html, "&gt;");
            break;
        case '"':
            text_put(html, "&quot;");
            break;
        case '\'':
            text_put(html, "&#39;");
            break;
        default:
            text_put_bytes(html, string, 1);
        }
    }
}

/* As many digits as a reader takes in. */
static void put_rounded(struct text *html, double value)
{
    double size = fabs(value);
    int after = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;

    if (size > 0 && (size < 0.01 || size >= 1e9)) {
        text_printf(html, "%.3g", value);
    } else {
        text_printf(html, "%.*f", after, value);
    }
}

void html_put_number(struct text *html, enum html_kind kind, double value)
{
    if (kind == HTML_PERCENT) {
        text_printf(html, "%.1f", value);
    } else if (kind == HTML_MS) {
        put_rounded(html, value / 1e6);
    } else {
        put_rounded(html, value);
    }
}

static bool is_known(const json_t *value)
{
    return value && !json_is_null(value);
}

static void put_cell(struct text *html, enum html_kind kind, const json_t *value)
{
    if (!is_known(value)) {
        text_put(html, "\xe2\x80\x93");
    } else if (json_is_string(value)) {
        html_put(html, json_string_value(value));
    } else if (kind == HTML_COUNT && json_is_integer(value)) {
        text_printf(html, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        html_put_number(html, kind, json_number_value(value));
    }
}

static bool has_column(const json_t *rows, const char *key)
{
    size_t index = 0;
    json_t *row = NULL;

    json_array_foreach(rows, index, row)
    {
        if (is_known(json_object_get(row, key))) {
            return true;
        }
    }
    return false;
}

static void put_row(struct text *html, const struct html_table *table, const bool *is_shown,
                    const json_t *row)
{
    text_put(html, "<tr>");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct html_column *column = &table->columns[i];
        if (is_shown[i]) {
            text_put(html, i == 0                      ? "<th scope=\"row\">"
                           : column->kind == HTML_NAME ? "<td>"
                                                       : "<td class=\"n\">");
            put_cell(html, column->kind, json_object_get(row, column->key));
            text_put(html, i == 0 ? "</th>" : "</td>");
        }
    }
    text_put(html, "</tr>\n");
}

void html_put_table(struct text *html, const struct html_table *table, const json_t *rows,
                    size_t rows_max)
{
    bool is_shown[HTML_COLUMNS_MAX] = { false };
    size_t index = 0;
    json_t *row = NULL;

    assert(table->column_count <= HTML_COLUMNS_MAX);
    text_put(html, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
    html_put(html, table->caption);
    text_put(html, "\"><table><caption>");
    html_put(html, table->caption);
    if (json_array_size(rows) > rows_max) {
        text_printf(html, " (the first %zu of %zu)", rows_max, json_array_size(rows));
    }
    text_put(html, "</caption>\n<thead><tr>");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct html_column *column = &table->columns[i];
        is_shown[i] = i == 0 || has_column(rows, column->key);
        if (is_shown[i]) {
            text_put(html, column->kind == HTML_NAME ? "<th scope=\"col\">"
                                                     : "<th scope=\"col\" class=\"n\">");
            html_put(html, column->heading);
            text_put(html, "</th>");
        }
    }
    text_put(html, "</tr></thead>\n<tbody>\n");
    json_array_foreach(rows, index, row)
    {
        if (index < rows_max) {
            put_row(html, table, is_shown, row);
        }
    }
    text_put(html, "</tbody></table></div>\n");
}

/* Whether `at` begins with the lower-case word, in whatever case. */
static bool begins(const char *at, const char *word)
{
    while (*word && tolower((unsigned char)*at) == *word) {
        at++;
        word++;
    }
    return !*word;
}

/* An attribute that names an event, as in <rect onload=...>. */
static bool is_event(const char *at)
{
    if (!isspace((unsigned char)*at) || !begins(at + 1, "on")) {
        return false;
    }
    at += 3;
    while (isalpha((unsigned char)*at)) {
        at++;
    }
    while (isspace((unsigned char)*at)) {
        at++;
    }
    return *at == '=';
}

/* Markup that gnuplot never writes and that could act, or load something. */
static bool could_act(const char *svg)
{
    static const char *const words[] = { "<script", "<foreignobject", "<iframe", "<image",
                                         "<style",  "javascript:",    "<a ",     "<animate",
                                         "<set",    "<!doctype",      NULL };

    for (const char *at = svg; *at; at++) {
        if (is_event(at)) {
            return true;
        }
        for (size_t i = 0; words[i]; i++) {
            if (begins(at, words[i])) {
                return true;
            }
        }
    }
    return false;
}

/* Whether what follows is an id, or the use of one; then *ret_size bytes come before its name.
 */
static bool is_id(const char *at, size_t *ret_size)
{
    static const char *const before[] = { " id=\"",   " id='", "href='#",
                                          "href=\"#", "url(#", NULL };

    for (size_t i = 0; before[i]; i++) {
        if (strncmp(at, before[i], strlen(before[i])) == 0) {
            *ret_size = strlen(before[i]);
            return true;
        }
    }
    return false;
}

int html_put_svg(struct text *html, const char *svg, const char *prefix, const char *title,
                 const char *alt)
{
    const char *begin = strstr(svg, "<svg");
    const char *body = begin ? strstr(begin, "</desc>") : NULL;
    const char *box = begin ? strstr(begin, "viewBox=\"") : NULL;

    if (!body || !box || box > body || could_act(svg)) {
        return -1;
    }
    box += strlen("viewBox=\"");
    text_put(html, "<svg viewBox=\"");
    text_put_bytes(html, box, strcspn(box, "\"<>"));
    text_printf(html,
                "\" role=\"img\" aria-labelledby=\"%s-title %s-alt\"><title id=\"%s-title\">",
                prefix, prefix, prefix);
    html_put(html, title);
    text_printf(html, "</title><desc id=\"%s-alt\">", prefix);
    html_put(html, alt);
    text_put(html, "</desc>");
    for (const char *at = body + strlen("</desc>"); *at; at++) {
        size_t size = 0;
        if (is_id(at, &size)) {
            text_put_bytes(html, at, size);
            text_printf(html, "%s-", prefix);
            at += size - 1;
        } else {
            text_put_bytes(html, at, 1);
        }
    }
    return 0;
}
