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

void params_default(struct engine_sharing *engine, const struct policy_ops *ops,
                    struct arena *arena)
{
    char *params = NULL;

    if (ops->params) {
        params = arena_take(arena, 1, ops->params->size);
        for (size_t i = 0; i < ops->params->count; i++) {
            write_value(params, &ops->params->fields[i], ops->params->fields[i].fallback);
        }
    }
    engine->policy = ops;
    engine->params = params;
}

void params_set(struct engine_sharing *engine, const char *key, int64_t value)
{
    const struct field_table *table = engine->policy->params;

    for (size_t i = 0; table && i < table->count; i++) {
        if (strcmp(table->fields[i].name, key) == 0) {
            write_value((char *)engine->params, &table->fields[i], value);
            return;
        }
    }
    fail_msg("policy %s has no parameter %s", engine->policy->name, key);
}
