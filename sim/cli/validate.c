/*
 * validate.c - `vgpusim validate`: predictions against measurements of a real GPU.
 */
#include "study/validate.h"
#include "catalogue/catalogue.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/load.h"
#include "output/figures.h"
#include "output/validation.h"

#include <stdio.h>
#include <string.h>

struct validate_options {
    const char *device;
    const char *folder;
    bool summary;
};

#define ROW(name, letter, kind, field, argument, doc)                                          \
    {                                                                                          \
        name, letter, kind, offsetof(struct validate_options, field), argument, doc, 0, 0      \
    }

static const struct option_row rows[] = {
    ROW("device", 'd', OPTION_TEXT, device, "NAME", "the device that was measured: h100, h200"),
    ROW("summary", 's', OPTION_FLAG, summary, NULL, "one line for each mode and metric"),
    ROW("figures", 'f', OPTION_TEXT, folder, "DIR", "draw validation.svg and .png there"),
};

/* The folder of the measurements is named as the user wrote the device: h100. */
static int load_set(const struct validate_options *options, const char *dir,
                    struct arena *arena, struct measured_set *set)
{
    struct measured_source source = { { file_read_if_there, NULL }, dir, options->device };
    struct err err;

    if (measured_load(&source, arena, set, &err)) {
        return tell_error_in_file(&err, arena);
    }
    for (uint32_t i = 0; i < set->skipped_count; i++) {
        fprintf(stderr, "skipped: %s was not measured on %s\n", set->skipped[i],
                options->device);
    }
    return EXIT_DONE;
}

static void tell_left_out(const struct validation *v)
{
    for (int mode = 0; mode < MEASURED_MODES; mode++) {
        if (v->modes_left_out & 1U << mode) {
            fprintf(stderr, "left out: mode %s cannot be predicted yet\n",
                    measured_mode_name((enum measured_mode)mode));
        }
    }
}

static int draw(const struct validate_options *options, const struct validation *v)
{
    struct err err;
    int status = validation_write(v, options->folder, &err);

    if (status == 0) {
        status = validation_draw(options->folder, options->device, &err);
    }
    if (status < 0) {
        return tell_error(&err);
    }
    if (status > 0) {
        fprintf(stderr, "figures: %s\n", err.text);
    }
    return EXIT_DONE;
}

static int validate_and_print(const struct validate_options *options, const char *dir,
                              struct arena *arena)
{
    struct measured_set set;
    struct validation v;
    struct catalogue catalogue;
    struct err err;
    int status = load_set(options, dir, arena, &set);

    if (status != EXIT_DONE) {
        return status;
    }
    catalogue_init(&catalogue, arena);
    struct validate_device device = { &catalogue, options->device };
    if (validate(&set, &device, arena, &v, &err)) {
        return tell_error(&err);
    }
    tell_left_out(&v);
    if (validation_print(&v, options->summary, &err)) {
        return tell_error(&err);
    }
    return options->folder ? draw(options, &v) : EXIT_DONE;
}

static int validate_run(const void *options, char *const *operands, int operand_count)
{
    const struct validate_options *own = options;
    struct arena arena;

    (void)operand_count;
    if (!own->device) {
        fputs("vgpusim validate: name the device with --device, as --device h100\n", stderr);
        return EXIT_USAGE;
    }
    arena_init(&arena);
    int status = validate_and_print(own, operands[0], &arena);
    arena_fini(&arena);
    return status;
}

const struct command command_validate = {
    .name = "validate",
    .arguments = "DIR",
    .summary = "set predictions against measurements of a real GPU",
    .details = "DIR is laid out as tests/hardware: DIR/index.csv and\n"
               "DIR/NAME/{jobs,copy,apps}/SCENARIO.csv.",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct validate_options),
    .operands_min = 1,
    .operands_max = 1,
    .run = validate_run,
};
