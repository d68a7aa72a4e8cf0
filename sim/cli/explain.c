/*
 * explain.c - `vgpusim explain`: what a word, a policy, a device or a profile is.
 */
#include "base/nearest.h"
#include "base/text.h"
#include "base/units.h"
#include "catalogue/describe.h"
#include "catalogue/rm_pvmrl.h"
#include "cli/commands.h"
#include "cli/tables.h"
#include "cli/words.h"
#include "policy/describe.h"
#include "policy/policy.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 80 };

/* For a terminal. */
static void print(const struct text *text)
{
    struct text wrapped;

    text_init(&wrapped);
    text_put_wrapped(&wrapped, text->bytes, WIDTH, 0);
    fwrite(wrapped.bytes, 1, wrapped.size, stdout);
    text_fini(&wrapped);
}

static bool explain_policy(const char *name, struct text *out)
{
    const struct policy_ops *ops = policy_find(name);

    if (!ops) {
        return false;
    }
    text_printf(out, "%s - %s\n\n", ops->name, ops->summary);
    text_printf(out, "%s\n", ops->about);
    text_printf(out, "\nwork conserving: %s\n", ops->work_conserving ? "yes" : "no");
    for (size_t i = 0; ops->params && i < ops->params->count; i++) {
        const struct field *field = &ops->params->fields[i];
        text_printf(out, "\nparameter %s (default ", field->name);
        describe_default(field, out);
        text_put(out, ")\n");
        text_printf(out, "%s\n", field->doc);
    }
    return true;
}

static bool explain_word(const char *name, struct text *out)
{
    for (size_t i = 0; i < word_count; i++) {
        if (strcmp(words[i].word, name) == 0) {
            text_printf(out, "%s - %s\n", words[i].word, words[i].summary);
            if (words[i].text) {
                text_put(out, "\n");
                text_printf(out, "%s\n", words[i].text);
            }
            return true;
        }
    }
    return false;
}

/* A value of the vendor's registry; false if it is none, which was told. */
static bool explain_value(const char *name, struct text *out)
{
    struct err err;
    uint32_t value;

    if (rm_pvmrl_read(name, &value, &err) || rm_pvmrl_explain(value, out, &err)) {
        fprintf(stderr, "vgpusim explain: %s as a value of RmPVMRL: %s\n", name, err.text);
        return false;
    }
    return true;
}

static void complain(const char *name)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (size_t i = 0; i < word_count; i++) {
        nearest_offer(&nearest, words[i].word);
    }
    for (size_t i = 0; i < policy_registry_count; i++) {
        nearest_offer(&nearest, policy_registry[i]->name);
    }
    fprintf(stderr, "vgpusim explain: nothing is called '%s'", name);
    if (nearest_best(&nearest)) {
        fprintf(stderr, "; did you mean '%s'?", nearest_best(&nearest));
    }
    fputs("\nSee: vgpusim list policies, devices, profiles or metrics\n", stderr);
}

struct explain_options {
    const char *catalogue;
};

static const struct option_row rows[] = {
    { "catalogue", 0, OPTION_TEXT, offsetof(struct explain_options, catalogue), "DIR",
      CATALOGUE_DOC, 0, 0 },
};

static int explain_run(const void *options, char *const *operands, int operand_count)
{
    struct catalogue catalogue;
    struct arena arena;

    arena_init(&arena);
    int status =
        tables_open(((const struct explain_options *)options)->catalogue, &arena, &catalogue);
    for (int i = 0; i < operand_count && (i > 0 || status == EXIT_DONE); i++) {
        struct text text;
        text_init(&text);
        if (strncmp(operands[i], "0x", 2) == 0) {
            status = explain_value(operands[i], &text) ? status : EXIT_USAGE;
            print(&text);
            text_fini(&text);
            continue;
        }
        /* A word may mean several things; each says its own. */
        (void)explain_word(operands[i], &text);
        (void)explain_policy(operands[i], &text);
        (void)describe_name(&catalogue, operands[i], &text);
        if (text.size > 0) {
            print(&text);
        } else {
            complain(operands[i]);
            status = EXIT_USAGE;
        }
        text_fini(&text);
    }
    arena_fini(&arena);
    return status;
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "WORD...",
    .summary = "say what a word, policy, device, profile or value of RmPVMRL is",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct explain_options),
    .operands_min = 1,
    .operands_max = INT_MAX,
    .run = explain_run,
};
