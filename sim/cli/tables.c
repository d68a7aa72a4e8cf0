#include "cli/tables.h"

#include "cli/files.h"
#include "cli/load.h"

#include <unistd.h>

/* The path from the root, so that it means the same beside any scenario. */
static const char *from_root(const char *folder, struct arena *arena)
{
    char here[4096];

    if (folder[0] == '/' || !getcwd(here, sizeof(here))) {
        return folder;
    }
    return arena_format(arena, "%s/%s", here, folder);
}

int tables_of_folder(const char *folder, struct arena *arena,
                     const struct catalogue_file **ret_files, uint32_t *ret_count,
                     struct err *err)
{
    const char *const *names;
    const char *whole = from_root(folder, arena);
    int count = file_list_csv(whole, arena, &names);
    int status = 0;

    if (count < 0) {
        return err_set(err, ERR_READ, "--catalogue %s: there is no such folder", folder);
    }
    struct catalogue_file *files = arena_take(arena, (size_t)count, sizeof(files[0]));
    for (int i = 0; i < count && status == 0; i++) {
        files[i].path = arena_format(arena, "%s/%s", whole, names[i]);
        status = file_read(files[i].path, arena, &files[i].bytes, &files[i].size, err);
    }
    if (count == 0) {
        return err_set(err, ERR_READ, "--catalogue %s: the folder has no table, as gpus.csv",
                       folder);
    }
    *ret_files = files;
    *ret_count = (uint32_t)count;
    return status;
}

int tables_open(const char *folder, struct arena *arena, struct catalogue *ret)
{
    const struct catalogue_file *files;
    uint32_t count = 0;
    struct err err;

    catalogue_init(ret, arena);
    if (folder && tables_of_folder(folder, arena, &files, &count, &err)) {
        return tell_error(&err);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (catalogue_add(ret, &files[i], &err)) {
            return tell_error_in_file(&err, arena);
        }
    }
    return EXIT_DONE;
}
