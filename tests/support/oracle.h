/*
 * oracle.h - known answers of queueing theory, from tests/theory/oracles.csv.
 *
 * tests/theory/README.md says what the rows mean. A check that fails prints the row's id and
 * parameters, what was expected, what came out and the tolerance, and counts; the test ends
 * with oracle_fini, which fails it if any check did.
 */
#ifndef TESTS_SUPPORT_ORACLE_H
#define TESTS_SUPPORT_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

struct oracle_row {
    const char *id;
    const char *parameters; /* key=value, separated by ';'. */
    const char *quantity;
    double value; /* Times in ms, rates per ms. */
};

struct oracle {
    char *bytes;             /* Owned. */
    struct oracle_row *rows; /* Owned. */
    uint32_t row_count;
    uint32_t checks;
    uint32_t failures;
};

/* A row is named by its id, its quantity and some of its parameters (key=value;key=value),
   which must fit one row, or several of one value. */
struct oracle_name {
    const char *id;
    const char *parameters;
    const char *quantity;
};

/* Reads the table. */
void oracle_init(struct oracle *oracle);

/* Frees it, and fails the running test if a check failed or if there was none. */
void oracle_fini(struct oracle *oracle);

/* The value of the row; the test fails if there is none or if several differ. */
double oracle_value(const struct oracle *oracle, struct oracle_name name);

bool oracle_has(const struct oracle *oracle, struct oracle_name name);

/* Checks that |got - value| <= tolerance. */
void oracle_check(struct oracle *oracle, struct oracle_name name, double got, double tolerance);

/* Half the width of the 95 % interval of a mean over `jobs` jobs, relative to the mean, when
   `jobs_for_1pct` jobs give one of +-1 %. */
double oracle_half_width(double jobs_for_1pct, double jobs);

/* Independent runs of one quantity. */
struct estimate {
    uint32_t count;
    double sum;
    double squares;
};

void estimate_add(struct estimate *estimate, double value);
double estimate_mean(const struct estimate *estimate);

/* Half the width of the 95 % interval of the mean; two values at least, thirty at most. */
double estimate_half_width(const struct estimate *estimate);

#endif
