#include "output/summary_file.h"

#include "output/sheet.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { POLICIES_SHOWN = 3 };

/* The key cannot stand in a string, where its quotes would be escaped. */
static void find_seed(char *ret_seed, size_t size, const char *bytes)
{
    static const char key[] = "\"seed\":";
    const char *at = strstr(bytes, key);
    size_t used = 0;

    if (at) {
        at += strlen(key);
        at += strspn(at, " \t\r\n");
        used = strspn(at, "0123456789");
    }
    if (used >= size) {
        used = 0;
    }
    if (used > 0) {
        memcpy(ret_seed, at, used);
    }
    ret_seed[used] = '\0';
}

int summary_file_load(struct summary_file *file, const char *path, struct err *err)
{
    struct text bytes = { 0 };
    json_error_t reason;

    *file = (struct summary_file){ 0 };
    int result = sheet_read(path, SHEET_BYTES_MAX, &bytes, err);
    if (result) {
        return result == SHEET_TOO_LARGE ? SUMMARY_FILE_TOO_LARGE : result;
    }
    file->root = json_loadb(bytes.bytes, bytes.size, 0, &reason);
    if (!file->root) {
        json_error_t again;
        file->root = json_loadb(bytes.bytes, bytes.size, JSON_DECODE_INT_AS_REAL, &again);
    }
    find_seed(file->seed, sizeof(file->seed), bytes.bytes);
    text_fini(&bytes);
    if (!file->root) {
        return err_set(err, ERR_READ, "%s:%d:%d: %s", path, reason.line, reason.column,
                       reason.text);
    }
    if (!json_string_value(json_object_get(file->root, "name")) || !file->seed[0]) {
        summary_file_fini(file);
        return err_set(err, ERR_READ, "%s has no name or no seed", path);
    }
    return 0;
}

void summary_file_fini(struct summary_file *file)
{
    json_decref(file->root);
    *file = (struct summary_file){ 0 };
}

void summary_file_put_policies(const struct summary_file *file, struct text *text)
{
    const char *seen[POLICIES_SHOWN] = { NULL };
    size_t count = 0;
    size_t index = 0;
    json_t *gpu = NULL;

    json_array_foreach(json_object_get(file->root, "gpus"), index, gpu)
    {
        const char *policy = json_string_value(json_object_get(gpu, "policy"));
        if (!policy) {
            policy = json_string_value(json_object_get(gpu, "mode"));
        }
        bool is_new = policy != NULL;
        for (size_t i = 0; i < count && is_new; i++) {
            is_new = strcmp(seen[i], policy) != 0;
        }
        if (is_new && count == POLICIES_SHOWN) {
            text_put(text, " + ...");
            return;
        }
        if (is_new) {
            text_put(text, count == 0 ? "" : " + ");
            text_put(text, policy);
            seen[count++] = policy;
        }
    }
}
