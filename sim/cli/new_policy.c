/*
 * new_policy.c - `vgpusim new-policy`: a policy to begin with, its test and its page.
 *
 * The templates are embedded files of templates/; each works as it stands. A word between two
 * @ stands for something of the new policy.
 */
#include "base/embed.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "output/out.h"
#include "output/results.h"
#include "policy/policy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 5, WORDS_MAX = 6, NAME_MAX_BYTES = 40 };

struct new_policy_command {
    bool lua;
    bool library;
    bool c;
};

#define ROW(name, field, doc)                                                                  \
    {                                                                                          \
        name, 0, OPTION_FLAG, offsetof(struct new_policy_command, field), NULL, doc, 0, 0      \
    }

static const struct option_row rows[] = {
    ROW("lua", lua, "a script, which needs no compiler (the default)"),
    ROW("library", library, "C outside of the program: a shared object"),
    ROW("c", c, "C in the program: DIR is its source tree"),
};

/* What an @WORD@ of a template stands for. */
struct word {
    const char *word;
    const char *value;
};

/* A kind of policy, and where its files go. */
struct kind {
    struct {
        const char *template;
        const char *path; /* Below DIR; with words. NULL: no more. */
    } files[FILES_MAX];
    struct word words[WORDS_MAX]; /* Besides @NAME@; they may hold that. */
    const char *next;             /* What to do now. */
};

#define PARAMETERS_NONE "| none | | | |"

static const struct kind script_kind = {
    .files = { { "script.lua", "@NAME@.lua" },
               { "scenario.yaml.in", "@NAME@.yaml" },
               { "slices.csv.in", "@NAME@.csv" },
               { "test.sh.in", "test_@NAME@.sh" },
               { "page.md.in", "@NAME@.md" } },
    .words = { { "@FILE@", "@NAME@.lua" },
               { "@KIND@", "script" },
               { "@ALLOW@", "" },
               { "@PARAMETERS@",
                 "| `turn` | a time | the scenario's slice | length of a turn |" },
               { "@TEST@",
                 "`sh test_@NAME@.sh`: the first slices of `@NAME@.yaml` are those of\n"
                 "`@NAME@.csv`." } },
    .next = "try it: vgpusim run @DIR@@NAME@.yaml\n"
            "its test: sh @DIR@test_@NAME@.sh\n",
};

static const struct kind library_kind = {
    .files = { { "library.c.in", "@NAME@.c" },
               { "scenario.yaml.in", "@NAME@.yaml" },
               { "slices.csv.in", "@NAME@.csv" },
               { "test.sh.in", "test_@NAME@.sh" },
               { "page.md.in", "@NAME@.md" } },
    .words = { { "@FILE@", "@NAME@.so" },
               { "@KIND@", "library" },
               { "@ALLOW@", " --allow-library" },
               { "@PARAMETERS@", PARAMETERS_NONE },
               { "@TEST@",
                 "`sh test_@NAME@.sh`: the first slices of `@NAME@.yaml` are those of\n"
                 "`@NAME@.csv`." } },
    .next = "build it: cc -std=c11 -O2 -Wall -shared -fPIC -o @DIR@@NAME@.so @DIR@@NAME@.c\n"
            "try it: vgpusim run --allow-library @DIR@@NAME@.yaml\n"
            "its test: sh @DIR@test_@NAME@.sh\n",
};

static const struct kind own_kind = {
    .files = { { "policy.c.in", "sim/policy/@NAME@.c" },
               { "test.c.in", "tests/policy/test_@NAME@.c" },
               { "page.md.in", "docs/policies/@NAME@.md" } },
    .words = { { "@PARAMETERS@", PARAMETERS_NONE },
               { "@TEST@",
                 "`tests/policy/test_@NAME@.c`: a known schedule, and the bound under\n"
                 "random weights. The conformance suite holds for it too." } },
    .next = "add X(@NAME@) to POLICY_LIST in @DIR@sim/policy/policy.h, in the order of names\n"
            "its tests: make format && make test ONLY=@NAME@\n",
};

/* ---------------------------------------------------------------------------- filling */

/* The word that a text begins with, or NULL. */
static const struct word *find_word(const struct word *words, const char *text)
{
    for (; words->word; words++) {
        if (strncmp(text, words->word, strlen(words->word)) == 0) {
            return words;
        }
    }
    return NULL;
}

/* Appends the template with its words filled in. */
static void put_filled(struct text *text, const char *template, const struct word *words)
{
    const char *at = template;

    while (*at) {
        const struct word *word = *at == '@' ? find_word(words, at) : NULL;
        if (word) {
            text_put(text, word->value);
            at += strlen(word->word);
        } else {
            size_t length = 1 + strcspn(at + 1, "@");
            text_put_bytes(text, at, length);
            at += length;
        }
    }
}

static const char *filled(struct arena *arena, const char *template, const struct word *words)
{
    struct text text;

    text_init(&text);
    put_filled(&text, template, words);
    const char *kept = arena_string(arena, text.bytes);
    text_fini(&text);
    return kept;
}

/* ---------------------------------------------------------------------------- writing */

/* Nothing is overwritten: refused before the first file is written. */
static int refuse_existing(const struct kind *kind, const char *folder,
                           const struct word *words, struct arena *arena)
{
    for (size_t i = 0; i < FILES_MAX && kind->files[i].path; i++) {
        const char *path =
            arena_format(arena, "%s%s", folder, filled(arena, kind->files[i].path, words));
        if (access(path, F_OK) == 0) {
            fprintf(stderr, "vgpusim new-policy: %s is there already; nothing was written\n",
                    path);
            return EXIT_CREATE;
        }
    }
    return EXIT_DONE;
}

static int write_file(const char *folder, const char *path, const char *template,
                      const struct word *words, struct arena *arena)
{
    const struct embedded_file *file =
        embedded_find(arena_format(arena, "sim/cli/templates/%s", template));
    const char *full = arena_format(arena, "%s%s", folder, path);
    const char *slash = strrchr(full, '/');
    const char *parent = slash ? arena_string_n(arena, full, (size_t)(slash - full)) : ".";
    const char *text = filled(arena, file->bytes, words);
    struct err err;

    if (out_folder(parent, &err) ||
        results_write_text(parent, slash ? slash + 1 : full, text, strlen(text), &err)) {
        return tell_error(&err);
    }
    printf("wrote %s\n", full);
    return EXIT_DONE;
}

static int write_all(const struct kind *kind, const char *name, const char *folder,
                     struct arena *arena)
{
    struct word words[WORDS_MAX + 3] = { { "@NAME@", name }, { "@DIR@", folder } };
    int status;

    for (size_t i = 0; i < WORDS_MAX && kind->words[i].word; i++) {
        words[i + 2].value = filled(arena, kind->words[i].value, words);
        words[i + 2].word = kind->words[i].word;
    }
    status = refuse_existing(kind, folder, words, arena);
    for (size_t i = 0; status == EXIT_DONE && i < FILES_MAX && kind->files[i].path; i++) {
        status = write_file(folder, filled(arena, kind->files[i].path, words),
                            kind->files[i].template, words, arena);
    }
    if (status == EXIT_DONE) {
        fputs(filled(arena, kind->next, words), stdout);
    }
    return status;
}

/* ---------------------------------------------------------------------------- arguments */

static bool is_name(const char *name)
{
    for (const char *at = name; *at; at++) {
        bool is_inner = isdigit((unsigned char)*at) || *at == '_';
        if (!islower((unsigned char)*at) && !(is_inner && at > name)) {
            return false;
        }
    }
    return name[0] != '\0' && strlen(name) <= NAME_MAX_BYTES;
}

static int refuse_arguments(const struct new_policy_command *options, const char *name)
{
    if (options->lua + options->library + options->c > 1) {
        fputs("vgpusim new-policy: give one of --lua, --library and --c\n", stderr);
        return EXIT_USAGE;
    }
    if (!is_name(name)) {
        fprintf(stderr,
                "vgpusim new-policy: the name is '%s'; it must be [a-z][a-z0-9_]*, of at most "
                "%d bytes\n",
                name, NAME_MAX_BYTES);
        return EXIT_USAGE;
    }
    if (policy_find(name)) {
        fprintf(stderr, "vgpusim new-policy: there is a policy called %s already\n", name);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static int new_policy_run(const void *options, char *const *operands, int operand_count)
{
    const struct new_policy_command *own = options;
    const char *folder = operand_count > 1 ? operands[1] : "";
    int status = refuse_arguments(own, operands[0]);
    struct arena arena;

    if (status != EXIT_DONE) {
        return status;
    }
    arena_init(&arena);
    if (folder[0] && folder[strlen(folder) - 1] != '/') {
        folder = arena_format(&arena, "%s/", folder);
    }
    if (own->c && access(arena_format(&arena, "%ssim/policy/policy.h", folder), F_OK) != 0) {
        fprintf(stderr,
                "vgpusim new-policy: there is no %ssim/policy/policy.h; with --c, DIR is "
                "vgpusim's source tree\n",
                folder);
        status = EXIT_USAGE;
    } else {
        status = write_all(own->c         ? &own_kind
                           : own->library ? &library_kind
                                          : &script_kind,
                           operands[0], folder, &arena);
    }
    arena_fini(&arena);
    return status;
}

const struct command command_new_policy = {
    .name = "new-policy",
    .arguments = "NAME [DIR]",
    .summary = "write a policy to begin with, its test and its page",
    .options = rows,
    .option_count = ARRAY_LEN(rows),
    .options_size = sizeof(struct new_policy_command),
    .operands_min = 1,
    .operands_max = 2,
    .run = new_policy_run,
};
