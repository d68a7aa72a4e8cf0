/*
 * options.h - command lines as data: one table a command gives parsing, checks and --help.
 */
#ifndef SIM_CLI_OPTIONS_H
#define SIM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The C type behind each kind is what is written at the row's offset. */
enum option_kind {
    OPTION_FLAG,  /* bool; true if given. */
    OPTION_TEXT,  /* const char *; the last one given. */
    OPTION_COUNT, /* uint64_t; a whole number between min and max. */
    OPTION_LIST,  /* struct option_list; every one given, in order. */
};

enum { OPTION_LIST_MAX = 256 };

struct option_list {
    const char *items[OPTION_LIST_MAX]; /* Borrowed from argv. */
    uint32_t count;
};

struct option_row {
    const char *name; /* Without the dashes. */
    char letter;      /* Short form; 0: none. */
    enum option_kind kind;
    size_t offset;        /* In the command's own struct of options. */
    const char *argument; /* As --help shows it: DIR; NULL for a flag. */
    const char *doc;      /* One line for --help. */
    uint64_t min, max;    /* OPTION_COUNT. */
};

/* Exit codes; README and docs/errors.md list them. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_RUN = 1,
    EXIT_USAGE = 2,
    EXIT_SCENARIO = 65,
    EXIT_READ = 66,
    EXIT_CREATE = 73,
    EXIT_WRITE = 74,
};

struct command {
    const char *name;
    const char *arguments; /* After the options: SCENARIO... */
    const char *summary;   /* One line. */
    const char *details;   /* Further lines for --help; NULL: none. */
    const struct option_row *options;
    size_t option_count;
    size_t options_size; /* Of the struct that the offsets point into. */
    int operands_min;
    int operands_max; /* INT_MAX: any number. */
    /* Returns an exit code. options is the filled struct, operands what follows the options. */
    int (*run)(const void *options, char *const *operands, int operand_count);
};

/* Parses argv[1..] by the command's table, answers --help, and runs the command. Returns an
   exit code. Mistakes are told on stderr, with the nearest known option. */
int command_main(const struct command *command, int argc, char **argv);

#endif
