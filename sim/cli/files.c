#include "cli/files.h"

#include "base/assert.h"
#include "catalogue/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_AT_FIRST = 64 * 1024 };

static int cannot_read(struct err *err, const char *path)
{
    return err_set(err, ERR_READ, "cannot read %s: %s", path, strerror(errno));
}

/* Reads to the end into *ret_bytes, which the caller frees. */
static int read_all(FILE *file, const char *path, char **ret_bytes, size_t *ret_size,
                    struct err *err)
{
    size_t capacity = READ_AT_FIRST;
    size_t size = 0;
    char *bytes = malloc(capacity);

    for (;;) {
        if (!bytes) {
            out_of_memory();
        }
        size += fread(bytes + size, 1, capacity - size, file);
        if (size < capacity) {
            break;
        }
        if ((int64_t)capacity >= FILE_BYTES_MAX) {
            free(bytes);
            return err_set(err, ERR_READ, "%s is larger than 4 GiB", path);
        }
        capacity *= 2;
        bytes = realloc(bytes, capacity);
    }
    if (ferror(file)) {
        free(bytes);
        return cannot_read(err, path);
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return 0;
}

int file_read(const char *path, struct arena *arena, const char **ret_bytes, size_t *ret_size,
              struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    char *bytes = NULL;
    size_t size = 0;

    if (!file) {
        return cannot_read(err, path);
    }
    int status = read_all(file, path, &bytes, &size, err);
    if (!is_stdin) {
        (void)fclose(file);
    }
    if (status) {
        return -1;
    }
    *ret_bytes = arena_string_n(arena, bytes, size);
    *ret_size = size;
    free(bytes);
    return 0;
}

int file_read_if_there(void *context, const char *path, struct arena *arena,
                       struct measured_bytes *ret, struct err *err)
{
    const char *bytes;

    (void)context;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        return 1;
    }
    if (file_read(path, arena, &bytes, &ret->size, err)) {
        return -1;
    }
    ret->bytes = arena_string_n(arena, bytes, ret->size);
    return 0;
}

static bool is_there(const char *dir, const char *name, struct arena *arena)
{
    return access(arena_format(arena, "%s/%s", dir, name), F_OK) == 0;
}

const char *file_device_folder(const char *dir, const char *device, struct arena *arena)
{
    struct catalogue catalogue;

    catalogue_init(&catalogue, arena);
    const struct catalogue_device *known = catalogue_find_device(&catalogue, device);
    if (!known || is_there(dir, device, arena)) {
        return device;
    }
    if (is_there(dir, known->device.name, arena)) {
        return known->device.name;
    }
    for (const char *at = known->aliases; *at != '\0';) {
        size_t size = strcspn(at, " ");
        const char *alias = arena_string_n(arena, at, size);
        if (size > 0 && is_there(dir, alias, arena)) {
            return alias;
        }
        at += size + strspn(at + size, " ");
    }
    return device;
}

static int is_csv(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 4 && strcmp(entry->d_name + size - 4, ".csv") == 0;
}

int file_list_csv(const char *folder, struct arena *arena, const char *const **ret)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_csv, alphasort);

    if (count < 0) {
        return -1;
    }
    const char **names = arena_take(arena, (size_t)count, sizeof(names[0]));
    for (int i = 0; i < count; i++) {
        names[i] = arena_string(arena, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret = names;
    return count;
}

struct measured_source file_measurements(const char *dir, const char *device, const char *index,
                                         struct arena *arena)
{
    struct measured_source source = { { file_read_if_there, NULL },
                                      dir,
                                      file_device_folder(dir, device, arena),
                                      index,
                                      NULL,
                                      0 };
    int count = file_list_csv(arena_format(arena, "%s/%s/slices", dir, source.device), arena,
                              &source.slices);

    source.slices_count = count > 0 ? (uint32_t)count : 0;
    return source;
}

static int read_beside(void *context, const char *path, struct arena *arena,
                       struct file_bytes *ret, struct err *err)
{
    const char *scenario = context;
    const char *slash = strrchr(scenario, '/');

    if (path[0] != '/' && slash) {
        path = arena_format(arena, "%.*s/%s", (int)(slash - scenario), scenario, path);
    }
    return file_read(path, arena, &ret->bytes, &ret->size, err);
}

struct file_reader file_reader_beside(const char *scenario_path)
{
    union { /* The reader's context is not const, but read_beside does not change it. */
        const char *from;
        void *to;
    } path = { scenario_path };

    return (struct file_reader){ .read = read_beside, .context = path.to };
}
