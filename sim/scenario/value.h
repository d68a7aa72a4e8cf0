/*
 * value.h - one value of a field table, between YAML, C and documentation.
 */
#ifndef SIM_SCENARIO_VALUE_H
#define SIM_SCENARIO_VALUE_H

#include "base/field.h"
#include "scenario/check.h"

/* Reads a value into the struct that the field's offset points into; refuses what is wrong
   or out of bounds, and then changes nothing. Whether it was right. */
bool value_read(struct check *check, const struct node *node, const struct field *field,
                void *target);

/* Writes the fallback into the struct. */
void value_set_fallback(const struct field *field, void *target);

/* Appends the value that is in the struct, as the language writes it. */
void value_write(struct text *text, const struct field *field, const void *target);

/* Appends what a missing key stands for; nothing if it stands for nothing. */
void value_write_fallback(struct text *text, const struct field *field);

/* Appends what is allowed: "a time, 1ns to 24h". */
void value_write_allowed(struct text *text, const struct field *field);

#endif
