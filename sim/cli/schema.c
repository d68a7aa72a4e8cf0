/*
 * schema.c - `vgpusim schema`: the scenario language, for editors and for people.
 */
#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "scenario/scenario.h"

#include <stdio.h>

struct schema_options {
    bool markdown;
};

static const struct option_row rows[] = {
    { "markdown", 'm', OPTION_FLAG, offsetof(struct schema_options, markdown), NULL,
      "the reference as Markdown (docs/scenario.md)", 0, 0 },
};

static int schema_run(const void *options, char *const *operands, int operand_count)
{
    const struct schema_options *own = options;
    struct text text;

    (void)operands;
    (void)operand_count;
    text_init(&text);
    if (own->markdown) {
        scenario_write_reference(&text);
    } else {
        scenario_write_schema(&text);
    }
    fwrite(text.bytes, 1, text.size, stdout);
    text_fini(&text);
    return EXIT_DONE;
}

const struct command command_schema = {
    .name = "schema",
    .arguments = "",
    .summary = "print the JSON Schema of scenarios, for editors",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct schema_options),
    .operands_min = 0,
    .operands_max = 0,
    .run = schema_run,
};
