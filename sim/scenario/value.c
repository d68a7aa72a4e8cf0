#include "scenario/value.h"

#include "base/assert.h"
#include "base/nearest.h"
#include "base/quantity.h"
#include "scenario/inputs.h"

#include <inttypes.h>
#include <string.h>

#define MILLION 1e6

static void *at(void *target, const struct field *field)
{
    return (char *)target + field->offset;
}

static bool is_double(enum field_kind kind)
{
    return kind == FIELD_NUMBER || kind == FIELD_RATE;
}

static bool is_string(enum field_kind kind)
{
    return kind == FIELD_TEXT || kind == FIELD_FILE;
}

/* Stores a value in the field's C type. */
static void store(void *target, const struct field *field, int64_t value)
{
    void *place = at(target, field);

    switch (field->kind) {
    case FIELD_COUNT:
    case FIELD_SHARE:
        *(uint32_t *)place = (uint32_t)value;
        return;
    case FIELD_NUMBER:
    case FIELD_RATE:
        *(double *)place = (double)value / MILLION;
        return;
    case FIELD_TIME:
    case FIELD_BYTES:
    case FIELD_BANDWIDTH:
    case FIELD_POWER:
    case FIELD_TEMPERATURE:
    case FIELD_RESISTANCE:
        *(int64_t *)place = value;
        return;
    case FIELD_BOOL:
        *(bool *)place = value != 0;
        return;
    case FIELD_CHOICE:
        *(int *)place = (int)value;
        return;
    case FIELD_TEXT:
    case FIELD_FILE:
        *(const char **)place = NULL;
        return;
    }
}

static int64_t load(const void *target, const struct field *field)
{
    const void *place = (const char *)target + field->offset;

    switch (field->kind) {
    case FIELD_COUNT:
    case FIELD_SHARE:
        return *(const uint32_t *)place;
    case FIELD_BOOL:
        return *(const bool *)place;
    case FIELD_CHOICE:
        return *(const int *)place;
    default:
        return *(const int64_t *)place;
    }
}

/* Appends a value of a kind; doubles in millionths. */
static void write_plain(struct text *text, const struct field *field, int64_t value)
{
    switch (field->kind) {
    case FIELD_TIME:
        quantity_write_time(text, value);
        return;
    case FIELD_BYTES:
        quantity_write_bytes(text, value);
        return;
    case FIELD_BANDWIDTH:
        quantity_write_bandwidth(text, value);
        return;
    case FIELD_SHARE:
        quantity_write_share(text, value);
        return;
    case FIELD_POWER:
        quantity_write_power(text, value);
        return;
    case FIELD_TEMPERATURE:
        quantity_write_temperature(text, value);
        return;
    case FIELD_RESISTANCE:
        quantity_write_resistance(text, value);
        return;
    case FIELD_RATE:
        quantity_write_rate(text, (double)value / MILLION);
        return;
    case FIELD_NUMBER:
        quantity_write_number(text, (double)value / MILLION);
        return;
    case FIELD_BOOL:
        text_put(text, value ? "yes" : "no");
        return;
    case FIELD_CHOICE:
        text_put(text, field->choices[value]);
        return;
    default:
        text_printf(text, "%" PRId64, value);
        return;
    }
}

void value_write(struct text *text, const struct field *field, const void *target)
{
    const void *place = (const char *)target + field->offset;

    if (is_string(field->kind)) {
        const char *string = *(const char *const *)place;
        node_write_string(text, string ? string : field->word ? field->word : "");
    } else if (is_double(field->kind)) {
        double value = *(const double *)place;
        if (field->word && value * (double)PPM == (double)field->word_value) {
            text_put(text, field->word);
        } else if (field->kind == FIELD_RATE) {
            quantity_write_rate(text, value);
        } else {
            quantity_write_number(text, value);
        }
    } else if (field->word && load(target, field) == field->word_value) {
        text_put(text, field->word);
    } else {
        write_plain(text, field, load(target, field));
    }
}

void value_set_fallback(const struct field *field, void *target)
{
    store(target, field, field->fallback);
}

void value_write_fallback(struct text *text, const struct field *field)
{
    if (field->absent) {
        text_put(text, field->absent);
    } else if (field->word && field->fallback == field->word_value) {
        text_put(text, field->word);
    } else if (!is_string(field->kind)) {
        write_plain(text, field, field->fallback);
    }
}

/* --------------------------------------------------------------------- what is allowed */

static bool has_bounds(const struct field *field)
{
    return !is_string(field->kind) && field->kind != FIELD_BOOL &&
           field->kind != FIELD_CHOICE && (field->min != 0 || field->max != 0);
}

/* A bound reads better in long units. */
static void write_bound(struct text *text, const struct field *field, int64_t value)
{
    if (field->kind == FIELD_TIME && value > 0 && value % DAY == 0) {
        text_printf(text, "%" PRId64 "d", value / DAY);
    } else if (field->kind == FIELD_TIME && value > 0 && value % HOUR == 0) {
        text_printf(text, "%" PRId64 "h", value / HOUR);
    } else {
        write_plain(text, field, value);
    }
}

/* "between 1 and 9" or "at least 1". */
static void write_bounds(struct text *text, const struct field *field)
{
    bool has_end = field->max != INT64_MAX;

    text_put(text, has_end ? "between " : "at least ");
    write_bound(text, field, field->min);
    if (has_end) {
        text_put(text, " and ");
        write_bound(text, field, field->max);
    }
}

/* "a, b or c" */
static void write_choices(struct text *text, const char *const *choices)
{
    for (size_t i = 0; choices[i]; i++) {
        text_put(text, i == 0 ? "" : choices[i + 1] ? ", " : " or ");
        text_put(text, choices[i]);
    }
}

void value_write_allowed(struct text *text, const struct field *field)
{
    static const char *const names[] = {
        [FIELD_COUNT] = "a whole number",
        [FIELD_NUMBER] = "a number",
        [FIELD_TIME] = "a time",
        [FIELD_BYTES] = "a size",
        [FIELD_RATE] = "a rate",
        [FIELD_SHARE] = "a share",
        [FIELD_BOOL] = "yes or no",
        [FIELD_CHOICE] = "",
        [FIELD_TEXT] = "a text",
        [FIELD_FILE] = "a file",
        [FIELD_BANDWIDTH] = "a bandwidth",
        [FIELD_POWER] = "a power",
        [FIELD_TEMPERATURE] = "a temperature",
        [FIELD_RESISTANCE] = "a thermal resistance",
    };

    text_put(text, names[field->kind]);
    if (field->kind == FIELD_CHOICE) {
        write_choices(text, field->choices);
    }
    if (has_bounds(field)) {
        text_put(text, " ");
        write_bounds(text, field);
    }
    if (field->word) {
        text_printf(text, ", or %s", field->word);
    }
}

static void refuse_bounds(struct check *check, const struct node *node,
                          const struct field *field)
{
    struct text text;

    text_init(&text);
    write_bounds(&text, field);
    if (field->word) {
        text_printf(&text, ", or %s", field->word);
    }
    check_refuse_value(check, node, "it must be %s", text.bytes);
    text_fini(&text);
}

/* ----------------------------------------------------------------------------- reading */

static void refuse_allowed(struct check *check, const struct node *node,
                           const struct field *field)
{
    struct text text;

    text_init(&text);
    value_write_allowed(&text, field);
    check_refuse_value(check, node, "it must be %s", text.bytes);
    text_fini(&text);
}

/* What the quantity says of itself, and the word that could stand there instead. */
static void refuse_form(struct check *check, const struct node *node, const struct field *field,
                        const struct err *err)
{
    size_t length = strspn(node->text, "0123456789.");
    bool is_bare = field->guess && length > 0 && node->text[length] == '\0';

    if (is_bare) {
        check_refuse_value(check, node, "a time needs a unit: did you mean %s%s?", node->text,
                           field->guess);
    } else {
        bool is_question = err->text[strlen(err->text) - 1] == '?';
        check_refuse_value(check, node, "%s%s%s", err->text,
                           !field->word  ? ""
                           : is_question ? " It may also be "
                                         : "; it may also be ",
                           field->word ? field->word : "");
    }
}

static bool read_choice(struct check *check, const struct node *node, const struct field *field,
                        int64_t *ret)
{
    struct nearest nearest;
    struct text text;

    nearest_init(&nearest, node->text);
    for (int64_t i = 0; field->choices[i]; i++) {
        if (strcmp(field->choices[i], node->text) == 0) {
            *ret = i;
            return true;
        }
        nearest_offer(&nearest, field->choices[i]);
    }
    const char *best = nearest_best(&nearest);
    text_init(&text);
    write_choices(&text, field->choices);
    check_refuse_value(check, node, "it must be %s%s%s%s", text.bytes,
                       best ? ": did you mean " : "", best ? best : "", best ? "?" : "");
    text_fini(&text);
    return false;
}

static bool read_bool(struct check *check, const struct node *node, int64_t *ret)
{
    static const char *const words[] = { "no", "yes", "false", "true" };

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i], node->text) == 0) {
            *ret = i % 2;
            return true;
        }
    }
    check_refuse_value(check, node, "it must be yes or no");
    return false;
}

static int read_integer(const char *string, enum field_kind kind, int64_t *ret, struct err *err)
{
    switch (kind) {
    case FIELD_TIME:
        return quantity_read_time(string, ret, err);
    case FIELD_BYTES:
        return quantity_read_bytes(string, ret, err);
    case FIELD_BANDWIDTH:
        return quantity_read_bandwidth(string, ret, err);
    case FIELD_SHARE:
        return quantity_read_share(string, ret, err);
    case FIELD_POWER:
        return quantity_read_power(string, ret, err);
    case FIELD_TEMPERATURE:
        return quantity_read_temperature(string, ret, err);
    case FIELD_RESISTANCE:
        return quantity_read_resistance(string, ret, err);
    default:
        return quantity_read_count(string, ret, err);
    }
}

static bool read_double(struct check *check, const struct node *node, const struct field *field,
                        void *target)
{
    struct err err;
    double value;
    int result = field->kind == FIELD_RATE ? quantity_read_rate(node->text, &value, NULL, &err)
                                           : quantity_read_number(node->text, &value, &err);

    if (result) {
        check_refuse_value(check, node, "%s", err.text);
        return false;
    }
    if (has_bounds(field) &&
        (value < (double)field->min / MILLION ||
         (field->max != INT64_MAX && value > (double)field->max / MILLION))) {
        refuse_bounds(check, node, field);
        return false;
    }
    *(double *)at(target, field) = value;
    return true;
}

static bool read_string(struct check *check, const struct node *node, const struct field *field,
                        void *target)
{
    if (field->kind == FIELD_FILE && !inputs_add(check, node)) {
        return false;
    }
    *(const char **)at(target, field) = node->text;
    return true;
}

bool value_read(struct check *check, const struct node *node, const struct field *field,
                void *target)
{
    struct err err;
    int64_t value;

    if (node->kind != NODE_TEXT || node->is_empty) {
        refuse_allowed(check, node, field);
        return false;
    }
    if (field->word && strcmp(node->text, field->word) == 0) {
        store(target, field, field->word_value);
        return true;
    }
    if (is_string(field->kind)) {
        return read_string(check, node, field, target);
    }
    if (is_double(field->kind)) {
        return read_double(check, node, field, target);
    }
    if (field->kind == FIELD_CHOICE || field->kind == FIELD_BOOL) {
        if (field->kind == FIELD_BOOL ? !read_bool(check, node, &value)
                                      : !read_choice(check, node, field, &value)) {
            return false;
        }
        store(target, field, value);
        return true;
    }
    if (read_integer(node->text, field->kind, &value, &err)) {
        refuse_form(check, node, field, &err);
        return false;
    }
    bool is_small = field->kind == FIELD_COUNT || field->kind == FIELD_SHARE;
    if ((has_bounds(field) && (value < field->min || value > field->max)) ||
        (is_small && value > UINT32_MAX)) {
        refuse_bounds(check, node, field);
        return false;
    }
    store(target, field, value);
    return true;
}
