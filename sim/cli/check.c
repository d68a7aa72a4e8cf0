/*
 * check.c - `vgpusim check`: is this scenario right, and what does it really say?
 */
#include "cli/commands.h"
#include "cli/library.h"
#include "cli/load.h"
#include "cli/report.h"
#include "cli/tables.h"
#include "run/run.h"
#include "run/setup.h"

#include <limits.h>
#include <stdio.h>

struct check_options {
    bool effective;
    struct load_options load;
    struct option_list sets;
};

static const struct option_row rows[] = {
    { "effective", 'e', OPTION_FLAG, offsetof(struct check_options, effective), NULL,
      "print the scenario with every value that is used", 0, 0 },
    { "set", 's', OPTION_LIST, offsetof(struct check_options, sets), "PATH=VALUE",
      "replace a value, as vms[0].count=4", 0, 0 },
    { "allow-library", 0, OPTION_FLAG, offsetof(struct check_options, load.allow_library), NULL,
      LIBRARY_DOC, 0, 0 },
    { "strict", 0, OPTION_FLAG, offsetof(struct check_options, load.strict), NULL,
      "refuse derived and remembered figures of the catalogue", 0, 0 },
    { "catalogue", 0, OPTION_TEXT, offsetof(struct check_options, load.catalogue), "DIR",
      CATALOGUE_DOC, 0, 0 },
};

static void print_effective(const struct scenario *scenario)
{
    struct text text;

    text_init(&text);
    scenario_write_effective(scenario, true, &text);
    fwrite(text.bytes, 1, text.size, stdout);
    text_fini(&text);
}

/* What a run would refuse before it starts: parameters that a policy finds wrong. */
static int check_policies(const struct setup *setup, struct err_list *errors)
{
    for (uint32_t i = 0; i < setup->partition_count && errors->count == 0; i++) {
        struct run_options options = { .setup = setup, .partition = i };
        struct run *run = run_create(&options, &errors->errors[0]);
        errors->count = run ? 0 : 1;
        run_free(run);
    }
    return errors->count > 0 ? -1 : 0;
}

static int check_one(const struct check_options *options, const char *path)
{
    struct loaded loaded;
    struct setup setup;
    struct err_list errors = { .count = 0 };
    struct arena arena;
    int status = load_with(path, &options->sets, &options->load, &loaded);

    if (status != EXIT_DONE) {
        return status;
    }
    arena_init(&arena);
    if (setup_build(&loaded.scenario, &arena, &setup, &errors) ||
        check_policies(&setup, &errors)) {
        report_errors(stderr, &loaded.source, &errors);
        status = EXIT_SCENARIO;
    } else if (options->effective) {
        print_effective(&loaded.scenario);
    } else {
        printf("%s: fine: %u VM%s on %u partition%s for %.9g s\n", path, setup.vm_count,
               setup.vm_count == 1 ? "" : "s", setup.partition_count,
               setup.partition_count == 1 ? "" : "s",
               (double)loaded.scenario.duration_ns / (double)SEC);
    }
    arena_fini(&arena);
    loaded_fini(&loaded);
    return status;
}

static int check_run(const void *options, char *const *operands, int operand_count)
{
    int worst = EXIT_DONE;

    for (int i = 0; i < operand_count; i++) {
        int status = check_one(options, operands[i]);
        worst = worst == EXIT_DONE ? status : worst;
    }
    return worst;
}

const struct command command_check = {
    .name = "check",
    .arguments = "SCENARIO...",
    .summary = "say what is wrong with a scenario, or what it really says",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct check_options),
    .operands_min = 1,
    .operands_max = INT_MAX,
    .run = check_run,
};
