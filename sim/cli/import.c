/*
 * import.c - `vgpusim import`: files of real systems as parts of scenarios.
 */
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/load.h"
#include "import/profile_override.h"
#include "import/unlock_config.h"
#include "output/out.h"

#include <stdio.h>
#include <string.h>

struct own_options {
    const char *output;
    const char *mdev;
    const char *vm;
    uint64_t type;
};

static const struct option_row rows[] = {
    { "output", 'o', OPTION_TEXT, offsetof(struct own_options, output), "FILE",
      "write to FILE, not to standard output", 0, 0 },
    { "type", 't', OPTION_COUNT, offsetof(struct own_options, type), "NN",
      "profile-override: of a vGPU of type nvidia-NN", 1, UINT32_MAX },
    { "mdev", 'm', OPTION_TEXT, offsetof(struct own_options, mdev), "UUID",
      "profile-override: that is this mediated device", 0, 0 },
    { "vm", 0, OPTION_TEXT, offsetof(struct own_options, vm), "NUMBER",
      "profile-override: that belongs to this VM; default: as the UUID says", 0, 0 },
};

static int write_out(const char *path, const struct text *text)
{
    struct out o;
    struct err err;

    if (!path) {
        fwrite(text->bytes, 1, text->size, stdout);
        return EXIT_DONE;
    }
    if (out_open(&o, path, &err)) {
        return tell_error(&err);
    }
    out_bytes(&o, text->bytes, text->size);
    return out_close(&o, &err) ? tell_error(&err) : EXIT_DONE;
}

static int import_kind(const char *kind, const struct own_options *own,
                       const struct toml_source *source, struct imported *made, struct err *err)
{
    struct override_target target = { (uint32_t)own->type, own->mdev, own->vm };
    struct catalogue catalogue;
    struct arena arena;
    int status;

    arena_init(&arena);
    catalogue_init(&catalogue, &arena);
    if (strcmp(kind, "vgpu-unlock-config") == 0) {
        status = import_unlock_config(&arena, source, made, err);
    } else {
        status = import_profile_override(&catalogue, source, &target, made, err);
    }
    arena_fini(&arena);
    return status;
}

static int import_file(const char *kind, const char *path, const struct own_options *own,
                       struct arena *arena)
{
    struct toml_source source = { .file = path };
    struct imported made;
    struct err err;
    int status;

    if (file_read(path, arena, &source.bytes, &source.size, &err)) {
        return tell_error(&err);
    }
    text_init(&made.fragment);
    text_init(&made.notes);
    if (import_kind(kind, own, &source, &made, &err)) {
        status = tell_error_in_file(&err, arena);
    } else {
        fwrite(made.notes.bytes, 1, made.notes.size, stderr);
        status = write_out(own->output, &made.fragment);
    }
    text_fini(&made.fragment);
    text_fini(&made.notes);
    return status;
}

static int import_run(const void *options, char *const *operands, int operand_count)
{
    const struct own_options *own = options;
    bool is_override = strcmp(operands[0], "profile-override") == 0;
    struct arena arena;

    (void)operand_count;
    if (!is_override && strcmp(operands[0], "vgpu-unlock-config") != 0) {
        fprintf(stderr,
                "vgpusim import: '%s' is no kind of file; there are profile-override and "
                "vgpu-unlock-config\n",
                operands[0]);
        return EXIT_USAGE;
    }
    if ((!is_override && (own->type > 0 || own->mdev || own->vm)) ||
        (own->type == 0 && (own->mdev || own->vm))) {
        fputs("vgpusim import: --mdev and --vm go with --type, and all of them with "
              "profile-override\n",
              stderr);
        return EXIT_USAGE;
    }
    arena_init(&arena);
    int status = import_file(operands[0], operands[1], own, &arena);
    arena_fini(&arena);
    return status;
}

const struct command command_import = {
    .name = "import",
    .arguments = "KIND FILE",
    .summary = "turn a file of a real system into a part of a scenario",
    .details = "KIND is profile-override (the unlocking tool's profile_override.toml) or\n"
               "vgpu-unlock-config (its config.toml). What is ignored is said on stderr.\n"
               "This models unlocking; it unlocks nothing.",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct own_options),
    .operands_min = 2,
    .operands_max = 2,
    .run = import_run,
};
