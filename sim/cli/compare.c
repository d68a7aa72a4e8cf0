/*
 * compare.c - `vgpusim compare`: the same arrivals under each of several variants.
 */
#include "study/compare.h"
#include "cli/commands.h"
#include "cli/library.h"
#include "cli/load.h"
#include "cli/report.h"
#include "cli/tables.h"
#include "cli/threads.h"
#include "cli/vary.h"
#include "cli/watch.h"
#include "output/comparison.h"
#include "policy/policy.h"
#include "run/setup.h"

#include <stdio.h>
#include <string.h>

enum { REPS_DEFAULT = 5, REPS_MAX = 10000 };

struct compare_command {
    const char *folder;
    struct option_list varies;
    struct option_list sets;
    const char *policies;
    uint64_t reps;
    uint64_t threads;
    bool json;
    bool no_figures;
    struct load_options load;
};

#define ROW(name, letter, kind, field, argument, doc)                                          \
    {                                                                                          \
        name, letter, kind, offsetof(struct compare_command, field), argument, doc, 0, 0       \
    }

static const struct option_row rows[] = {
    ROW("vary", 'v', OPTION_LIST, varies, "PATH=A,B,C",
        "what varies (default: the scenario's compare:)"),
    ROW("policies", 0, OPTION_TEXT, policies, "all|A,B,C",
        "vary the policy of every GPU; also all,mine.lua"),
    ROW("set", 's', OPTION_LIST, sets, "PATH=VALUE", "replace a value in every variant"),
    { "reps", 'r', OPTION_COUNT, offsetof(struct compare_command, reps), "N",
      "replications, each with other draws (default 5)", 1, REPS_MAX },
    { "threads", 'j', OPTION_COUNT, offsetof(struct compare_command, threads), "N",
      "threads (default: one for each processor)", 1, THREADS_MAX },
    ROW("allow-library", 0, OPTION_FLAG, load.allow_library, NULL, LIBRARY_DOC),
    ROW("catalogue", 0, OPTION_TEXT, load.catalogue, "DIR", CATALOGUE_DOC),
    ROW("strict", 0, OPTION_FLAG, load.strict, NULL,
        "refuse derived and remembered figures of the catalogue"),
    ROW("no-figures", 0, OPTION_FLAG, no_figures, NULL, "draw nothing"),
    ROW("json", 0, OPTION_FLAG, json, NULL, "print JSON instead of a table"),
    ROW("output", 'o', OPTION_TEXT, folder, "DIR",
        "write compare.csv and its figure there (default results/NAME-compare)"),
};

/* All variants, loaded. */
struct variants {
    struct loaded *loaded;
    struct setup *setups;
    struct compare_variant *list;
    uint32_t count;
    const struct load_options *load;
    bool are_policies;  /* Their policies are compared: lag is measured too. */
    struct arena arena; /* Owned. */
};

static void variants_fini(struct variants *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        loaded_fini(&v->loaded[i]);
    }
    arena_fini(&v->arena);
}

/* Whether VMs take turns everywhere. */
static bool can_lag(const struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        const struct gpu_entry *gpu = &scenario->gpus[i];
        bool is_mps = gpu->mig_count == 0 && gpu->sharing.mode == SHARING_MPS;
        for (uint32_t k = 0; k < gpu->mig_count; k++) {
            is_mps = is_mps || gpu->mig[k].sharing.mode == SHARING_MPS;
        }
        if (is_mps) {
            return false;
        }
    }
    return true;
}

/* Loads one more variant. Returns an exit code. */
static int add_variant(struct variants *v, const char *path, const struct option_list *sets,
                       const char *label)
{
    struct loaded *loaded = &v->loaded[v->count];
    struct err_list errors = { .count = 0 };
    int status = load_with(path, sets, v->load, loaded);

    if (status != EXIT_DONE) {
        return status;
    }
    v->count++;
    if (v->are_policies && can_lag(&loaded->scenario)) {
        loaded->scenario.metrics |= METRIC_LAG;
    }
    if (setup_build(&loaded->scenario, &v->arena, &v->setups[v->count - 1], &errors)) {
        report_errors(stderr, &loaded->source, &errors);
        return EXIT_SCENARIO;
    }
    v->list[v->count - 1] = (struct compare_variant){ label, &v->setups[v->count - 1] };
    return EXIT_DONE;
}

/* The names that --policies gives, as one text of names separated by commas. */
static const char *policy_names(const char *text, struct arena *arena)
{
    const char *names = policy_registry[0]->name;
    const char *rest = text + strlen("all");

    if (strncmp(text, "all", strlen("all")) != 0 || (*rest != '\0' && *rest != ',')) {
        return text;
    }
    for (size_t i = 1; i < policy_registry_count; i++) {
        names = arena_format(arena, "%s,%s", names, policy_registry[i]->name);
    }
    return arena_format(arena, "%s%s", names, rest);
}

/* A policy of the registry, or the file of one. */
static const char *policy_value(const char *policy, struct arena *arena)
{
    const char *ending = strrchr(policy, '.');

    if (ending && strcmp(ending, ".lua") == 0) {
        return arena_format(arena, "{script: %s}", policy);
    }
    if (ending && strcmp(ending, ".so") == 0) {
        return arena_format(arena, "{library: %s}", policy);
    }
    return policy;
}

/* Under --policies every time-sliced GPU gets the policy; the label is its name. */
static void add_policy_sets(const struct scenario *base, const char *policy,
                            struct arena *arena, struct option_list *sets)
{
    for (uint32_t i = 0; i < base->gpu_count && sets->count < OPTION_LIST_MAX; i++) {
        if (base->gpus[i].mig_count == 0) {
            sets->items[sets->count++] = arena_format(arena, "gpus[%u].sharing.policy=%s", i,
                                                      policy_value(policy, arena));
        }
    }
}

static int plan(const struct compare_command *options, const struct loaded *base,
                struct arena *arena, struct vary *ret)
{
    struct option_list names = { .count = 0 };
    struct err err;
    int status;

    if (options->policies) {
        names.items[names.count++] =
            arena_format(arena, "policy=%s", policy_names(options->policies, arena));
        status = vary_parse(&names, arena, ret, &err);
    } else if (options->varies.count > 0) {
        status = vary_parse(&options->varies, arena, ret, &err);
    } else {
        status = vary_from_entries(base->scenario.compare, base->scenario.compare_count, arena,
                                   ret, &err);
    }
    if (status) {
        return tell_error(&err);
    }
    if (ret->variant_count < 2) {
        fprintf(stderr,
                "vgpusim compare: nothing varies; give --vary PATH=A,B or --policies, or write "
                "a compare: section into %s\n",
                base->path);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static int load_variants(const struct compare_command *options, const char *path,
                         struct variants *v)
{
    struct loaded base;
    struct vary vary;
    int status = load_with(path, &options->sets, &options->load, &base);

    if (status != EXIT_DONE) {
        return status;
    }
    status = plan(options, &base, &v->arena, &vary);
    if (status == EXIT_DONE) {
        v->loaded = arena_take(&v->arena, vary.variant_count, sizeof(v->loaded[0]));
        v->setups = arena_take(&v->arena, vary.variant_count, sizeof(v->setups[0]));
        v->list = arena_take(&v->arena, vary.variant_count, sizeof(v->list[0]));
    }
    for (uint32_t i = 0; status == EXIT_DONE && i < vary.variant_count; i++) {
        struct option_list sets = options->sets;
        struct option_list own = { .count = 0 };
        const char *label;
        vary_variant(&vary, i, &v->arena, &own, &label);
        if (options->policies) {
            own.count = 0;
            add_policy_sets(&base.scenario, label, &v->arena, &own);
        }
        for (uint32_t k = 0; k < own.count && sets.count < OPTION_LIST_MAX; k++) {
            sets.items[sets.count++] = own.items[k];
        }
        status = add_variant(v, path, &sets, label);
    }
    loaded_fini(&base);
    return status;
}

static int show(const struct compare_command *options, const struct comparison *result,
                const char *folder)
{
    struct err err;

    if (comparison_print(result, options->json, &err) ||
        comparison_write(result, folder, &err)) {
        return tell_error(&err);
    }
    int status = options->no_figures ? 0 : comparison_draw(result, folder, &err);
    if (status < 0) {
        return tell_error(&err);
    }
    if (status > 0) {
        fprintf(stderr, "figures: %s\n", err.text);
    }
    if (!options->json) {
        printf("results: %s\n", folder);
    }
    return EXIT_DONE;
}

static int compare_and_show(const struct compare_command *options, struct variants *v)
{
    const char *name = v->loaded[0].scenario.name;
    uint32_t failed = 0;
    struct compare_options compare = {
        .variants = v->list,
        .variant_count = v->count,
        .are_policies = v->are_policies,
        .reps = options->reps ? (uint32_t)options->reps : REPS_DEFAULT,
        .threads = thread_count(options->threads),
        .ret_failed = &failed,
    };
    struct comparison result;
    struct watch watch;
    struct err err;

    watch_begin(&watch, name, &compare.watch);
    int status = compare_run(&compare, &v->arena, &result, &err);
    watch_end(&watch);
    if (status) {
        return tell_error_of(&v->loaded[failed], &err);
    }
    return show(options, &result,
                options->folder ? options->folder
                                : arena_format(&v->arena, "results/%s-compare", name));
}

static int compare_command_run(const void *options, char *const *operands, int operand_count)
{
    const struct compare_command *own = options;
    struct variants variants = { .load = &own->load, .are_policies = own->policies != NULL };

    (void)operand_count;
    arena_init(&variants.arena);
    int status = load_variants(own, operands[0], &variants);
    if (status == EXIT_DONE) {
        status = compare_and_show(own, &variants);
    }
    variants_fini(&variants);
    return status;
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "SCENARIO",
    .summary = "the same arrivals under several variants, with intervals",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct compare_command),
    .operands_min = 1,
    .operands_max = 1,
    .run = compare_command_run,
};
