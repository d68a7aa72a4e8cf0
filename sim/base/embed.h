/*
 * embed.h - the data files that are part of the program.
 *
 * The build puts every sim/catalogue/data/ CSV and YAML file and every plots/ gnuplot script
 * into the binary, byte for byte, so that the installed program needs no folder beside it.
 * Nothing is parsed here; a file costs nothing until somebody asks for it.
 */
#ifndef SIM_BASE_EMBED_H
#define SIM_BASE_EMBED_H

#include <stddef.h>

struct embedded_file {
    const char *path;  /* As in the source tree: "sim/catalogue/data/devices.csv". */
    const char *bytes; /* As in the file, then one '\0' that is not part of it. */
    size_t size;       /* Bytes of the file, without that '\0'. */
};

/* Sorted by path, in byte order; one row behind the last is all zero. */
extern const struct embedded_file embedded_files[];
extern const size_t embedded_file_count;

/* The file of that path, or NULL. */
const struct embedded_file *embedded_find(const char *path);

#endif
