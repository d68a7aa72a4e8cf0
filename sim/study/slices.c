#include "study/slices.h"

#include "base/assert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SWITCHES_LEAST = 10 };

enum { S_VM, S_START, S_END };
static const char *const column_names[] = { "vm", "run_start_ns", "run_end_ns" };

static int parse_stay(const struct rows *rows, const int *at, const struct slices_stay *last,
                      struct slices_stay *stay, struct err *err)
{
    if (rows_time(&rows->row[at[S_START]], "run_start_ns", &stay->start_ns, err) ||
        rows_time(&rows->row[at[S_END]], "run_end_ns", &stay->end_ns, err)) {
        return -1;
    }
    if (stay->end_ns < stay->start_ns) {
        return err_at(err, rows->row[at[S_END]].place, "run_end_ns lies before run_start_ns");
    }
    if (last && stay->start_ns < last->end_ns) {
        return err_at(err, rows->row[at[S_START]].place,
                      "run_start_ns lies before the end of the stay above; one runs at a time");
    }
    return 0;
}

/* Finds out whose stay it is. False: there are too many processes. */
static bool name_stay(struct slices_stay *stay, const char *name, const char **names,
                      uint32_t *name_count)
{
    uint32_t vm = 0;

    while (vm < *name_count && strcmp(names[vm], name) != 0) {
        vm++;
    }
    if (vm == SLICES_VMS_MAX) {
        return false;
    }
    stay->is_first = vm == *name_count;
    if (stay->is_first) {
        names[(*name_count)++] = name;
    }
    stay->vm = vm;
    return true;
}

static uint32_t count_lines(const struct rows *rows)
{
    uint32_t lines = 1;

    for (const char *at = rows->csv.next; at < rows->csv.end; at++) {
        lines += *at == '\n';
    }
    return lines;
}

int slices_load(struct rows *rows, const char *name, struct arena *arena, struct slices *ret,
                struct err *err)
{
    int at[ARRAY_LEN(column_names)];
    struct slices_stay *stays = arena_take(arena, count_lines(rows), sizeof(stays[0]));
    const char **names = arena_take(arena, SLICES_VMS_MAX, sizeof(names[0]));
    uint32_t name_count = 0;
    uint32_t count = 0;
    int more;

    if (rows_find(rows, column_names, at, ARRAY_LEN(at), err)) {
        return -1;
    }
    while ((more = rows_next(rows, err)) == 1) {
        struct slices_stay *stay = &stays[count];
        if (parse_stay(rows, at, count > 0 ? &stays[count - 1] : NULL, stay, err)) {
            return -1;
        }
        if (!name_stay(stay, rows->row[at[S_VM]].text, names, &name_count)) {
            return err_at(err, rows->row[at[S_VM]].place, "more than %d processes",
                          SLICES_VMS_MAX);
        }
        count++;
    }
    if (more == 0 && count == 0) {
        struct place place = { rows->csv.file, 1, 1 };
        return err_at(err, place, "there is no stay in it");
    }
    *ret = (struct slices){ name, stays, count };
    return more;
}

/* ---------------------------------------------------------------- what they show */

/* Whether another process ended it: the last one ended with the measurement. */
static bool is_ended(const struct slices *slices, uint32_t index)
{
    return index + 1 < slices->stay_count &&
           slices->stays[index].vm != slices->stays[index + 1].vm;
}

static double length_of(const struct slices_stay *stay)
{
    return (double)(stay->end_ns - stay->start_ns);
}

static int compare_doubles(const void *a, const void *b)
{
    const double *first = a;
    const double *second = b;

    return *first < *second ? -1 : *first > *second;
}

static struct slices_value middle_of(double *values, uint32_t count)
{
    double reach = 0.98 * sqrt((double)count);

    qsort(values, count, sizeof(values[0]), compare_doubles);
    return (struct slices_value){
        .middle = values[count / 2],
        .low = values[(uint32_t)((double)count / 2.0 - reach)],
        .high = values[(uint32_t)((double)count / 2.0 + reach)],
    };
}

bool slices_see(const struct slices *slices, struct slices_seen *ret)
{
    double *gaps = calloc(slices->stay_count, 2 * sizeof(gaps[0]));
    double *stays = gaps + slices->stay_count;
    uint32_t count = 0;

    if (!gaps) {
        out_of_memory();
    }
    for (uint32_t i = 1; i < slices->stay_count; i++) {
        if (is_ended(slices, i - 1) && is_ended(slices, i) && !slices->stays[i].is_first) {
            gaps[count] = (double)(slices->stays[i].start_ns - slices->stays[i - 1].end_ns);
            stays[count++] = length_of(&slices->stays[i]);
        }
    }
    bool is_enough = count >= SWITCHES_LEAST;
    if (is_enough) {
        *ret = (struct slices_seen){ count, middle_of(gaps, count), middle_of(stays, count) };
    }
    free(gaps);
    return is_enough;
}

uint32_t slices_first_stays(const struct slices *slices, double *ret)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < slices->stay_count; i++) {
        if (slices->stays[i].is_first && is_ended(slices, i)) {
            ret[count++] = length_of(&slices->stays[i]);
        }
    }
    return count;
}
