#include "support/folder.h"

#include "output/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

const char *const folder_sample_files[FOLDER_SAMPLE_FILES] = {
    "vms.csv",      "windows.csv",      "fairness.csv", "engines.csv",
    "timeline.csv", "distribution.csv", "gpus.csv",     "summary.json",
};

enum { FILE_PATH_MAX = FOLDER_PATH_MAX + 256, DEPTH_MAX = 64 };

void folder_read(const char *path, struct text *ret)
{
    struct err err = { 0 };

    if (sheet_read(path, SHEET_BYTES_MAX, ret, &err)) {
        fail_msg("%s", err.text);
    }
}

void folder_write(const char *folder, const char *name, const char *bytes, size_t size)
{
    char path[FILE_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void folder_copy_sample(char ret_path[FOLDER_PATH_MAX], const char *name)
{
    const char *scratch = getenv("TEST_TMPDIR");

    snprintf(ret_path, FOLDER_PATH_MAX, "%s/%s", scratch ? scratch : "/tmp", name);
    mkdir(ret_path, 0777);
    for (size_t i = 0; i < FOLDER_SAMPLE_FILES; i++) {
        char path[FILE_PATH_MAX];
        struct text text;
        snprintf(path, sizeof(path), FOLDER_SAMPLE "/%s", folder_sample_files[i]);
        folder_read(path, &text);
        folder_write(ret_path, folder_sample_files[i], text.bytes, text.size);
        text_fini(&text);
    }
}

void folder_alter(const char *folder, const char *file, const char *from, const char *to)
{
    char path[FILE_PATH_MAX];
    struct text text;
    struct text altered;

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    folder_read(path, &text);
    const char *at = strstr(text.bytes, from);
    assert_non_null(at);
    text_init(&altered);
    text_put_bytes(&altered, text.bytes, (size_t)(at - text.bytes));
    text_put(&altered, to);
    text_put(&altered, at + strlen(from));
    folder_write(folder, file, altered.bytes, altered.size);
    text_fini(&altered);
    text_fini(&text);
}

static bool is_never_closed(const char *name)
{
    return strncmp(name, "meta ", 5) == 0 || strncmp(name, "br>", 3) == 0;
}

/* The end of what begins at `at` and holds no elements; NULL: it is an element. */
static const char *skip_other(const char *at)
{
    static const char *const pairs[][2] = {
        { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" }, { "<!", ">" }
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (strncmp(at, pairs[i][0], strlen(pairs[i][0])) == 0) {
            const char *end = strstr(at, pairs[i][1]);
            assert_non_null(end);
            return end;
        }
    }
    return NULL;
}

void markup_check(const char *at)
{
    const char *open[DEPTH_MAX] = { NULL };
    int depth = 0;
    int roots = 0;

    for (at = strchr(at, '<'); at; at = strchr(at, '<')) {
        const char *end = skip_other(at);
        if (!end) {
            end = strchr(at, '>');
            assert_non_null(end);
            if (at[1] == '/') {
                assert_true(depth > 0);
                size_t size = (size_t)(end - at - 2);
                depth--;
                if (strncmp(at + 2, open[depth], size) != 0) {
                    fail_msg("%.40s ends %.40s", at, open[depth]);
                }
                roots += depth == 0;
            } else if (end[-1] != '/' && !is_never_closed(at + 1)) {
                assert_true(depth < DEPTH_MAX);
                open[depth++] = at + 1;
            }
        }
        at = end + 1;
    }
    assert_int_equal(depth, 0);
    assert_int_equal(roots, 1);
}
