/*
 * fuzz_import.c - any bytes as a file of the unlocking tool: an answer comes soon, and nothing
 * breaks. What is refused is placed.
 */
#include "base/assert.h"
#include "import/profile_override.h"
#include "import/unlock_config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void try_one(const struct toml_source *source, bool is_override)
{
    struct override_target target = { .type_id = 0 };
    struct catalogue catalogue;
    struct arena arena;
    struct imported made;
    struct err err = { 0 };
    int status;

    arena_init(&arena);
    text_init(&made.fragment);
    text_init(&made.notes);
    catalogue_init(&catalogue, &arena);
    if (is_override) {
        status = import_profile_override(&catalogue, source, &target, &made, &err);
    } else {
        status = import_unlock_config(&arena, source, &made, &err);
    }
    assert(status == 0 || (err.place.file && err.text[0]));
    text_fini(&made.fragment);
    text_fini(&made.notes);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct toml_source source = { "fuzz.toml", (const char *)bytes, size };

    try_one(&source, true);
    try_one(&source, false);
    return 0;
}
