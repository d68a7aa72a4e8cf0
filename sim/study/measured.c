#include "study/measured.h"

#include "base/assert.h"
#include "base/csv.h"
#include "base/nearest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64, SCENARIOS_MAX = 4096, VMS_MAX = 1024 };

static const char *const mode_names[MEASURED_MODES] = { "time_sliced", "mps", "copy", "app" };
static const char *const mode_folders[MEASURED_MODES] = { "jobs", "jobs", "copy", "apps" };

const char *measured_mode_name(enum measured_mode mode)
{
    assert(mode < MEASURED_MODES);
    return mode_names[mode];
}

static const char *const regime_names[MEASURED_REGIMES] = {
    "time-sliced closed", "time-sliced open", "time-sliced mixed", "time-sliced render", "copy",
    "MPS closed",         "MPS open",         "applications",
};

const char *measured_regime_name(enum measured_regime regime)
{
    assert(regime < MEASURED_REGIMES);
    return regime_names[regime];
}

/* ---------------------------------------------------------------- tables by column name */

struct table {
    struct csv csv;
    struct csv_field header[COLUMNS_MAX];
    int column_count;
    struct csv_field row[COLUMNS_MAX];
};

static int open_table(struct table *t, const char *file, char *bytes, size_t size,
                      struct err *err)
{
    csv_init(&t->csv, file, bytes, size);
    t->column_count = csv_row(&t->csv, t->header, COLUMNS_MAX, err);
    if (t->column_count < 0) {
        return -1;
    }
    if (t->column_count == 0) {
        struct place place = { file, 1, 1 };
        return err_at(err, place, "the file is empty; it must have a row of column names");
    }
    return 0;
}

/* 1, 0 at the end, or -1 with *err. */
static int next_row(struct table *t, struct err *err)
{
    int count = csv_row(&t->csv, t->row, COLUMNS_MAX, err);

    if (count > 0 && count != t->column_count) {
        return err_at(err, t->row[0].place, "this row has %d fields; its header has %d", count,
                      t->column_count);
    }
    return count > 0 ? 1 : count;
}

/* The position of a column, or -1 with *err. */
static int column(const struct table *t, const char *name, struct err *err)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (int i = 0; i < t->column_count; i++) {
        if (strcmp(t->header[i].text, name) == 0) {
            return i;
        }
        nearest_offer(&nearest, t->header[i].text);
    }
    struct place place = { t->csv.file, 1, 1 };
    return err_at(err, place, "there is no column %s%s%s", name,
                  nearest_best(&nearest) ? "; the nearest is " : "",
                  nearest_best(&nearest) ? nearest_best(&nearest) : "");
}

static int columns(const struct table *t, const char *const *names, int *ret, size_t count,
                   struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = column(t, names[i], err);
        if (ret[i] < 0) {
            return -1;
        }
    }
    return 0;
}

static int parse_time(const struct csv_field *field, const char *what, nsec *ret,
                      struct err *err)
{
    char *end;

    errno = 0;
    long long value = strtoll(field->text, &end, 10);
    if (end == field->text || *end != '\0' || errno != 0 || value < 0 ||
        value > RUN_LENGTH_MAX) {
        return err_at(err, field->place,
                      "%s is '%s'; it must be a whole number of nanoseconds between 0 and a "
                      "year",
                      what, field->text);
    }
    *ret = value;
    return 0;
}

/* A number that may be missing. */
static int parse_number(const struct csv_field *field, double fallback, double *ret,
                        struct err *err)
{
    char *end;

    if (field->text[0] == '\0') {
        *ret = fallback;
        return 0;
    }
    *ret = strtod(field->text, &end);
    if (*end != '\0' || !isfinite(*ret) || *ret < 0.0) {
        return err_at(err, field->place, "'%s' is no number of 0 or more", field->text);
    }
    return 0;
}

/* ---------------------------------------------------------------- index.csv */

enum { I_SCENARIO, I_MODE, I_DURATION, I_VM, I_KERNEL, I_ARRIVAL, I_THINK, I_BLOCKS, I_SM };
static const char *const index_columns[] = { "scenario", "mode",   "duration_s",
                                             "vm",       "kernel", "arrival",
                                             "think_ms", "blocks", "sm_percent" };

static int parse_mode(const struct csv_field *field, enum measured_mode *ret, struct err *err)
{
    for (int i = 0; i < MEASURED_MODES; i++) {
        if (strcmp(field->text, mode_names[i]) == 0) {
            *ret = (enum measured_mode)i;
            return 0;
        }
    }
    return err_at(err, field->place, "mode is '%s'; it must be time_sliced, mps, copy or app",
                  field->text);
}

static nsec to_ns(double value, nsec unit)
{
    return (nsec)(value * (double)unit + 0.5);
}

static int parse_vm(const struct table *t, const int *at, struct arena *arena,
                    struct measured_vm *vm, struct err *err)
{
    double think;
    double blocks;

    vm->name = arena_string(arena, t->row[at[I_VM]].text);
    vm->kernel = arena_string(arena, t->row[at[I_KERNEL]].text);
    vm->is_closed = strcmp(t->row[at[I_ARRIVAL]].text, "closed") == 0;
    vm->is_periodic = strcmp(t->row[at[I_ARRIVAL]].text, "periodic") == 0;
    if (parse_number(&t->row[at[I_THINK]], 0.0, &think, err) ||
        parse_number(&t->row[at[I_BLOCKS]], 0.0, &blocks, err) ||
        parse_number(&t->row[at[I_SM]], 100.0, &vm->sm_percent, err)) {
        return -1;
    }
    vm->think_ns = to_ns(think, MSEC);
    vm->blocks = (uint32_t)blocks;
    return 0;
}

/* The scenario that a row of the index belongs to: the last one, or a new one. */
static struct measured_scenario *scenario_of(struct measured_set *set, const char *name,
                                             struct arena *arena)
{
    struct measured_scenario *last =
        set->scenario_count > 0 ? &set->scenarios[set->scenario_count - 1] : NULL;

    if (last && strcmp(last->name, name) == 0) {
        return last;
    }
    if (set->scenario_count == SCENARIOS_MAX) {
        return NULL;
    }
    last = &set->scenarios[set->scenario_count++];
    last->name = arena_string(arena, name);
    last->vms = arena_take(arena, VMS_MAX, sizeof(last->vms[0]));
    return last;
}

static enum measured_regime regime_of(const struct measured_scenario *scenario)
{
    uint32_t closed = 0;
    uint32_t open = 0;
    bool is_periodic = false;

    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        const struct measured_vm *vm = &scenario->vms[i];
        closed += vm->is_closed && vm->think_ns == 0;
        open += !vm->is_closed;
        is_periodic = is_periodic || vm->is_periodic;
    }
    switch (scenario->mode) {
    case MEASURED_COPY:
        return MEASURED_COPIES;
    case MEASURED_APP:
        return MEASURED_APPS;
    case MEASURED_MPS:
        return open > 0 ? MEASURED_MPS_OPEN : MEASURED_MPS_CLOSED;
    default:
        return is_periodic                    ? MEASURED_RENDER
               : closed == scenario->vm_count ? MEASURED_CLOSED
               : open == scenario->vm_count   ? MEASURED_OPEN
                                              : MEASURED_MIXED;
    }
}

/* Also of scenarios that this device lacks, so that all devices are split alike. */
static void split(struct measured_set *set)
{
    uint32_t count[MEASURED_REGIMES] = { 0 };

    for (uint32_t i = 0; i < set->scenario_count; i++) {
        struct measured_scenario *scenario = &set->scenarios[i];
        scenario->regime = regime_of(scenario);
        scenario->half = (int)(count[scenario->regime]++ / 2 % 2);
    }
}

static int load_index(struct table *t, struct arena *arena, struct measured_set *set,
                      struct err *err)
{
    int at[ARRAY_LEN(index_columns)];
    int more;

    if (columns(t, index_columns, at, ARRAY_LEN(at), err)) {
        return -1;
    }
    set->scenarios = arena_take(arena, SCENARIOS_MAX, sizeof(set->scenarios[0]));
    while ((more = next_row(t, err)) == 1) {
        struct measured_scenario *scenario =
            scenario_of(set, t->row[at[I_SCENARIO]].text, arena);
        double duration;
        if (!scenario || scenario->vm_count == VMS_MAX) {
            return err_at(err, t->row[0].place, "more than %d scenarios or %d VMs",
                          SCENARIOS_MAX, VMS_MAX);
        }
        if (parse_mode(&t->row[at[I_MODE]], &scenario->mode, err) ||
            parse_number(&t->row[at[I_DURATION]], 0.0, &duration, err) ||
            parse_vm(t, at, arena, &scenario->vms[scenario->vm_count], err)) {
            return -1;
        }
        scenario->duration_ns = to_ns(duration, SEC);
        scenario->vm_count++;
    }
    split(set);
    return more;
}

/* ---------------------------------------------------------------- jobs */

enum { J_VM, J_ARRIVAL, J_DEMAND, J_START, J_END };
static const char *const job_columns[] = { "vm", "arrival_ns", "demand_ns", "start_ns",
                                           "end_ns" };

static struct measured_vm *vm_of(struct measured_scenario *scenario, const char *name)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (strcmp(scenario->vms[i].name, name) == 0) {
            return &scenario->vms[i];
        }
    }
    return NULL;
}

static int parse_job(const struct table *t, const int *at, struct measured_job *job,
                     struct err *err)
{
    if (parse_time(&t->row[at[J_ARRIVAL]], "arrival_ns", &job->arrival_ns, err) ||
        parse_time(&t->row[at[J_DEMAND]], "demand_ns", &job->demand_ns, err) ||
        parse_time(&t->row[at[J_START]], "start_ns", &job->start_ns, err) ||
        parse_time(&t->row[at[J_END]], "end_ns", &job->end_ns, err)) {
        return -1;
    }
    /* The GPU's clock is mapped to the host's, so a start may seem to lie a little before the
       arrival; an end before either is a mistake. */
    if (job->end_ns < job->arrival_ns || job->end_ns < job->start_ns) {
        return err_at(err, t->row[at[J_END]].place,
                      "end_ns lies before arrival_ns or start_ns of the job");
    }
    return 0;
}

static int load_jobs(struct table *t, struct measured_scenario *scenario, uint32_t rows,
                     struct arena *arena, struct err *err)
{
    int at[ARRAY_LEN(job_columns)];
    int more;

    if (columns(t, job_columns, at, ARRAY_LEN(at), err)) {
        return -1;
    }
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        scenario->vms[i].jobs = arena_take(arena, rows, sizeof(struct measured_job));
    }
    while ((more = next_row(t, err)) == 1) {
        struct measured_vm *vm = vm_of(scenario, t->row[at[J_VM]].text);
        if (!vm) {
            return err_at(err, t->row[at[J_VM]].place,
                          "index.csv has no VM '%s' in scenario %s", t->row[at[J_VM]].text,
                          scenario->name);
        }
        struct measured_job *job = &vm->jobs[vm->job_count];
        if (parse_job(t, at, job, err)) {
            return -1;
        }
        if (vm->job_count > 0 && job->arrival_ns < job[-1].arrival_ns) {
            return err_at(err, t->row[at[J_ARRIVAL]].place,
                          "arrival_ns lies before that of the VM's last job");
        }
        vm->job_count++;
    }
    return more;
}

static uint32_t count_lines(const char *bytes, size_t size)
{
    uint32_t lines = 1;

    for (size_t i = 0; i < size; i++) {
        lines += bytes[i] == '\n';
    }
    return lines;
}

/* 0; 1 if the device has no file for the scenario; -1 with *err. */
static int load_scenario(const struct measured_reader *reader, const char *folder,
                         struct measured_scenario *scenario, struct arena *arena,
                         struct err *err)
{
    const char *path = arena_format(arena, "%s/%s/%s.csv", folder, mode_folders[scenario->mode],
                                    scenario->name);
    struct table table;
    struct measured_bytes file;
    int status = reader->read(reader->context, path, arena, &file, err);

    if (status) {
        return status;
    }
    if (open_table(&table, path, file.bytes, file.size, err) ||
        load_jobs(&table, scenario, count_lines(file.bytes, file.size), arena, err)) {
        return -1;
    }
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (scenario->vms[i].job_count == 0) {
            struct place place = { path, 0, 0 };
            return err_at(err, place, "there is no job of VM %s, which index.csv has",
                          scenario->vms[i].name);
        }
    }
    return 0;
}

int measured_load(const struct measured_source *source, struct arena *arena,
                  struct measured_set *ret, struct err *err)
{
    const struct measured_reader *reader = &source->reader;
    const char *path =
        arena_format(arena, "%s/%s", source->dir, source->index ? source->index : "index.csv");
    const char *folder = arena_format(arena, "%s/%s", source->dir, source->device);
    struct measured_set set = { 0 };
    struct table table;
    struct measured_bytes file;
    int status = reader->read(reader->context, path, arena, &file, err);

    if (status == 1) {
        return err_set(err, ERR_READ, "cannot read %s: there is no such file", path);
    }
    if (status || open_table(&table, path, file.bytes, file.size, err) ||
        load_index(&table, arena, &set, err)) {
        return -1;
    }
    set.skipped = arena_take(arena, set.scenario_count, sizeof(set.skipped[0]));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set.scenario_count; i++) {
        status = load_scenario(reader, folder, &set.scenarios[i], arena, err);
        if (status < 0) {
            return -1;
        }
        if (status == 1) {
            set.skipped[set.skipped_count++] = set.scenarios[i].name;
        } else {
            set.scenarios[kept++] = set.scenarios[i];
        }
    }
    set.scenario_count = kept;
    if (kept == 0) {
        return err_set(err, ERR_READ, "%s has no measurement of any scenario of %s", folder,
                       path);
    }
    *ret = set;
    return 0;
}
