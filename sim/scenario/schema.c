/*
 * schema.c - the language as a JSON Schema (draft 7), for editors.
 *
 * It is made from the same shapes as the loader. A schema cannot say everything that the
 * loader checks; what it does say never refuses a right scenario.
 */
#include "base/assert.h"
#include "scenario/language.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER       "(0|[1-9][0-9]*)(\\.[0-9]+)?"
#define TIME         "^" NUMBER "(ns|us|ms|s|min|h|d)$"
#define SIZE         "^" NUMBER "([KMGT]i?)?B$"
#define RATE         "^" NUMBER "/(s|min|h)$"
#define SHARE        "^" NUMBER "%$"
#define BANDWIDTH    "^" NUMBER "([KMGT]i?)?B/s$"
#define RATE_OR_TIME "^" NUMBER "(/(s|min|h)|ns|us|ms|s|min|h|d)$"
#define TIME_OR_SIZE "^" NUMBER "(ns|us|ms|s|min|h|d|([KMGT]i?)?B)$"
#define ANY_BOUND    "^" NUMBER "(ns|us|ms|s|min|h|d|/(s|min|h)|%)$"
#define DEFINITIONS  "#/definitions/"

static json_t *shape_schema(const struct shape *shape);

static json_t *pattern(const char *form)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern", form);
}

static json_t *reference(const char *name)
{
    json_t *path = json_sprintf(DEFINITIONS "%s", name);

    return json_pack("{s:o}", "$ref", path);
}

static json_t *list_of(json_t *items)
{
    return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

static json_t *either(json_t *a, json_t *b)
{
    return json_pack("{s:[o, o]}", "anyOf", a, b);
}

static json_t *words_schema(const char *const *words)
{
    json_t *list = json_array();

    for (size_t i = 0; words[i]; i++) {
        json_array_append_new(list, json_string(words[i]));
    }
    return json_pack("{s:o}", "enum", list);
}

/* Editors take yes and no for booleans, or for words. */
static json_t *words_or_bools(const char *const *words)
{
    json_t *schema = words_schema(words);

    json_array_append_new(json_object_get(schema, "enum"), json_true());
    json_array_append_new(json_object_get(schema, "enum"), json_false());
    return schema;
}

/* A text may look like a number: a VM may be called 007. */
static json_t *text_schema(void)
{
    return json_pack("{s:[s, s]}", "type", "string", "number");
}

/* --------------------------------------------------------------------------------- fields */

static json_t *number_schema(const struct field *field)
{
    bool is_count = field->kind == FIELD_COUNT;
    double scale = is_count ? 1.0 : 1e6;
    json_t *schema = json_pack("{s:s}", "type", is_count ? "integer" : "number");

    if (field->min != 0 || field->max != 0) {
        json_object_set_new(schema, "minimum", json_real((double)field->min / scale));
        if (field->max != INT64_MAX) {
            json_object_set_new(schema, "maximum", json_real((double)field->max / scale));
        }
    }
    return schema;
}

static json_t *plain_schema(const struct field *field)
{
    switch (field->kind) {
    case FIELD_COUNT:
    case FIELD_NUMBER:
        return number_schema(field);
    case FIELD_TIME:
        return pattern(TIME);
    case FIELD_BYTES:
        return pattern(SIZE);
    case FIELD_BANDWIDTH:
        return pattern(BANDWIDTH);
    case FIELD_RATE:
        return pattern(RATE);
    case FIELD_SHARE:
        return pattern(SHARE);
    case FIELD_POWER:
        return pattern("^" NUMBER "[mk]?W$");
    case FIELD_TEMPERATURE:
        return pattern("^" NUMBER "C$");
    case FIELD_RESISTANCE:
        return pattern("^" NUMBER "K/W$");
    case FIELD_BOOL:
        return json_pack("{s:[b, b, s, s]}", "enum", 1, 0, "yes", "no");
    case FIELD_CHOICE:
        return words_schema(field->choices);
    default:
        return text_schema();
    }
}

static json_t *field_schema(const struct field *field)
{
    json_t *schema = plain_schema(field);

    if (field->word && field->kind != FIELD_TEXT) {
        schema = either(schema, json_pack("{s:s}", "const", field->word));
    }
    json_object_set_new(schema, "description", json_string(field->doc));
    return schema;
}

/* -------------------------------------------------------------------------------- members */

/* One mapping per kind, each with the key of the kind. */
static json_t *kinds_schema(const struct kind_shape *kinds, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, shape_schema(&kinds[i].shape));
    }
    return list;
}

static json_t *policy_schema(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < policy_registry_count; i++) {
        const struct policy_ops *ops = policy_registry[i];
        struct shape shape = policy_shape(ops);
        json_t *schema = shape_schema(&shape);
        json_t *name = json_object_get(json_object_get(schema, "properties"), "name");
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "const", ops->name, "description", ops->summary));
        json_object_set_new(name, "const", json_string(ops->name));
        json_array_append_new(list, schema);
    }
    json_array_append_new(list, shape_schema(&script_shape));
    json_array_append_new(list, shape_schema(&rm_shape));
    json_array_append_new(list,
                          json_pack("{s:s, s:{s:{s:s}}, s:[s]}", "type", "object", "properties",
                                    "library", "type", "string", "required", "library"));
    return json_pack("{s:o}", "anyOf", list);
}

static json_t *limiter_schema(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < limiter_registry_count; i++) {
        struct shape shape = limiter_shape(limiter_registry[i]);
        json_t *schema = shape_schema(&shape);
        json_t *name = json_object_get(json_object_get(schema, "properties"), "name");
        json_object_set_new(name, "const", json_string(limiter_registry[i]->name));
        json_array_append_new(list, schema);
    }
    return json_pack("{s:o}", "anyOf", list);
}

static json_t *job_schema(void)
{
    json_t *properties = json_object();

    for (int i = 0; phase_words[i]; i++) {
        bool is_compute = i == PHASE_COMPUTE;
        json_t *demand = reference("amount");
        if (is_compute) {
            demand = either(demand, shape_schema(&compute_shape));
        } else if (i == PHASE_HOST) {
            demand = either(demand, shape_schema(&host_shape));
        }
        json_object_set_new(properties, phase_words[i], demand);
    }
    return list_of(json_pack("{s:s, s:o, s:b, s:i, s:i}", "type", "object", "properties",
                             properties, "additionalProperties", 0, "minProperties", 1,
                             "maxProperties", 1));
}

/* Time, or bytes where the loader takes them. */
static json_t *amount_schema(void)
{
    json_t *list = kinds_schema(amount_kinds, amount_kind_count);

    json_array_insert_new(list, 0, pattern(TIME_OR_SIZE));
    json_array_insert_new(list, 1, json_pack("{s:s}", "const", "trace"));
    return json_pack("{s:o}", "anyOf", list);
}

/* Nothing but `base` is required of a device that has one. */
static json_t *device_schema(const struct shape *shape)
{
    json_t *schema = shape_schema(shape);

    json_object_del(schema, "required");
    return either(json_pack("{s:s}", "type", "string"), schema);
}

static json_t *form_schema(const struct member *member)
{
    switch (member->form) {
    case FORM_MAP:
        return shape_schema(member->shape);
    case FORM_LIST:
    case FORM_MIXTURE:
        return list_of(shape_schema(member->shape));
    case FORM_SEED:
        return json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
    case FORM_TIME:
        return pattern(TIME_OR_SIZE);
    case FORM_TIMES_OR_SIZES:
        return list_of(pattern(TIME_OR_SIZE));
    case FORM_RATE:
        return pattern(RATE);
    case FORM_RATES:
        return list_of(pattern(RATE));
    case FORM_RATE_OR_TIME:
        return pattern(RATE_OR_TIME);
    case FORM_BOUND:
        return pattern(ANY_BOUND);
    case FORM_AMOUNT:
        return reference("amount");
    case FORM_AMOUNTS:
        return list_of(reference("amount"));
    case FORM_DEVICE:
        return device_schema(member->shape);
    case FORM_SWITCH:
        return either(pattern(TIME), shape_schema(member->shape));
    case FORM_POLICY:
        return reference("policy");
    case FORM_LIMITER:
        return limiter_schema();
    case FORM_ARRIVAL:
        return json_pack("{s:o}", "anyOf", kinds_schema(arrival_kinds, arrival_kind_count));
    case FORM_JOB:
        return job_schema();
    case FORM_WORDS:
        return list_of(words_schema(member->words));
    case FORM_VARY:
        return json_pack("{s:s, s:{s:[s,s]}}", "type", "object", "additionalProperties", "type",
                         "array", "object");
    case FORM_FILES:
        return list_of(text_schema());
    case FORM_PARAMS:
        return json_pack("{s:s}", "type", "object");
    case FORM_SHARES:
        return list_of(pattern(SHARE));
    case FORM_PCI_MAP:
        return json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
                         shape_schema(member->shape));
    case FORM_WORD_OR_MAP:
        return either(words_or_bools(member->words), shape_schema(member->shape));
    case FORM_PCI_ID:
    case FORM_NAME:
        break;
    }
    return text_schema();
}

static json_t *shape_schema(const struct shape *shape)
{
    json_t *properties = json_object();
    json_t *required = json_array();

    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        json_object_set_new(properties, field->name, field_schema(field));
        if (field->required) {
            json_array_append_new(required, json_string(field->name));
        }
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        json_t *schema = form_schema(member);
        json_object_set_new(schema, "description", json_string(member->doc));
        json_object_set_new(properties, member->name, schema);
        if (member->required) {
            json_array_append_new(required, json_string(member->name));
        }
    }
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
                     "required", required, "additionalProperties", 0);
}

void scenario_write_schema(struct text *text)
{
    json_t *schema = shape_schema(&scenario_shape);
    json_t *definitions = json_object();

    json_object_set_new(definitions, "amount", amount_schema());
    json_object_set_new(definitions, "policy", policy_schema());
    json_t *all = json_pack("{s:s, s:s}", "$schema", "http://json-schema.org/draft-07/schema#",
                            "title", "A vgpusim scenario");
    assert(all && schema && definitions);
    json_object_update(all, schema);
    json_object_set_new(all, "definitions", definitions);
    char *bytes = json_dumps(all, JSON_INDENT(2));
    if (!bytes) {
        out_of_memory();
    }
    text_put(text, bytes);
    text_put(text, "\n");
    free(bytes);
    json_decref(schema);
    json_decref(all);
}
