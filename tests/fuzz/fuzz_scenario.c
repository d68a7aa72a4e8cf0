/*
 * fuzz_scenario.c - any bytes as a scenario: an answer comes soon, and nothing breaks.
 *
 * A first line `#set PATH=VALUE` is also a replacement. Errors are printed into memory. What
 * loads is written back, and that must load again as the same.
 */
#include "base/assert.h"
#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

#define SET_LINE "#set "

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* There is one file, whatever its folder and what stands before its name. */
static int read_file(void *context, const char *path, struct arena *arena,
                     struct file_bytes *ret, struct err *err)
{
    static const char table[] = "vm,arrival_ns,demand_ns,size_bytes\n"
                                "a,0,1000,5\nb,1e3,2.5,6\na,2000000,30,70\n";
    size_t length = strlen(path);

    (void)context;
    (void)arena;
    if (length < 5 || strcmp(path + length - 5, "t.csv") != 0) {
        return err_set(err, ERR_READ, "there is only t.csv");
    }
    *ret = (struct file_bytes){ table, strlen(table) };
    return 0;
}

static void print_errors(const struct scenario_source *source, const struct err_list *errors)
{
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);

    assert(out && errors->count > 0 && errors->count <= SCENARIO_ERRORS_MAX);
    report_errors(out, source, errors);
    (void)fclose(out);
    assert(size > 0);
    free(printed);
}

static void write_and_load(const struct scenario *scenario)
{
    struct scenario again = { 0 };
    struct err_list errors;
    struct text first;
    struct text second;

    text_init(&first);
    text_init(&second);
    scenario_write_effective(scenario, true, &first);
    struct scenario_source source = {
        .file = "effective.yaml",
        .bytes = first.bytes,
        .size = first.size,
        .reader = { .read = read_file },
    };
    if (first.size <= SCENARIO_BYTES_MAX) {
        if (scenario_load(&source, &again, &errors)) {
            report_errors(stderr, &source, &errors);
            assert(!"the effective scenario is wrong");
        }
        text_clear(&first);
        scenario_write_effective(scenario, false, &first);
        scenario_write_effective(&again, false, &second);
        assert(strcmp(first.bytes, second.bytes) == 0);
        scenario_fini(&again);
    }
    text_fini(&first);
    text_fini(&second);
}

/* The replacement of the first line, in copy; false if there is none. */
static bool find_set(char *copy, struct scenario_set *ret)
{
    char *equal = strchr(copy, '=');
    char *end = strchr(copy, '\n');

    if (strncmp(copy, SET_LINE, strlen(SET_LINE)) != 0 || !end || !equal || equal > end) {
        return false;
    }
    *end = '\0';
    *equal = '\0';
    *ret = (struct scenario_set){ copy + strlen(SET_LINE), equal + 1 };
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct scenario scenario;
    struct err_list errors;
    struct scenario_set set;
    char *copy = malloc(size + 1);

    assert(copy);
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    bool has_set = find_set(copy, &set);
    struct scenario_source source = {
        .file = "fuzz.yaml",
        .bytes = (const char *)bytes,
        .size = size,
        .sets = &set,
        .set_count = has_set ? 1 : 0,
        .reader = { .read = read_file },
    };
    if (scenario_load(&source, &scenario, &errors)) {
        print_errors(&source, &errors);
    } else {
        write_and_load(&scenario);
    }
    scenario_fini(&scenario);
    free(copy);
    return 0;
}
