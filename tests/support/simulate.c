#include "support/simulate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATH_SIZE = 512, COMMAND_SIZE = 2048 };

static const char *from_environment(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value && value[0] ? value : fallback;
}

/* The path of a file of the tests' folder, of a subfolder of it if that is not NULL. */
static void make_path(char path[PATH_SIZE], const char *folder, const char *name)
{
    int size = snprintf(path, PATH_SIZE, "%s/%s%s%s", from_environment("TEST_TMPDIR", "/tmp"),
                        folder ? folder : "", folder ? "/" : "", name);
    if (size < 0 || size >= PATH_SIZE) {
        fail_msg("the path of %s is too long", name);
    }
}

void simulate_write(const char *name, const char *text)
{
    char path[PATH_SIZE];
    make_path(path, NULL, name);

    FILE *file = fopen(path, "wb");
    if (!file || fwrite(text, 1, strlen(text), file) != strlen(text) || fclose(file) != 0) {
        fail_msg("cannot write %s", path);
    }
}

void simulate_run(const char *label, const char *scenario, const char *options)
{
    char name[PATH_SIZE];
    char path[PATH_SIZE];
    char folder[PATH_SIZE];
    char command[COMMAND_SIZE];

    snprintf(name, sizeof(name), "%s.yaml", label);
    simulate_write(name, scenario);
    make_path(path, NULL, name);
    make_path(folder, NULL, label);
    snprintf(command, sizeof(command), "%s run %s --no-figures -o %s %s >%s.out 2>&1",
             from_environment("VGPUSIM", "build/vgpusim"), path, folder, options, folder);
    if (system(command) != 0) {
        snprintf(name, sizeof(name), "%s.out", label);
        char *talk = simulate_read_text(NULL, name);
        print_error("%s\n%s", command, talk);
        free(talk);
        fail_msg("the run of %s failed", path);
    }
}

char *simulate_read_text(const char *label, const char *name)
{
    char path[PATH_SIZE];
    make_path(path, label, name);

    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        fail_msg("cannot read %s", path);
    }
    size_t size = (size_t)ftell(file);
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    rewind(file);
    if (fread(bytes, 1, size, file) != size) {
        fail_msg("cannot read %s", path);
    }
    fclose(file);
    bytes[size] = '\0';
    return bytes;
}

static uint32_t count_of(const char *text, char c)
{
    uint32_t count = 0;

    for (; *text; text++) {
        count += *text == c;
    }
    return count;
}

/* Results have no quotes, and as many cells in every row: that is checked. */
struct sheet simulate_read(const char *label, const char *name)
{
    struct sheet sheet = { .bytes = simulate_read_text(label, name) };
    uint32_t lines = count_of(sheet.bytes, '\n');
    uint32_t commas = count_of(sheet.bytes, ',');
    uint32_t cells = 0;

    if (lines == 0 || (lines + commas) % lines != 0) {
        fail_msg("%s of %s is no table: %u lines, %u commas", name, label, lines, commas);
    }
    sheet.column_count = (lines + commas) / lines;
    sheet.row_count = lines - 1;
    sheet.cells = malloc((lines + commas) * sizeof(*sheet.cells));
    assert_non_null(sheet.cells);
    for (char *at = sheet.bytes; *at; cells++) {
        sheet.cells[cells] = at;
        at += strcspn(at, ",\n");
        if ((*at == '\n') != (cells % sheet.column_count == sheet.column_count - 1)) {
            fail_msg("%s of %s: row %u has not %u cells", name, label,
                     cells / sheet.column_count, sheet.column_count);
        }
        *at++ = '\0';
    }
    return sheet;
}

const char *sheet_cell(const struct sheet *sheet, uint32_t row, const char *column)
{
    for (uint32_t i = 0; i < sheet->column_count; i++) {
        if (strcmp(sheet->cells[i], column) == 0) {
            assert_true(row < sheet->row_count);
            return sheet->cells[(row + 1) * sheet->column_count + i];
        }
    }
    fail_msg("there is no column %s", column);
    return NULL;
}

double sheet_number(const struct sheet *sheet, uint32_t row, const char *column)
{
    const char *cell = sheet_cell(sheet, row, column);
    return cell[0] ? strtod(cell, NULL) : NAN;
}

uint32_t sheet_row(const struct sheet *sheet, const char *first)
{
    for (uint32_t row = 0; row < sheet->row_count; row++) {
        if (strcmp(sheet->cells[(row + 1) * sheet->column_count], first) == 0) {
            return row;
        }
    }
    fail_msg("there is no row %s", first);
    return 0;
}

void sheet_fini(struct sheet *sheet)
{
    free(sheet->cells);
    free(sheet->bytes);
    *sheet = (struct sheet){ 0 };
}
