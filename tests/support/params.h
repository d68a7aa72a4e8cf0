/*
 * params.h - a policy's parameters, without a scenario file.
 */
#ifndef TESTS_SUPPORT_PARAMS_H
#define TESTS_SUPPORT_PARAMS_H

#include "base/arena.h"
#include "scenario/scenario.h"

/* The default parameters of a table (NULL: none); required ones are 0. */
void *params_fill(const struct field_table *table, struct arena *arena);

/* Sets one of them; see params_set. */
void params_put(const struct field_table *table, void *params, const char *key, int64_t value);

/* Puts a policy, with its default parameters, on an engine. */
void params_default(struct engine_sharing *engine, const struct policy_ops *ops,
                    struct arena *arena);

/* Sets a parameter as a scenario file would: the position of a word for FIELD_CHOICE, 0 or 1
   for FIELD_BOOL, else the number in the kind's unit. The key must exist. */
void params_set(struct engine_sharing *engine, const char *key, int64_t value);

#endif
