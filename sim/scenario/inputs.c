#include "scenario/inputs.h"

#include <stdio.h>
#include <string.h>

#define COPY_FOLDER "inputs/"

static bool is_taken(const struct inputs *inputs, const char *name)
{
    for (uint32_t i = 0; i < inputs->count; i++) {
        if (inputs->files[i].copy &&
            strcmp(inputs->files[i].copy + strlen(COPY_FOLDER), name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name of its own in the folder `inputs/`: the path's last part, with a number if need be. */
static const char *name_copy(struct check *check, const char *path)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-.";
    const char *slash = strrchr(path, '/');
    char base[INPUT_NAME_MAX] = "";
    char name[INPUT_NAME_MAX + 16];

    strncat(base, slash ? slash + 1 : path, sizeof(base) - 1);
    for (char *at = base; *at; at++) {
        if (!strchr(safe, *at)) {
            *at = '_';
        }
    }
    if (base[0] == '.' || base[0] == '\0') {
        base[0] = '_'; /* In place of an ending '\0', too: the rest is zero. */
    }
    (void)snprintf(name, sizeof(name), "%s", base);
    for (unsigned number = 2; is_taken(check->inputs, name); number++) {
        (void)snprintf(name, sizeof(name), "%u-%.100s", number, base);
    }
    return arena_format(check->arena, COPY_FOLDER "%s", name);
}

const struct scenario_file *inputs_find(const struct check *check, const char *path)
{
    for (uint32_t i = 0; i < check->inputs->count; i++) {
        if (strcmp(check->inputs->files[i].path, path) == 0) {
            return check->inputs->errors[i].kind == ERR_NONE ? &check->inputs->files[i] : NULL;
        }
    }
    return NULL;
}

const struct scenario_file *inputs_put(struct check *check, const struct catalogue_file *file)
{
    struct inputs *inputs = check->inputs;

    if (inputs->count == INPUTS_MAX) {
        return NULL;
    }
    struct scenario_file *put = &inputs->files[inputs->count];
    inputs->errors[inputs->count] = (struct err){ .kind = ERR_NONE };
    *put = (struct scenario_file){ .path = arena_string(check->arena, file->path),
                                   .bytes = file->bytes,
                                   .size = file->size };
    put->copy = name_copy(check, put->path);
    inputs->count++;
    return put;
}

bool inputs_add(struct check *check, const struct node *path)
{
    struct inputs *inputs = check->inputs;
    uint32_t i = 0;

    if (!check_text(check, path)) {
        return false;
    }
    while (i < inputs->count && strcmp(inputs->files[i].path, path->text) != 0) {
        i++;
    }
    if (i == INPUTS_MAX) {
        check_refuse_value(check, path, "a scenario names at most %d files", INPUTS_MAX);
        return false;
    }
    if (i == inputs->count) {
        struct scenario_file *file = &inputs->files[i];
        const struct file_reader *reader = &check->source->reader;
        struct file_bytes bytes;
        *file = (struct scenario_file){ .path = path->text };
        inputs->errors[i] = (struct err){ 0 };
        if (!reader->read) {
            (void)err_set(&inputs->errors[i], ERR_READ, "no files can be read here");
        } else if (reader->read(reader->context, path->text, check->arena, &bytes,
                                &inputs->errors[i]) == 0) {
            inputs->errors[i].kind = ERR_NONE;
            file->bytes = bytes.bytes;
            file->size = bytes.size;
            file->copy = name_copy(check, path->text);
        }
        inputs->count++;
    }
    if (inputs->errors[i].kind != ERR_NONE) {
        check->kind = inputs->errors[i].kind;
        check_refuse_value(check, path, "%s", inputs->errors[i].text);
        check->kind = ERR_SCENARIO;
        return false;
    }
    return true;
}

void inputs_publish(struct check *check)
{
    const struct inputs *inputs = check->inputs;
    struct scenario_file *files = arena_take(check->arena, inputs->count, sizeof(*files));

    if (inputs->count > 0) {
        memcpy(files, inputs->files, inputs->count * sizeof(*files));
    }
    check->scenario->files = files;
    check->scenario->file_count = inputs->count;
}
