/* main.c - the entry: for now it only says what it is. */
#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("vgpusim %s\n", VGPUSIM_VERSION);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("usage: vgpusim --help | --version\n");
        return 0;
    }
    fprintf(stderr, "usage: vgpusim --help | --version\n");
    return EXIT_USAGE;
}
