#include "cli/options.h"

#include "base/assert.h"
#include "base/nearest.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 32, HELP_COLUMN = 28, LONG_BASE = 1000, LONG_HELP = 2000 };

static void print_help(const struct command *command)
{
    printf("usage: vgpusim %s [options] %s\n\n%s\n", command->name, command->arguments,
           command->summary);
    if (command->details) {
        printf("\n%s\n", command->details);
    }
    printf("\noptions:\n");
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option_row *row = &command->options[i];
        char left[64];
        char letter[8] = "    ";
        if (row->letter) {
            (void)snprintf(letter, sizeof(letter), "-%c, ", row->letter);
        }
        (void)snprintf(left, sizeof(left), "  %s--%s %s", letter, row->name,
                       row->argument ? row->argument : "");
        printf("%-*s %s\n", HELP_COLUMN, left, row->doc);
    }
    printf("%-*s %s\n", HELP_COLUMN, "      --help", "show this text");
}

static int store_count(const struct command *command, const struct option_row *row,
                       const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < row->min ||
        value > row->max) {
        fprintf(stderr,
                "vgpusim %s: --%s is '%s'; it must be a whole number between %llu and %llu\n",
                command->name, row->name, text, (unsigned long long)row->min,
                (unsigned long long)row->max);
        return -1;
    }
    *ret = value;
    return 0;
}

static int store(const struct command *command, const struct option_row *row, char *text,
                 void *options)
{
    void *at = (char *)options + row->offset;
    struct option_list *list = at;

    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)at = text;
        return 0;
    case OPTION_COUNT:
        return store_count(command, row, text, at);
    case OPTION_LIST:
        if (list->count == OPTION_LIST_MAX) {
            fprintf(stderr, "vgpusim %s: more than %d times --%s\n", command->name,
                    OPTION_LIST_MAX, row->name);
            return -1;
        }
        list->items[list->count++] = text;
        return 0;
    }
    return -1;
}

static void complain_unknown(const struct command *command, const char *word)
{
    struct nearest nearest;

    nearest_init(&nearest, word + strspn(word, "-"));
    for (size_t i = 0; i < command->option_count; i++) {
        nearest_offer(&nearest, command->options[i].name);
    }
    fprintf(stderr, "vgpusim %s: unknown option '%s'", command->name, word);
    if (nearest_best(&nearest)) {
        fprintf(stderr, "; did you mean '--%s'?", nearest_best(&nearest));
    }
    fprintf(stderr, "\nSee: vgpusim %s --help\n", command->name);
}

/* getopt's tables, made from ours. */
static void fill_getopt(const struct command *command, struct option *longs, char *shorts)
{
    size_t at = 0;

    shorts[at++] = ':';
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option_row *row = &command->options[i];
        bool has_argument = row->kind != OPTION_FLAG;
        longs[i] = (struct option){ row->name, has_argument ? required_argument : no_argument,
                                    NULL, LONG_BASE + (int)i };
        if (row->letter) {
            shorts[at++] = row->letter;
            if (has_argument) {
                shorts[at++] = ':';
            }
        }
    }
    shorts[at] = '\0';
    longs[command->option_count] = (struct option){ "help", no_argument, NULL, LONG_HELP };
    longs[command->option_count + 1] = (struct option){ 0 };
}

static const struct option_row *row_of(const struct command *command, int found)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (found == LONG_BASE + (int)i ||
            (found < LONG_BASE && found == command->options[i].letter)) {
            return &command->options[i];
        }
    }
    return NULL;
}

/* 0, or an exit code + 1 when there is nothing left to do. */
static int parse(const struct command *command, int argc, char **argv, void *options)
{
    struct option longs[ROWS_MAX + 2];
    char shorts[2 * ROWS_MAX + 2];
    int found;

    assert(command->option_count <= ROWS_MAX);
    fill_getopt(command, longs, shorts);
    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row = row_of(command, found);
        if (found == LONG_HELP) {
            print_help(command);
            return EXIT_DONE + 1;
        }
        if (found == ':') {
            fprintf(stderr, "vgpusim %s: '%s' needs a value\n", command->name,
                    argv[optind - 1]);
            return EXIT_USAGE + 1;
        }
        if (!row) {
            complain_unknown(command, argv[optind - 1]);
            return EXIT_USAGE + 1;
        }
        if (store(command, row, optarg, options)) {
            return EXIT_USAGE + 1;
        }
    }
    return 0;
}

int command_main(const struct command *command, int argc, char **argv)
{
    void *options = calloc(1, command->options_size ? command->options_size : 1);

    if (!options) {
        out_of_memory();
    }
    int status = parse(command, argc, argv, options);
    int count = argc - optind;
    if (status) {
        status--;
    } else if (count < command->operands_min || count > command->operands_max) {
        fprintf(stderr, "usage: vgpusim %s [options] %s\nSee: vgpusim %s --help\n",
                command->name, command->arguments, command->name);
        status = EXIT_USAGE;
    } else {
        status = command->run(options, argv + optind, count);
    }
    free(options);
    return status;
}
