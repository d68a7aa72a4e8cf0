#include "import/notes.h"

#include "base/nearest.h"

#include <stdarg.h>
#include <stdio.h>

void note_put(struct text *notes, struct place place, const char *format, ...)
{
    char line[400];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    text_printf(notes, "%s:%u:%u: note: %s\n", place.file, place.line, place.column, line);
}

void note_unknown(struct text *notes, const struct toml_entry *entry, const char *const *known)
{
    struct nearest nearest;

    nearest_init(&nearest, entry->key);
    for (size_t i = 0; known[i]; i++) {
        nearest_offer(&nearest, known[i]);
    }
    const char *best = nearest_best(&nearest);
    note_put(notes, entry->place,
             "unknown key '%.60s'; the real tool ignores it without a word%s%s%s", entry->key,
             best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
}

int note_wrong_kind(const struct toml_entry *entry, const char *want, struct err *err)
{
    return err_at(err, entry->value->place, "%.60s is %s; it must be %s", entry->key,
                  toml_kind_name(entry->value->kind), want);
}
