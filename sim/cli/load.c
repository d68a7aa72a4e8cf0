#include "cli/load.h"

#include "base/assert.h"
#include "cli/files.h"
#include "cli/library.h"
#include "cli/report.h"
#include "cli/tables.h"

#include <stdio.h>
#include <string.h>

static int exit_code(enum err_kind kind)
{
    switch (kind) {
    case ERR_RUN:
        return EXIT_RUN;
    case ERR_USAGE:
        return EXIT_USAGE;
    case ERR_SCENARIO:
        return EXIT_SCENARIO;
    case ERR_READ:
        return EXIT_READ;
    case ERR_CREATE:
        return EXIT_CREATE;
    case ERR_WRITE:
        return EXIT_WRITE;
    case ERR_NONE:
        break;
    }
    assert_never("an error of a known kind");
    return EXIT_RUN;
}

int tell_error(const struct err *err)
{
    report_error(stderr, err, NULL, 0);
    return exit_code(err->kind);
}

int tell_error_in_file(const struct err *err, struct arena *arena)
{
    const char *bytes = NULL;
    size_t size = 0;
    struct err ignored;

    if (err->place.file && err->place.line > 0) {
        (void)file_read(err->place.file, arena, &bytes, &size, &ignored);
    }
    report_error(stderr, err, bytes, size);
    return exit_code(err->kind);
}

/* Splits PATH=VALUE. */
static int split_sets(const struct option_list *sets, struct arena *arena,
                      struct scenario_source *source)
{
    struct scenario_set *split = arena_take(arena, sets->count, sizeof(split[0]));

    for (uint32_t i = 0; i < sets->count; i++) {
        const char *text = sets->items[i];
        const char *equals = strchr(text, '=');
        if (!equals || equals == text) {
            fprintf(stderr,
                    "vgpusim: --set is '%s'; it must be PATH=VALUE, as vms[0].count=4\n", text);
            return -1;
        }
        split[i].path = arena_string_n(arena, text, (size_t)(equals - text));
        split[i].value = equals + 1;
    }
    source->sets = split;
    source->set_count = sets->count;
    return 0;
}

/* The exit code of a list of errors: what cannot be read outweighs what is wrong. */
static int worst(const struct err_list *errors)
{
    for (uint32_t i = 0; i < errors->count; i++) {
        if (errors->errors[i].kind == ERR_READ) {
            return EXIT_READ;
        }
    }
    return EXIT_SCENARIO;
}

static int load(struct loaded *loaded, const struct option_list *sets,
                const struct load_options *options)
{
    struct err err;
    struct err_list errors = { .count = 0 };

    if (file_read(loaded->path, &loaded->arena, &loaded->bytes, &loaded->size, &err)) {
        return tell_error(&err);
    }
    loaded->source = (struct scenario_source){
        .file = loaded->path,
        .bytes = loaded->bytes,
        .size = loaded->size,
        .reader = file_reader_beside(loaded->path),
    };
    if (options->allow_library) {
        loaded->source.libraries = library_loader_beside(loaded->path);
    }
    if (options->catalogue &&
        tables_of_folder(options->catalogue, &loaded->arena, &loaded->source.tables,
                         &loaded->source.table_count, &err)) {
        return tell_error(&err);
    }
    if (split_sets(sets, &loaded->arena, &loaded->source)) {
        return EXIT_USAGE;
    }
    if (scenario_load(&loaded->source, &loaded->scenario, &errors)) {
        report_errors(stderr, &loaded->source, &errors);
        return worst(&errors);
    }
    if (options->strict && scenario_check_sources(&loaded->scenario, &errors)) {
        report_errors(stderr, &loaded->source, &errors);
        return EXIT_SCENARIO;
    }
    return EXIT_DONE;
}

void loaded_fini(struct loaded *loaded)
{
    scenario_fini(&loaded->scenario);
    arena_fini(&loaded->arena);
}

int load_with(const char *path, const struct option_list *sets,
              const struct load_options *options, struct loaded *ret)
{
    *ret = (struct loaded){ .path = path };
    arena_init(&ret->arena);
    int status = load(ret, sets, options);
    if (status != EXIT_DONE) {
        loaded_fini(ret); /* The places of errors live in the scenario's arena. */
    }
    return status;
}

int load_scenario(const char *path, const struct option_list *sets, struct loaded *ret)
{
    return load_with(path, sets, &(struct load_options){ .strict = false }, ret);
}

int tell_error_of(const struct loaded *loaded, const struct err *err)
{
    struct err_list errors = { .count = 1 };

    errors.errors[0] = *err;
    report_errors(stderr, &loaded->source, &errors);
    return exit_code(err->kind);
}
