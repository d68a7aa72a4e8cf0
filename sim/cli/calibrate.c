/*
 * calibrate.c - `vgpusim calibrate`: fits the numbers of a device to measurements.
 */
#include "study/calibrate.h"
#include "catalogue/catalogue.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/load.h"
#include "cli/measurements.h"
#include "cli/tables.h"
#include "cli/threads.h"
#include "output/calibration.h"
#include "study/validate.h"

#include <stdio.h>
#include <string.h>

struct own_options {
    const char *device;
    const char *index;
    const char *output;
    const char *half;
    const char *catalogue;
    const char *driver;
    const char *date;
    uint64_t threads;
};

#define ROW(name, letter, field, argument, doc)                                                \
    {                                                                                          \
        name, letter, OPTION_TEXT, offsetof(struct own_options, field), argument, doc, 0, 0    \
    }

static const struct option_row rows[] = {
    ROW("device", 'd', device, "NAME", "the device that was measured: h100, h200"),
    ROW("index", 'i', index, "FILE", "the file in DIR that lists the scenarios, not index.csv"),
    ROW("output", 'o', output, "FILE", "where to write it: .yaml a device, else CSV rows"),
    ROW("catalogue", 0, catalogue, "DIR", CATALOGUE_DOC),
    ROW("half", 0, half, "0|1", "use only one half of each regime's scenarios"),
    ROW("driver", 0, driver, "VERSION", "the driver under which it was measured, to record"),
    ROW("date", 0, date, "DATE", "the day on which it was measured, to record"),
    { "threads", 'j', OPTION_COUNT, offsetof(struct own_options, threads), "N",
      "threads (default: one for each processor)", 1, THREADS_MAX },
};

/* Reads files, and adds them to a checksum. */
struct summing {
    uint64_t checksum;
};

static int read_and_sum(void *context, const char *path, struct arena *arena,
                        struct measured_bytes *ret, struct err *err)
{
    struct summing *summing = context;
    int status = file_read_if_there(NULL, path, arena, ret, err);

    for (size_t i = 0; status == 0 && i < ret->size; i++) { /* FNV-1a */
        summing->checksum =
            (summing->checksum ^ (unsigned char)ret->bytes[i]) * UINT64_C(0x100000001b3);
    }
    return status;
}

static int load_set(const struct own_options *options, const char *dir, struct arena *arena,
                    struct measured_set *set, uint64_t *ret_checksum)
{
    struct summing summing = { UINT64_C(0xcbf29ce484222325) };
    struct measured_source source =
        file_measurements(dir, options->device, options->index, arena);
    struct err err;

    source.reader = (struct measured_reader){ read_and_sum, &summing };
    if (measured_load(&source, arena, set, &err)) {
        return tell_error_in_file(&err, arena);
    }
    measurements_tell_skipped(set, options->device);
    *ret_checksum = summing.checksum;
    return EXIT_DONE;
}

static int fit_and_write(const struct own_options *options, const char *dir,
                         struct arena *arena)
{
    struct calibrate_options own = { MEASURED_ALL, true, thread_count(options->threads) };
    struct calibrate_result result;
    struct validation residuals;
    struct measured_set set;
    struct calibration_record record = { &result,         &residuals,    &set,
                                         options->driver, options->date, 0 };
    struct catalogue catalogue;
    struct calibration start;
    struct err err;

    if (options->half) {
        own.half = options->half[0] - '0';
    }
    int status = load_set(options, dir, arena, &set, &record.checksum);
    if (status != EXIT_DONE) {
        return status;
    }
    status = tables_open(options->catalogue, arena, &catalogue);
    if (status != EXIT_DONE) {
        return status;
    }
    struct validate_plan plan = { &result.calibration, own.half, false };
    if (calibration_start(&catalogue, options->device, &start, &err) ||
        calibrate(&set, &start, &own, &result, &err) ||
        validate(&set, &plan, arena, &residuals, &err)) {
        return tell_error_in_file(&err, arena);
    }
    measurements_tell_refused(&residuals);
    return calibration_write(&record, options->output, &err) ? tell_error(&err) : EXIT_DONE;
}

static bool is_word(const char *text)
{
    return !text || !strpbrk(text, "\"\n\r");
}

static int calibrate_run(const void *options, char *const *operands, int operand_count)
{
    const struct own_options *own = options;
    struct arena arena;

    (void)operand_count;
    if (!own->device || !own->output) {
        fputs("vgpusim calibrate: name the device with --device and the file to write with -o, "
              "as --device h100 -o h100.yaml\n",
              stderr);
        return EXIT_USAGE;
    }
    if (own->half && strcmp(own->half, "0") != 0 && strcmp(own->half, "1") != 0) {
        fprintf(stderr, "vgpusim calibrate: --half is '%s'; it must be 0 or 1\n", own->half);
        return EXIT_USAGE;
    }
    if (!is_word(own->driver) || !is_word(own->date)) {
        fputs("vgpusim calibrate: --driver and --date must not hold quotes or line ends\n",
              stderr);
        return EXIT_USAGE;
    }
    arena_init(&arena);
    int status = fit_and_write(own, operands[0], &arena);
    arena_fini(&arena);
    return status;
}

const struct command command_calibrate = {
    .name = "calibrate",
    .arguments = "DIR",
    .summary = "fit a device's numbers to measurements of it",
    .details = "DIR is laid out as tests/hardware: DIR/index.csv and\n"
               "DIR/NAME/{jobs,copy,apps}/SCENARIO.csv; DIR/NAME/slices/*.csv tell the\n"
               "slice. Takes about a minute.",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct own_options),
    .operands_min = 1,
    .operands_max = 1,
    .run = calibrate_run,
};
