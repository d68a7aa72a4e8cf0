#include "support/oracle.h"

#include "base/csv.h"
#include "base/units.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ORACLE_COLUMNS = 8, ORACLE_ROWS_MAX = 10000 };

static const char path[] = "tests/theory/oracles.csv";

static char *read_table(size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        fail_msg("cannot read %s; tests run in the repository's root", path);
    }
    size_t size = (size_t)ftell(file);
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    rewind(file);
    assert_int_equal(fread(bytes, 1, size, file), size);
    fclose(file);
    *ret_size = size;
    return bytes;
}

void oracle_init(struct oracle *oracle)
{
    struct csv_field fields[ORACLE_COLUMNS];
    struct csv csv;
    struct err err;
    size_t size;
    int count;

    *oracle = (struct oracle){ .bytes = read_table(&size) };
    oracle->rows = calloc(ORACLE_ROWS_MAX, sizeof(*oracle->rows));
    assert_non_null(oracle->rows);
    csv_init(&csv, path, oracle->bytes, size);
    while ((count = csv_row(&csv, fields, ARRAY_LEN(fields), &err)) > 0) {
        assert_int_equal(count, ORACLE_COLUMNS);
        assert_true(oracle->row_count < ORACLE_ROWS_MAX);
        oracle->rows[oracle->row_count++] = (struct oracle_row){
            .id = fields[0].text,
            .parameters = fields[2].text,
            .quantity = fields[3].text,
            .value = strtod(fields[4].text, NULL),
        };
    }
    assert_int_equal(count, 0);
}

void oracle_fini(struct oracle *oracle)
{
    uint32_t checks = oracle->checks;
    uint32_t failures = oracle->failures;

    free(oracle->rows);
    free(oracle->bytes);
    *oracle = (struct oracle){ 0 };
    print_message("%u checks, %u failed\n", checks, failures);
    assert_true(checks > 0);
    assert_int_equal(failures, 0);
}

/* Whether the row has the parameter, of `size` characters, as a whole. */
static bool has_parameter(const char *parameters, const char *wanted, size_t size)
{
    for (const char *at = parameters; (at = strstr(at, wanted)) != NULL; at++) {
        bool starts = at == parameters || at[-1] == ';';
        if (starts && (at[size] == ';' || at[size] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool row_fits(const struct oracle_row *row, const struct oracle_name *name)
{
    char wanted[128];

    if (strcmp(row->id, name->id) != 0 || strcmp(row->quantity, name->quantity) != 0) {
        return false;
    }
    for (const char *at = name->parameters; *at;) {
        size_t size = strcspn(at, ";");
        assert_true(size < sizeof(wanted));
        memcpy(wanted, at, size);
        wanted[size] = '\0';
        if (!has_parameter(row->parameters, wanted, size)) {
            return false;
        }
        at += size + (at[size] == ';');
    }
    return true;
}

static const struct oracle_row *find_row(const struct oracle *oracle,
                                         const struct oracle_name *name)
{
    const struct oracle_row *found = NULL;

    for (uint32_t i = 0; i < oracle->row_count; i++) {
        const struct oracle_row *row = &oracle->rows[i];
        if (!row_fits(row, name)) {
            continue;
        }
        if (found && fabs(found->value - row->value) > 1e-9 * fabs(row->value)) {
            fail_msg("%s, %s, %s is not one oracle", name->id, name->parameters,
                     name->quantity);
        }
        found = row;
    }
    return found;
}

double oracle_value(const struct oracle *oracle, struct oracle_name name)
{
    const struct oracle_row *row = find_row(oracle, &name);

    if (!row) {
        fail_msg("there is no oracle %s, %s, %s", name.id, name.parameters, name.quantity);
    }
    return row->value;
}

bool oracle_has(const struct oracle *oracle, struct oracle_name name)
{
    return find_row(oracle, &name) != NULL;
}

void oracle_check(struct oracle *oracle, struct oracle_name name, double got, double tolerance)
{
    double want = oracle_value(oracle, name);

    oracle->checks++;
    /* Written so that a NaN fails. */
    if (!(fabs(got - want) <= tolerance)) {
        oracle->failures++;
        print_error("oracle %s (%s) %s: expected %.9g, got %.9g, off by %.3g, tolerance "
                    "%.3g\n",
                    name.id, name.parameters, name.quantity, want, got, got - want, tolerance);
    }
}

double oracle_half_width(double jobs_for_1pct, double jobs)
{
    return 0.01 * sqrt(jobs_for_1pct / jobs);
}

void estimate_add(struct estimate *estimate, double value)
{
    estimate->count++;
    estimate->sum += value;
    estimate->squares += value * value;
}

double estimate_mean(const struct estimate *estimate)
{
    return estimate->sum / estimate->count;
}

/* Student's t for 95 %, by Cornish and Fisher's expansion to the third order in 1/degrees:
   within 1 % from three degrees on, and too low by 15 % for one. */
static double student_t(double degrees)
{
    const double z = 1.95996398454005;
    double first = (pow(z, 3) + z) / 4;
    double second = (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / 96;
    double third = (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / 384;
    return z + first / degrees + second / pow(degrees, 2) + third / pow(degrees, 3);
}

double estimate_half_width(const struct estimate *estimate)
{
    double n = estimate->count;
    double mean = estimate_mean(estimate);
    double variance = (estimate->squares - n * mean * mean) / (n - 1);

    assert_true(estimate->count >= 2);
    return student_t(n - 1) * sqrt(fmax(variance, 0) / n);
}
