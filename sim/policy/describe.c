#include "policy/describe.h"

#include "base/quantity.h"
#include "policy/limiter.h"
#include "policy/policy.h"

#include <inttypes.h>

void describe_default(const struct field *field, struct text *text)
{
    if (field->required) {
        text_put(text, "required");
    } else if (field->absent) {
        text_put(text, field->absent);
    } else if (field->word && field->fallback == field->word_value) {
        text_put(text, field->word);
    } else {
        switch (field->kind) {
        case FIELD_CHOICE:
            text_put(text, field->choices[field->fallback]);
            break;
        case FIELD_BOOL:
            text_put(text, field->fallback ? "yes" : "no");
            break;
        case FIELD_TIME:
            quantity_write_time(text, field->fallback);
            break;
        case FIELD_BYTES:
            quantity_write_bytes(text, field->fallback);
            break;
        case FIELD_BANDWIDTH:
            quantity_write_bandwidth(text, field->fallback);
            break;
        case FIELD_SHARE:
            quantity_write_share(text, field->fallback);
            break;
        case FIELD_POWER:
            quantity_write_power(text, field->fallback);
            break;
        case FIELD_TEMPERATURE:
            quantity_write_temperature(text, field->fallback);
            break;
        case FIELD_RESISTANCE:
            quantity_write_resistance(text, field->fallback);
            break;
        case FIELD_RATE:
            quantity_write_rate(text, (double)field->fallback / (double)PPM);
            break;
        case FIELD_NUMBER:
            quantity_write_number(text, (double)field->fallback / (double)PPM);
            break;
        case FIELD_COUNT:
            text_printf(text, "%" PRId64, field->fallback);
            break;
        case FIELD_TEXT:
        case FIELD_FILE:
            text_put(text, "none");
            break;
        }
    }
}

/* The words of a choice: keep, give. */
static void put_choices(const struct field *field, struct text *text)
{
    text_put(text, " One of");
    for (size_t i = 0; field->choices[i]; i++) {
        text_printf(text, "%s `%s`", i > 0 ? "," : "", field->choices[i]);
    }
    text_put(text, ".");
}

static void put_parameters(const struct field_table *table, struct text *text)
{
    if (!table || table->count == 0) {
        return;
    }
    text_put(text, "| parameter | default | |\n|---|---|---|\n");
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        text_printf(text, "| `%s` | ", field->name);
        describe_default(field, text);
        text_printf(text, " | %s", field->doc);
        if (field->kind == FIELD_CHOICE) {
            put_choices(field, text);
        }
        text_put(text, " |\n");
    }
    text_put(text, "\n");
}

static void put_policy(const struct policy_ops *ops, struct text *text)
{
    text_printf(text, "## %s\n\n%s\n\n", ops->name, ops->about);
    put_parameters(ops->params, text);
    text_printf(text,
                "With these defaults it %s.%s Its source is `sim/policy/%s.c`, its test "
                "`tests/policy/test_%s.c`.\n\n",
                ops->work_conserving ? "never idles while a VM has work"
                                     : "may idle while a VM has work",
                ops->needs_demand ? " It knows how long jobs take, as no real scheduler does."
                                  : "",
                ops->name, ops->name);
}

/* What may be beneath a policy. */
static void put_limiters(struct text *text)
{
    text_put(text,
             "## Limiters, beneath a policy\n\n"
             "A limiter is a scheduler of its own inside a VM or container. It holds the "
             "VM back before the GPU's policy sees its work: `limiter: {name: NAME, "
             "PARAMETER: ...}` of the VM. To the policy, a VM that is held back has no "
             "work. [limiters.md](limiters.md) holds them against what was measured.\n\n");
    for (size_t i = 0; i < limiter_registry_count; i++) {
        const struct limiter_ops *ops = limiter_registry[i];
        text_printf(text, "### limiter %s\n\n%s\n\n", ops->name, ops->about);
        put_parameters(ops->params, text);
        text_printf(text,
                    "Its source is `sim/policy/limit_%s.c`, its test "
                    "`tests/policy/test_limiter.c`.\n\n",
                    ops->name);
    }
}

void describe_policies_page(struct text *text)
{
    text_printf(
        text,
        "# Policies\n\nMade by `make docs` from the program itself.\n\nThe policy of a "
        "time-sliced GPU decides who runs next, and for how long: `sharing: {policy: "
        "NAME}`, or `{policy: {name: NAME, PARAMETER: ...}}`. Every one of the %zu runs "
        "on every scenario without parameters. What it wants to know of a VM stands in "
        "the VM's `weight`, `priority` and `schedule`. The bound that it keeps is said "
        "in the second sentence, and tested.\n\n| policy | | wastes nothing |\n"
        "|---|---|---|\n",
        policy_registry_count);
    for (size_t i = 0; i < policy_registry_count; i++) {
        const struct policy_ops *ops = policy_registry[i];
        text_printf(text, "| [%s](#%s) | %s | %s |\n", ops->name, ops->name, ops->summary,
                    ops->work_conserving ? "yes" : "no");
    }
    text_put(text, "\n");
    for (size_t i = 0; i < policy_registry_count; i++) {
        put_policy(policy_registry[i], text);
    }
    put_limiters(text);
    text->size--; /* The last empty line. */
    text->bytes[text->size] = '\0';
}
