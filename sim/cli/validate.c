/*
 * validate.c - `vgpusim validate`: predictions against measurements of a real GPU.
 */
#include "study/validate.h"
#include "catalogue/catalogue.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/load.h"
#include "cli/measurements.h"
#include "cli/tables.h"
#include "cli/threads.h"
#include "output/figures.h"
#include "output/validation.h"
#include "policy/turns.h"
#include "scenario/record.h"
#include "study/calibrate.h"
#include "study/replay.h"

#include <stdio.h>
#include <string.h>

struct validate_options {
    const char *device;
    const char *index;
    const char *folder;
    const char *calibration;
    const char *catalogue;
    const char *half;
    const char *rules;
    bool summary;
    bool regimes;
    bool cross;
};

#define ROW(name, letter, kind, field, argument, doc)                                          \
    {                                                                                          \
        name, letter, kind, offsetof(struct validate_options, field), argument, doc, 0, 0      \
    }

static const struct option_row rows[] = {
    ROW("device", 'd', OPTION_TEXT, device, "NAME", "the device that was measured: h100, h200"),
    ROW("index", 'i', OPTION_TEXT, index, "FILE",
        "the file in DIR that lists the scenarios, instead of index.csv"),
    ROW("summary", 's', OPTION_FLAG, summary, NULL, "one line for each mode and metric"),
    ROW("regimes", 'r', OPTION_FLAG, regimes, NULL, "one line for each regime and metric"),
    ROW("calibration", 'c', OPTION_TEXT, calibration, "FILE",
        "numbers that replace the catalogue's, .csv or .yaml; calibrate writes them"),
    ROW("catalogue", 0, OPTION_TEXT, catalogue, "DIR", CATALOGUE_DOC),
    ROW("half", 0, OPTION_TEXT, half, "0|1", "only one half of each regime's scenarios"),
    ROW("rules", 0, OPTION_TEXT, rules, "WORD",
        "when_alone of best_effort: hardware (the default), hardware_first_come, keep, renew"),
    ROW("cross", 'x', OPTION_FLAG, cross, NULL,
        "calibrate on each half of the scenarios, predict the other"),
    ROW("output", 'o', OPTION_TEXT, folder, "DIR",
        "write validation.csv, quantiles, worst cases and figures there"),
};

static const char *taken_for(const struct measured_scenario *scenario,
                             const struct measured_vm *vm)
{
    return scenario->mode != MEASURED_APP ? "one that computes"
           : replay_is_paced(vm)          ? "a model whose host sets the pace"
                                          : "a model that the GPU alone binds";
}

/* Each scenario of which the model only guesses what its kernels are like. */
static void tell_unknown_kernels(const struct measured_set *set)
{
    for (uint32_t i = 0; i < set->scenario_count; i++) {
        const struct measured_scenario *scenario = &set->scenarios[i];
        for (uint32_t k = 0; k < scenario->vm_count; k++) {
            const struct measured_vm *vm = &scenario->vms[k];
            if (!replay_knows_kernel(vm->kernel)) {
                fprintf(stderr, "%s: kernel '%s' of VM %s is new; it is taken for %s\n",
                        scenario->name, vm->kernel, vm->name, taken_for(scenario, vm));
                break;
            }
        }
    }
}

static int load_set(const struct validate_options *options, const char *dir,
                    struct arena *arena, struct measured_set *set)
{
    struct measured_source source =
        file_measurements(dir, options->device, options->index, arena);
    struct err err;

    if (measured_load(&source, arena, set, &err)) {
        return tell_error_in_file(&err, arena);
    }
    measurements_tell_skipped(set, options->device);
    tell_unknown_kernels(set);
    return EXIT_DONE;
}

static uint32_t count_scenarios(const struct validation *v)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < v->row_count; i++) {
        count += i == 0 || strcmp(v->rows[i].scenario, v->rows[i - 1].scenario) != 0;
    }
    return count;
}

/* Second line of the figures' titles: device, how many, and what the prediction knew. */
static const char *subtitle_of(const struct validate_options *options,
                               const struct validation *v, struct arena *arena)
{
    const char *how = options->cross ? "each half predicted by the other's calibration"
                      : options->calibration
                          ? arena_format(arena, "calibration %s", options->calibration)
                          : "calibrated as in the catalogue";

    return arena_format(
        arena, "%s: %u VMs in %u scenarios of %s%s%s, %s", options->device, v->row_count,
        count_scenarios(v), options->index ? options->index : "index.csv",
        options->half ? ", half " : "", options->half ? options->half : "", how);
}

static int write_folder(const struct validate_options *options, const struct validation *v,
                        struct arena *arena)
{
    struct err err;
    int status = validation_write(v, options->folder, &err);

    if (status == 0) {
        status = validation_draw(options->folder, subtitle_of(options, v, arena), &err);
    }
    if (status < 0) {
        return tell_error(&err);
    }
    if (status > 0) {
        fprintf(stderr, "figures: %s\n", err.text);
    }
    return EXIT_DONE;
}

/* The value of --rules, as best_effort has it; -1: no such word. */
static int rules_of(const char *word)
{
    static const char *const words[] = { "renew", "keep", "hardware", "hardware_first_come" };

    for (int i = 0; word && i < (int)ARRAY_LEN(words); i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    return word ? -1 : WHEN_ALONE_HARDWARE;
}

/* The catalogue's calibration, or the one in the file. */
static int find_calibration(const struct validate_options *options, struct arena *arena,
                            struct calibration *ret)
{
    struct catalogue catalogue;
    struct measured_bytes bytes;
    struct err err;
    int status = tables_open(options->catalogue, arena, &catalogue);

    if (status != EXIT_DONE) {
        return status;
    }
    if (!options->calibration) {
        return calibration_of(&catalogue, options->device, ret, &err) ? tell_error(&err)
                                                                      : EXIT_DONE;
    }
    status = calibration_of(&catalogue, options->device, ret, &err);
    if (status) { /* Not calibrated: the file has to say it all. */
        status = calibration_start(&catalogue, options->device, ret, &err);
    }
    if (status == 0) {
        status = file_read_if_there(NULL, options->calibration, arena, &bytes, &err);
        if (status == 1) {
            status = err_set(&err, ERR_READ, "cannot read %s: there is no such file",
                             options->calibration);
        }
    }
    if (status == 0 && record_is_file(options->calibration)) {
        struct node_text text = { options->calibration, bytes.bytes, bytes.size };
        status = calibration_parse_device(&text, &catalogue, ret, &err);
    } else if (status == 0) {
        status = calibration_parse(options->calibration, bytes.bytes, bytes.size, ret, &err);
    }
    return status ? tell_error_in_file(&err, arena) : EXIT_DONE;
}

/* Rows of a half are predicted by what was calibrated on the other one. */
static int cross(const struct validate_options *options, const struct measured_set *set,
                 struct arena *arena, struct validation *ret)
{
    struct validation halves[2];
    struct catalogue catalogue;
    struct calibration start;
    struct err err;

    int status = tables_open(options->catalogue, arena, &catalogue);
    if (status != EXIT_DONE) {
        return status;
    }
    if (calibration_start(&catalogue, options->device, &start, &err)) {
        return tell_error(&err);
    }
    start.when_alone = rules_of(options->rules);
    for (int half = 0; half < 2; half++) {
        struct calibrate_options own = { .half = 1 - half, .threads = thread_count(0) };
        struct calibrate_result result;
        struct validate_plan plan = { &result.calibration, half, options->folder != NULL };
        if (calibrate(set, &start, &own, &result, &err) ||
            validate(set, &plan, arena, &halves[half], &err)) {
            return tell_error_in_file(&err, arena);
        }
    }
    validation_join(&halves[0], &halves[1], arena, ret);
    return EXIT_DONE;
}

static int predict(const struct validate_options *options, const struct measured_set *set,
                   struct arena *arena, struct validation *ret)
{
    struct calibration calibration;
    struct err err;
    struct validate_plan plan = { &calibration,
                                  options->half ? options->half[0] - '0' : MEASURED_ALL,
                                  options->folder != NULL };

    if (options->cross) {
        return cross(options, set, arena, ret);
    }
    int status = find_calibration(options, arena, &calibration);
    calibration.when_alone = rules_of(options->rules);
    if (status == EXIT_DONE && validate(set, &plan, arena, ret, &err)) {
        status = tell_error_in_file(&err, arena);
    }
    return status;
}

static int validate_and_print(const struct validate_options *options, const char *dir,
                              struct arena *arena)
{
    enum validation_form form = options->regimes   ? VALIDATION_BY_REGIME
                                : options->summary ? VALIDATION_BY_MODE
                                                   : VALIDATION_ROWS;
    struct measured_set set;
    struct validation v;
    struct err err;
    int status = load_set(options, dir, arena, &set);

    if (status == EXIT_DONE) {
        status = predict(options, &set, arena, &v);
    }
    if (status != EXIT_DONE) {
        return status;
    }
    measurements_tell_refused(&v);
    if (validation_print(&v, form, &err)) {
        return tell_error(&err);
    }
    return options->folder ? write_folder(options, &v, arena) : EXIT_DONE;
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
    if (own->half && strcmp(own->half, "0") != 0 && strcmp(own->half, "1") != 0) {
        fprintf(stderr, "vgpusim validate: --half is '%s'; it must be 0 or 1\n", own->half);
        return EXIT_USAGE;
    }
    if (rules_of(own->rules) < 0) {
        fprintf(stderr,
                "vgpusim validate: --rules is '%s'; it must be hardware, hardware_first_come, "
                "keep or renew\n",
                own->rules);
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
