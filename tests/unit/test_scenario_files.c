/*
 * Every file of tests/scenario: good ones load, and their effective form loads as the same and
 * is exactly the .effective beside them; bad ones give exactly the text in the .err beside
 * them, caret and all. A .set beside a file holds one PATH=VALUE a line. UPDATE=1 writes the
 * texts anew; read the diff then.
 */
#include "cli/files.h"
#include "cli/report.h"
#include "run/setup.h"
#include "support/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD "tests/scenario/good"

enum { FILES_MAX = 1024, SETS_MAX = 8, PATH_SIZE = 300 };

/* A file with what was read beside it. */
struct sample {
    char path[PATH_SIZE];
    const char *name; /* Its last part, which errors show. */
    struct arena arena;
    struct scenario_set sets[SETS_MAX];
    struct scenario_source source;
};

/* NULL if there is no such file. */
static char *slurp(const char *path, struct arena *arena, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        return NULL;
    }
    size_t capacity = 32 * 1024 * 1024;
    char *bytes = malloc(capacity);
    assert_non_null(bytes);
    *ret_size = fread(bytes, 1, capacity, file);
    (void)fclose(file);
    char *kept = arena_string_n(arena, bytes, *ret_size);
    free(bytes);
    return kept;
}

static void beside(const struct sample *sample, const char *ending, char path[PATH_SIZE])
{
    (void)snprintf(path, PATH_SIZE, "%.*s%s", (int)(strlen(sample->path) - strlen(".yaml")),
                   sample->path, ending);
}

static void read_sets(struct sample *sample)
{
    char path[PATH_SIZE];
    size_t size;

    beside(sample, ".set", path);
    char *at = slurp(path, &sample->arena, &size);
    while (at && *at) {
        char *end = at + strcspn(at, "\n");
        char *equal = strchr(at, '=');
        assert_true(equal && equal < end && sample->source.set_count < SETS_MAX);
        bool is_last = *end == '\0';
        *equal = '\0';
        *end = '\0';
        sample->sets[sample->source.set_count++] = (struct scenario_set){ at, equal + 1 };
        at = is_last ? NULL : end + 1;
    }
}

static void open_sample(struct sample *sample, const char *path)
{
    size_t size;

    memset(sample, 0, sizeof(*sample));
    arena_init(&sample->arena);
    (void)snprintf(sample->path, sizeof(sample->path), "%s", path);
    sample->name = strrchr(sample->path, '/') + 1;
    const char *bytes = slurp(path, &sample->arena, &size);
    assert_non_null(bytes);
    sample->source = (struct scenario_source){
        .file = sample->name,
        .bytes = bytes,
        .size = size,
        .sets = sample->sets,
        .reader = file_reader_beside(sample->path),
    };
    read_sets(sample);
}

/* The text must be that of the file beside the sample. */
static void check_text(struct sample *sample, const char *ending, const char *got)
{
    char path[PATH_SIZE];
    size_t size = strlen(got);

    beside(sample, ending, path);
    if (getenv("UPDATE")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(got, 1, size, file), size);
        (void)fclose(file);
    }
    const char *want = slurp(path, &sample->arena, &size);
    assert_non_null(want);
    assert_string_equal(got, want);
}

static void check_bad(void **state)
{
    struct sample sample;
    struct scenario scenario;
    struct setup setup;
    struct err_list errors;
    char *got = NULL;
    size_t got_size = 0;

    open_sample(&sample, *state);
    if (scenario_load(&sample.source, &scenario, &errors) == 0) {
        assert_int_equal(setup_build(&scenario, &sample.arena, &setup, &errors), -1);
    }
    FILE *out = open_memstream(&got, &got_size);
    assert_non_null(out);
    report_errors(out, &sample.source, &errors);
    (void)fclose(out);
    check_text(&sample, ".err", got);
    free(got);
    scenario_fini(&scenario);
    arena_fini(&sample.arena);
}

static void must_load(const struct scenario_source *source, struct scenario *ret)
{
    struct err_list errors;

    if (scenario_load(source, ret, &errors)) {
        report_errors(stderr, source, &errors);
        fail();
    }
}

/* Reads the copies of a scenario's files, as they would lie beside its effective form. */
static int read_copy(void *context, const char *path, struct arena *arena,
                     struct file_bytes *ret, struct err *err)
{
    const struct scenario *scenario = context;

    (void)arena;
    for (uint32_t i = 0; i < scenario->file_count; i++) {
        if (strcmp(scenario->files[i].copy, path) == 0) {
            *ret = (struct file_bytes){ scenario->files[i].bytes, scenario->files[i].size };
            return 0;
        }
    }
    return err_set(err, ERR_READ, "no copy of %s", path);
}

static void check_good(void **state)
{
    struct sample sample;
    struct scenario first;
    struct scenario second;
    struct text effective;
    struct text again;

    open_sample(&sample, *state);
    must_load(&sample.source, &first);
    text_init(&effective);
    scenario_write_effective(&first, false, &effective);
    struct scenario_source source = {
        .file = "effective.yaml",
        .bytes = effective.bytes,
        .size = effective.size,
        .reader = { .read = read_copy, .context = &first },
    };
    must_load(&source, &second);
    text_init(&again);
    scenario_write_effective(&second, false, &again);
    assert_string_equal(again.bytes, effective.bytes);
    text_clear(&again);
    scenario_write_effective(&first, true, &again);
    if (strncmp(sample.path, GOOD, strlen(GOOD)) == 0) {
        check_text(&sample, ".effective", again.bytes);
    }
    source.bytes = again.bytes;
    source.size = again.size;
    scenario_fini(&second);
    must_load(&source, &second);
    scenario_fini(&second);
    scenario_fini(&first);
    text_fini(&again);
    text_fini(&effective);
    arena_fini(&sample.arena);
}

/* Adds a test for each .yaml of the folder, in the order of names. */
static size_t add_tests(struct CMUnitTest *tests, size_t count, const char *folder,
                        CMUnitTestFunction function)
{
    struct dirent **entries;
    int found = scandir(folder, &entries, NULL, alphasort);

    for (int i = 0; i < found; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        if (length > 5 && strcmp(name + length - 5, ".yaml") == 0 && count < FILES_MAX) {
            char *path = malloc(PATH_SIZE);
            if (path) {
                (void)snprintf(path, PATH_SIZE, "%s/%s", folder, name);
                tests[count++] = (struct CMUnitTest){ path, function, NULL, NULL, path };
            }
        }
        free(entries[i]);
    }
    if (found >= 0) {
        free(entries);
    }
    return count;
}

int main(void)
{
    struct CMUnitTest *tests = calloc(FILES_MAX, sizeof(*tests));
    size_t count = 0;

    if (!tests) {
        return 1;
    }
    count = add_tests(tests, count, GOOD, check_good);
    count = add_tests(tests, count, "scenarios", check_good);
    count = add_tests(tests, count, "tests/scenario/bad", check_bad);
    int failed = _cmocka_run_group_tests("scenario files", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        free((void *)tests[i].name);
    }
    free(tests);
    return failed;
}
