/*
 * unlock_config.h - the unlocking tool's config.toml as `unlock:` of a GPU.
 *
 * Appends a fragment of a scenario. What the file has and the simulator does not use, and keys
 * that the real tool does not know and ignores, are named in `notes`, a line each.
 */
#ifndef SIM_IMPORT_UNLOCK_CONFIG_H
#define SIM_IMPORT_UNLOCK_CONFIG_H

#include "import/imported.h"
#include "import/toml.h"

/* 0, or -1 with *err, placed: what the real tool refuses. */
int import_unlock_config(struct arena *arena, const struct toml_source *source,
                         struct imported *ret, struct err *err);

#endif
