#include "cli/vary.h"

#include "base/assert.h"

#include <string.h>

/* The length of the value that a text begins with, up to a comma that separates. */
static size_t value_length(const char *text)
{
    int depth = 0;
    char quote = '\0';
    size_t at = 0;

    for (; text[at]; at++) {
        char c = text[at];
        if (quote) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (c == ']' || c == '}') {
            depth--;
        } else if (c == ',' && depth <= 0) {
            break;
        }
    }
    return at;
}

static uint32_t count_values(const char *text)
{
    uint32_t count = 1;

    for (text += value_length(text); *text; text += value_length(text)) {
        text++;
        count++;
    }
    return count;
}

static int parse_axis(const char *text, struct arena *arena, struct vary_axis *axis,
                      struct err *err)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text || equals[1] == '\0') {
        return err_set(err, ERR_USAGE,
                       "--vary is '%s'; it must be PATH=VALUE,VALUE,..., as "
                       "gpus[0].sharing.slice=1ms,2ms",
                       text);
    }
    const char *rest = equals + 1;
    axis->path = arena_string_n(arena, text, (size_t)(equals - text));
    axis->value_count = count_values(rest);
    const char **values = arena_take(arena, axis->value_count, sizeof(values[0]));
    for (uint32_t i = 0; i < axis->value_count; i++) {
        size_t length = value_length(rest);
        if (length == 0) {
            return err_set(err, ERR_USAGE, "--vary is '%s'; value %u is empty", text, i + 1);
        }
        values[i] = arena_string_n(arena, rest, length);
        rest += length + (rest[length] == ',');
    }
    axis->values = values;
    return 0;
}

static int add_axis(struct vary *vary, struct vary_axis axis, struct err *err)
{
    if (vary->axis_count == VARY_AXES_MAX) {
        return err_set(err, ERR_USAGE, "more than %d things vary", VARY_AXES_MAX);
    }
    if (axis.value_count > VARY_VARIANTS_MAX / vary->variant_count) {
        return err_set(err, ERR_USAGE, "there are more than %d variants", VARY_VARIANTS_MAX);
    }
    vary->axes[vary->axis_count++] = axis;
    vary->variant_count *= axis.value_count;
    return 0;
}

int vary_parse(const struct option_list *texts, struct arena *arena, struct vary *ret,
               struct err *err)
{
    struct vary vary = { .variant_count = 1 };

    for (uint32_t i = 0; i < texts->count; i++) {
        struct vary_axis axis = { 0 };
        if (parse_axis(texts->items[i], arena, &axis, err) || add_axis(&vary, axis, err)) {
            return -1;
        }
    }
    *ret = vary;
    return 0;
}

static const struct vary_settings *copy_settings(const struct vary_entry *entry,
                                                 struct arena *arena)
{
    struct vary_settings *copies;

    if (!entry->settings) {
        return NULL;
    }
    copies = arena_take(arena, entry->value_count, sizeof(copies[0]));
    for (uint32_t i = 0; i < entry->value_count; i++) {
        const struct vary_settings *from = &entry->settings[i];
        struct vary_set *sets = arena_take(arena, from->set_count, sizeof(sets[0]));
        for (uint32_t k = 0; k < from->set_count; k++) {
            sets[k] = (struct vary_set){ arena_string(arena, from->sets[k].path),
                                         arena_string(arena, from->sets[k].value) };
        }
        copies[i] = (struct vary_settings){ sets, from->set_count };
    }
    return copies;
}

static struct vary_axis copy_axis(const struct vary_entry *entry, struct arena *arena)
{
    const char **values = arena_take(arena, entry->value_count, sizeof(values[0]));

    for (uint32_t i = 0; i < entry->value_count; i++) {
        values[i] = arena_string(arena, entry->values[i]);
    }
    return (struct vary_axis){ arena_string(arena, entry->path), values, entry->value_count,
                               copy_settings(entry, arena) };
}

/* The most texts that a value of the axis stands for. */
static uint32_t sets_max(const struct vary_axis *axis)
{
    uint32_t most = 1;

    for (uint32_t i = 0; axis->settings && i < axis->value_count; i++) {
        most = axis->settings[i].set_count > most ? axis->settings[i].set_count : most;
    }
    return most;
}

int vary_from_entries(const struct vary_entry *entries, uint32_t count, struct arena *arena,
                      struct vary *ret, struct err *err)
{
    struct vary vary = { .variant_count = 1 };

    uint32_t sets = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct vary_axis axis = copy_axis(&entries[i], arena);
        if (add_axis(&vary, axis, err)) {
            return -1;
        }
        sets += sets_max(&axis);
    }
    if (sets > OPTION_LIST_MAX) {
        return err_set(err, ERR_USAGE, "a variant changes more than %d values",
                       OPTION_LIST_MAX);
    }
    *ret = vary;
    return 0;
}

static void add_set(struct option_list *sets, struct arena *arena, const char *path,
                    const char *value)
{
    assert(sets->count < OPTION_LIST_MAX);
    sets->items[sets->count++] = arena_format(arena, "%s=%s", path, value);
}

void vary_variant(const struct vary *vary, uint32_t index, struct arena *arena,
                  struct option_list *sets, const char **ret_label)
{
    const char *label = NULL;
    uint32_t below = vary->variant_count;

    for (uint32_t i = 0; i < vary->axis_count; i++) {
        const struct vary_axis *axis = &vary->axes[i];
        below /= axis->value_count;
        uint32_t at = index / below % axis->value_count;
        const char *value = axis->values[at];
        if (!axis->settings) {
            add_set(sets, arena, axis->path, value);
        }
        for (uint32_t k = 0; axis->settings && k < axis->settings[at].set_count; k++) {
            const struct vary_set *set = &axis->settings[at].sets[k];
            add_set(sets, arena, set->path, set->value);
        }
        label = label ? arena_format(arena, "%s, %s", label, value) : value;
    }
    *ret_label = label ? label : "as it is";
}
