/*
 * table.c - reads the table of scenarios, earlier measurements and the calibration.
 */
#include "probe.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
    COLUMN_SCENARIO,
    COLUMN_MODE,
    COLUMN_DURATION,
    COLUMN_VM,
    COLUMN_KERNEL,
    COLUMN_ARRIVAL,
    COLUMN_RATE,
    COLUMN_PERIOD,
    COLUMN_OFFSET,
    COLUMN_THINK,
    COLUMN_DIST,
    COLUMN_MEAN,
    COLUMN_BLOCKS,
    COLUMN_SM_PERCENT,
    COLUMN_COUNT,
};

/* Splits at commas, in place; empty fields stay. Returns the number of fields. */
static int split(char *line, char *fields[], int fields_max)
{
    int count = 0;
    char *next = line;

    line[strcspn(line, "\r\n")] = '\0';
    while (next && count < fields_max) {
        fields[count++] = next;
        next = strchr(next, ',');
        if (next) {
            *next++ = '\0';
        }
    }
    return next ? fields_max + 1 : count;
}

/* The index of the word, or -1. */
static int find_word(const char *word, const char *const words[], int count)
{
    for (int i = 0; i < count; i++) {
        if (!strcmp(word, words[i])) {
            return i;
        }
    }
    return -1;
}

/* An empty field is 0. Returns whether the field is empty or a number of at least 0. */
static bool parse_number(const char *text, double *ret)
{
    char *end;
    double value;

    if (!*text) {
        *ret = 0;
        return true;
    }
    value = strtod(text, &end);
    if (*end || !isfinite(value) || value < 0) {
        return false;
    }
    *ret = value;
    return true;
}

static bool parse_numbers(char *fields[], struct vm_row *row)
{
    double blocks;

    if (!parse_number(fields[COLUMN_DURATION], &row->duration_s) ||
        !parse_number(fields[COLUMN_RATE], &row->rate_hz) ||
        !parse_number(fields[COLUMN_PERIOD], &row->period_ms) ||
        !parse_number(fields[COLUMN_OFFSET], &row->offset_ms) ||
        !parse_number(fields[COLUMN_THINK], &row->think_ms) ||
        !parse_number(fields[COLUMN_MEAN], &row->demand_mean_ms) ||
        !parse_number(fields[COLUMN_SM_PERCENT], &row->sm_percent) ||
        !parse_number(fields[COLUMN_BLOCKS], &blocks)) {
        return false;
    }
    row->blocks = (uint32_t)blocks;
    return true;
}

static bool row_makes_sense(const struct vm_row *row)
{
    bool copies = row->kernel == KERNEL_COPY || row->kernel == KERNEL_PIPELINE;

    return row->duration_s > 0 && row->duration_s <= 60 && row->demand_mean_ms > 0 &&
           row->blocks > 0 && row->sm_percent <= 100 && row->is_mps == (row->sm_percent > 0) &&
           (row->arrival != ARRIVAL_POISSON || row->rate_hz > 0) &&
           (row->arrival != ARRIVAL_PERIODIC || row->period_ms > 0) &&
           (!copies || (row->arrival == ARRIVAL_CLOSED && !row->demand_is_exp));
}

static bool parse_row(char *fields[], struct vm_row *row)
{
    static const char *const modes[] = { "time_sliced", "copy", "mps" };
    static const char *const kernels[] = { "burn", "stream", "copy", "pipeline" };
    static const char *const arrivals[] = { "closed", "poisson", "periodic" };
    static const char *const dists[] = { "const", "exp" };
    int mode = find_word(fields[COLUMN_MODE], modes, 3);
    int kernel = find_word(fields[COLUMN_KERNEL], kernels, 4);
    int arrival = find_word(fields[COLUMN_ARRIVAL], arrivals, 3);
    int dist = find_word(fields[COLUMN_DIST], dists, 2);

    if (mode < 0 || kernel < 0 || arrival < 0 || dist < 0 || !parse_numbers(fields, row)) {
        return false;
    }
    row->is_mps = mode == 2;
    row->kernel = (enum kernel)kernel;
    row->arrival = (enum arrival)arrival;
    row->demand_is_exp = dist == 1;
    snprintf(row->scenario, sizeof(row->scenario), "%s", fields[COLUMN_SCENARIO]);
    snprintf(row->vm, sizeof(row->vm), "%s", fields[COLUMN_VM]);
    return row_makes_sense(row);
}

static bool line_is_of(const char *line, const char *scenario)
{
    size_t length = strlen(scenario);

    return !strncmp(line, scenario, length) && line[length] == ',';
}

static int read_rows(FILE *file, const char *path, const char *scenario, struct vm_row rows[])
{
    char line[LINE_MAX_BYTES];
    int count = 0;

    for (int number = 1; fgets(line, sizeof(line), file); number++) {
        char *fields[COLUMN_COUNT];

        if (!line_is_of(line, scenario)) {
            continue;
        }
        if (count == VMS_MAX) {
            fprintf(stderr, "%s:%d: error: more than %d VMs\n", path, number, VMS_MAX);
            return -1;
        }
        rows[count] = (struct vm_row){ 0 };
        memcpy(rows[count].line, line, sizeof(line));
        rows[count].line[strcspn(line, "\r\n")] = '\0';
        if (split(line, fields, COLUMN_COUNT) != COLUMN_COUNT ||
            !parse_row(fields, &rows[count])) {
            fprintf(stderr, "%s:%d: error: this row makes no sense\n", path, number);
            return -1;
        }
        count++;
    }
    return count;
}

int table_load(const char *path, const char *scenario, struct vm_row rows[VMS_MAX])
{
    FILE *file = fopen(path, "r");
    int count;

    if (!file) {
        fprintf(stderr, "%s: error: cannot be read\n", path);
        return -1;
    }
    count = read_rows(file, path, scenario, rows);
    fclose(file);
    if (count == 0) {
        fprintf(stderr, "%s: error: no scenario is called %s\n", path, scenario);
        return -1;
    }
    return count;
}

int replay_load(const char *path, const char *vm, struct replay *ret_replay)
{
    FILE *file = fopen(path, "r");
    char line[LINE_MAX_BYTES];
    struct replay replay = { 0 };

    if (!file) {
        fprintf(stderr, "%s: error: cannot be read\n", path);
        return -1;
    }
    replay.arrival_ns = calloc(JOBS_MAX, sizeof(*replay.arrival_ns));
    replay.demand_ns = calloc(JOBS_MAX, sizeof(*replay.demand_ns));
    while (replay.arrival_ns && replay.demand_ns && fgets(line, sizeof(line), file)) {
        char *fields[6];

        if (!line_is_of(line, vm) || split(line, fields, 6) != 6 || replay.count == JOBS_MAX) {
            continue;
        }
        replay.arrival_ns[replay.count] = strtoll(fields[2], NULL, 10);
        replay.demand_ns[replay.count] = strtoll(fields[3], NULL, 10);
        replay.count++;
    }
    fclose(file);
    if (replay.count == 0) {
        fprintf(stderr, "%s: error: no jobs of VM %s\n", path, vm);
        free(replay.arrival_ns);
        free(replay.demand_ns);
        return -1;
    }
    *ret_replay = replay;
    return 0;
}

const char *stream_name(int stream)
{
    static const char *const names[STREAM_COUNT] = {
        [STREAM_16X1] = "16x1",
        [STREAM_16X2] = "16x2",
        [STREAM_16X4] = "16x4",
        [STREAM_16X1_REM32] = "16x1_rem32",
        [STREAM_16X1_REM64] = "16x1_rem64",
        [STREAM_16X2_REM64] = "16x2_rem64",
        [STREAM_8X1] = "8x1",
        [STREAM_8X2] = "8x2",
        [STREAM_4X4] = "4x4",
        [STREAM_4X8] = "4x8",
        [STREAM_4X4_REM64] = "4x4_rem64",
    };

    return stream >= 0 && stream < STREAM_COUNT ? names[stream] : NULL;
}

enum stream stream_find(const char *name)
{
    int i = 0;

    while (i < STREAM_COUNT && strcmp(name, stream_name(i)) != 0) {
        i++;
    }
    return (enum stream)i;
}

int calibration_load(const char *path, struct calibration *ret_calibration)
{
    FILE *file = fopen(path, "r");
    struct fit fits[1 + STREAM_COUNT];
    int count = 0;

    if (!file) {
        fprintf(stderr, "%s: error: cannot be read\n", path);
        return -1;
    }
    while (count < 1 + STREAM_COUNT &&
           fscanf(file, "%*s %lf %lf", &fits[count].fixed_ns, &fits[count].step_ns) == 2) {
        count++;
    }
    fclose(file);
    if (count < 1 + STREAM_COUNT) {
        fprintf(stderr, "%s: error: must hold burn and every stream\n", path);
        return -1;
    }
    ret_calibration->burn = fits[0];
    memcpy(ret_calibration->stream, fits + 1, sizeof(ret_calibration->stream));
    return 0;
}

int calibration_write(const char *path, const struct calibration *calibration)
{
    FILE *file = fopen(path, "w");

    if (!file) {
        fprintf(stderr, "%s: error: cannot be created\n", path);
        return -1;
    }
    fprintf(file, "burn %.9g %.9g\n", calibration->burn.fixed_ns, calibration->burn.step_ns);
    for (int i = 0; i < STREAM_COUNT; i++) {
        fprintf(file, "%s %.9g %.9g\n", stream_name(i), calibration->stream[i].fixed_ns,
                calibration->stream[i].step_ns);
    }
    if (fclose(file)) {
        fprintf(stderr, "%s: error: cannot be written\n", path);
        return -1;
    }
    return 0;
}
