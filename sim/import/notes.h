/*
 * notes.h - what importers say beside what they make. Internal to import/.
 */
#ifndef SIM_IMPORT_NOTES_H
#define SIM_IMPORT_NOTES_H

#include "base/text.h"
#include "import/toml.h"

/* Appends "FILE:LINE:COLUMN: note: ..." and a line end. */
__attribute__((format(printf, 3, 4))) void note_put(struct text *notes, struct place place,
                                                    const char *format, ...);

/* Appends a note that the real tool ignores this key, with the nearest of the known ones (ended
   by NULL). */
void note_unknown(struct text *notes, const struct toml_entry *entry, const char *const *known);

/* Refuses a value of another kind than a key takes; returns -1. */
int note_wrong_kind(const struct toml_entry *entry, const char *want, struct err *err);

#endif
