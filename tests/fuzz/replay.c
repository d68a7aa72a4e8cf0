/*
 * replay.c - tries a fuzz target on saved inputs, without a fuzzing engine.
 *
 * Each argument is a file or a folder of files. The empty input is always tried first. A crash
 * or a sanitizer's report ends the program; the name printed last is the input that did it.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_CANNOT_READ = 66, PATH_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(EXIT_CANNOT_READ);
    }
    size_t size = (size_t)ftell(file);
    rewind(file);

    /* Exactly as large as the input, so that a sanitizer sees the first byte behind it. */
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes || fread(bytes, 1, size, file) != size) {
        perror(path);
        exit(EXIT_CANNOT_READ);
    }
    fclose(file);

    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
}

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static void replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        perror(folder);
        exit(EXIT_CANNOT_READ);
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        if (entries[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
            if (!is_folder(path)) { /* Those hold what scenarios name. */
                replay_file(path);
            }
        }
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    const uint8_t nothing[1] = { 0 };
    LLVMFuzzerTestOneInput(nothing, 0);

    for (int i = 1; i < argc; i++) {
        if (is_folder(argv[i])) {
            replay_folder(argv[i]);
        } else {
            replay_file(argv[i]);
        }
    }
    return 0;
}
