/*
 * main.c - the entry: finds the command and gives its exit code to the system.
 */
#include "base/nearest.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/version.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_ENTRY(name) &command_##name,
static const struct command *const commands[] = { COMMAND_LIST(COMMAND_ENTRY) };
#undef COMMAND_ENTRY

static void print_usage(FILE *file)
{
    fputs("usage: vgpusim COMMAND [options] [FILE...]\n"
          "\n"
          "Simulates how one GPU is shared between virtual machines.\n"
          "\n"
          "commands:\n",
          file);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        fprintf(file, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs(
        "\n"
        "vgpusim COMMAND --help explains a command; vgpusim --version says which one this is.\n"
        "First steps: vgpusim run scenarios/noisy-neighbour.yaml\n",
        file);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int unknown(const char *name)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        nearest_offer(&nearest, commands[i]->name);
    }
    fprintf(stderr, "vgpusim: unknown command '%s'", name);
    if (nearest_best(&nearest)) {
        fprintf(stderr, "; did you mean '%s'?", nearest_best(&nearest));
    }
    fputs("\nSee: vgpusim --help\n", stderr);
    return EXIT_USAGE;
}

/* What was printed must have reached its reader: a full disk behind stdout is an error. */
static int close_stdout(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    fputs("vgpusim: cannot write to standard output\n", stderr);
    return status == EXIT_DONE ? EXIT_WRITE : status;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("vgpusim %s\n", version_text);
        return close_stdout(EXIT_DONE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return close_stdout(EXIT_DONE);
    }
    const struct command *command = find(argv[1]);
    if (!command) {
        return unknown(argv[1]);
    }
    return close_stdout(command_main(command, argc - 1, argv + 1));
}
