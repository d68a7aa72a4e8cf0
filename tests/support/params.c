#include "support/params.h"

#include "support/test.h"

#include <string.h>

static void write_value(char *base, const struct field *field, int64_t value)
{
    char *at = base + field->offset;

    switch (field->kind) {
    case FIELD_COUNT:
    case FIELD_SHARE:
        *(uint32_t *)(void *)at = (uint32_t)value;
        break;
    case FIELD_NUMBER:
    case FIELD_RATE:
        *(double *)(void *)at = (double)value / 1e6;
        break;
    case FIELD_TIME:
    case FIELD_BYTES:
    case FIELD_BANDWIDTH:
    case FIELD_POWER:
    case FIELD_TEMPERATURE:
    case FIELD_RESISTANCE:
        *(int64_t *)(void *)at = value;
        break;
    case FIELD_BOOL:
        *(bool *)(void *)at = value != 0;
        break;
    case FIELD_CHOICE:
        *(int *)(void *)at = (int)value;
        break;
    case FIELD_TEXT:
    case FIELD_FILE:
        *(const char **)(void *)at = NULL;
        break;
    }
}

void *params_fill(const struct field_table *table, struct arena *arena)
{
    if (!table) {
        return NULL;
    }
    char *params = arena_take(arena, 1, table->size);
    for (size_t i = 0; i < table->count; i++) {
        write_value(params, &table->fields[i], table->fields[i].fallback);
    }
    return params;
}

void params_put(const struct field_table *table, void *params, const char *key, int64_t value)
{
    for (size_t i = 0; table && i < table->count; i++) {
        if (strcmp(table->fields[i].name, key) == 0) {
            write_value(params, &table->fields[i], value);
            return;
        }
    }
    fail_msg("there is no parameter %s", key);
}

void params_default(struct engine_sharing *engine, const struct policy_ops *ops,
                    struct arena *arena)
{
    engine->policy = ops;
    engine->params = params_fill(ops->params, arena);
}

void params_set(struct engine_sharing *engine, const char *key, int64_t value)
{
    params_put(engine->policy->params, (void *)engine->params, key, value);
}
