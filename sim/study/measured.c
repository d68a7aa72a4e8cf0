#include "study/measured.h"

#include "base/assert.h"
#include "study/rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCENARIOS_MAX = 4096, VMS_MAX = 1024 };

/* Far beyond what the clocks of one host and one GPU, or a backlog, can do: then the columns,
   or the VMs, are not of one clock. */
#define START_EARLY_MAX (10 * MSEC)
#define END_LATE_MAX    (120 * SEC)

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

/* Between what bounds a number of the index may lie; a cell that is empty means `fallback`, or
   is a mistake if that is NAN. */
struct limits {
    const char *name;
    double fallback;
    double min;
    double max;
};

static int parse_number(const struct csv_field *field, const struct limits *limits, double *ret,
                        struct err *err)
{
    char *end;
    double value = limits->fallback;

    if (field->text[0] != '\0') {
        value = strtod(field->text, &end);
        if (*end != '\0') {
            value = NAN;
        }
    }
    if (!(value >= limits->min) || !(value <= limits->max)) {
        return err_at(err, field->place, "%s is '%s'; it must be a number between %g and %g",
                      limits->name, field->text, limits->min, limits->max);
    }
    *ret = value;
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

static const struct limits think_limits = { "think_ms", 0.0, 0.0, 1e7 };
static const struct limits block_limits = { "blocks", 0.0, 0.0, 1e9 };
static const struct limits share_limits = { "sm_percent", 100.0, 0.1, 100.0 };
static const struct limits duration_limits = { "duration_s", NAN, 1e-3, 1e6 };

static int parse_vm(const struct rows *t, const int *at, struct arena *arena,
                    struct measured_vm *vm, struct err *err)
{
    double think;
    double blocks;

    vm->name = arena_string(arena, t->row[at[I_VM]].text);
    vm->kernel = arena_string(arena, t->row[at[I_KERNEL]].text);
    vm->is_closed = strcmp(t->row[at[I_ARRIVAL]].text, "closed") == 0;
    vm->is_periodic = strcmp(t->row[at[I_ARRIVAL]].text, "periodic") == 0;
    if (parse_number(&t->row[at[I_THINK]], &think_limits, &think, err) ||
        parse_number(&t->row[at[I_BLOCKS]], &block_limits, &blocks, err) ||
        parse_number(&t->row[at[I_SM]], &share_limits, &vm->sm_percent, err)) {
        return -1;
    }
    vm->think_ns = to_ns(think, MSEC);
    vm->blocks = (uint32_t)blocks;
    return 0;
}

/* The scenario that a row of the index belongs to, whose rows need not stand together; NULL:
   there are too many. */
static struct measured_scenario *scenario_of(struct measured_set *set,
                                             const struct csv_field *field, struct arena *arena)
{
    const char *name = field->text;

    for (uint32_t i = set->scenario_count; i > 0; i--) {
        if (strcmp(set->scenarios[i - 1].name, name) == 0) {
            return &set->scenarios[i - 1];
        }
    }
    if (set->scenario_count == SCENARIOS_MAX) {
        return NULL;
    }
    struct measured_scenario *added = &set->scenarios[set->scenario_count++];
    added->name = arena_string(arena, name);
    added->place = field->place;
    added->vms = arena_take(arena, VMS_MAX, sizeof(added->vms[0]));
    return added;
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

static struct measured_vm *vm_of(struct measured_scenario *scenario, const char *name)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (strcmp(scenario->vms[i].name, name) == 0) {
            return &scenario->vms[i];
        }
    }
    return NULL;
}

/* What the rows of a scenario must have in common. */
static int parse_common(const struct rows *t, const int *at, struct measured_scenario *scenario,
                        struct err *err)
{
    enum measured_mode mode = MEASURED_TIME_SLICED;
    double duration = 0;

    if (parse_mode(&t->row[at[I_MODE]], &mode, err) ||
        parse_number(&t->row[at[I_DURATION]], &duration_limits, &duration, err)) {
        return -1;
    }
    if (scenario->vm_count > 0 &&
        (scenario->mode != mode || scenario->duration_ns != to_ns(duration, SEC))) {
        return err_at(err, t->row[at[I_MODE]].place,
                      "mode and duration_s of scenario %s are not those of its first row",
                      scenario->name);
    }
    scenario->mode = mode;
    scenario->duration_ns = to_ns(duration, SEC);
    return 0;
}

static int parse_index_row(const struct rows *t, const int *at, struct arena *arena,
                           struct measured_scenario *scenario, struct err *err)
{
    const struct csv_field *name = &t->row[at[I_VM]];

    if (vm_of(scenario, name->text)) {
        return err_at(err, name->place, "scenario %s has a VM '%s' already", scenario->name,
                      name->text);
    }
    if (parse_common(t, at, scenario, err) ||
        parse_vm(t, at, arena, &scenario->vms[scenario->vm_count], err)) {
        return -1;
    }
    scenario->vm_count++;
    return 0;
}

static int load_index(struct rows *t, struct arena *arena, struct measured_set *set,
                      struct err *err)
{
    int at[ARRAY_LEN(index_columns)];
    int more;

    if (rows_find(t, index_columns, at, ARRAY_LEN(at), err)) {
        return -1;
    }
    set->scenarios = arena_take(arena, SCENARIOS_MAX, sizeof(set->scenarios[0]));
    while ((more = rows_next(t, err)) == 1) {
        struct measured_scenario *scenario = scenario_of(set, &t->row[at[I_SCENARIO]], arena);
        if (!scenario || scenario->vm_count == VMS_MAX) {
            return err_at(err, t->row[0].place, "more than %d scenarios or %d VMs",
                          SCENARIOS_MAX, VMS_MAX);
        }
        if (parse_index_row(t, at, arena, scenario, err)) {
            return -1;
        }
    }
    split(set);
    return more;
}

/* ---------------------------------------------------------------- jobs */

enum { J_VM, J_ARRIVAL, J_DEMAND, J_START, J_END };
static const char *const job_columns[] = { "vm", "arrival_ns", "demand_ns", "start_ns",
                                           "end_ns" };

static int parse_job(const struct rows *t, const int *at, struct measured_job *job,
                     struct err *err)
{
    if (rows_time(&t->row[at[J_ARRIVAL]], "arrival_ns", &job->arrival_ns, err) ||
        rows_time(&t->row[at[J_DEMAND]], "demand_ns", &job->demand_ns, err) ||
        rows_time(&t->row[at[J_START]], "start_ns", &job->start_ns, err) ||
        rows_time(&t->row[at[J_END]], "end_ns", &job->end_ns, err)) {
        return -1;
    }
    if (job->demand_ns == 0) {
        return err_at(err, t->row[at[J_DEMAND]].place, "demand_ns is 0; a job takes time");
    }
    if (job->end_ns <= job->arrival_ns || job->end_ns < job->start_ns) {
        return err_at(err, t->row[at[J_END]].place,
                      "end_ns lies before arrival_ns or start_ns of the job");
    }
    return 0;
}

/* The GPU's clock is mapped to the host's, so a start may seem to lie a little before the
   arrival. */
static int check_clocks(const struct rows *t, const int *at, const struct measured_job *job,
                        nsec duration_ns, struct err *err)
{
    if (job->start_ns < job->arrival_ns - START_EARLY_MAX) {
        return err_at(err, t->row[at[J_START]].place,
                      "start_ns lies %.4g s before arrival_ns: the times are not of one clock",
                      (double)(job->arrival_ns - job->start_ns) / 1e9);
    }
    if (job->arrival_ns > 2 * duration_ns + SEC) {
        return err_at(err, t->row[at[J_ARRIVAL]].place,
                      "arrival_ns is %.4g s, and the scenario lasts %.4g s: the times are not "
                      "counted from its start",
                      (double)job->arrival_ns / 1e9, (double)duration_ns / 1e9);
    }
    if (job->end_ns > 2 * duration_ns + END_LATE_MAX) {
        return err_at(err, t->row[at[J_END]].place,
                      "end_ns is %.4g s, and the scenario lasts %.4g s: the times are not of "
                      "one clock",
                      (double)job->end_ns / 1e9, (double)duration_ns / 1e9);
    }
    return 0;
}

static int load_jobs(struct rows *t, struct measured_scenario *scenario, uint32_t rows,
                     struct arena *arena, struct err *err)
{
    int at[ARRAY_LEN(job_columns)];
    int more;

    if (rows_find(t, job_columns, at, ARRAY_LEN(at), err)) {
        return -1;
    }
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        scenario->vms[i].jobs = arena_take(arena, rows, sizeof(struct measured_job));
    }
    while ((more = rows_next(t, err)) == 1) {
        struct measured_vm *vm = vm_of(scenario, t->row[at[J_VM]].text);
        if (!vm) {
            return err_at(err, t->row[at[J_VM]].place,
                          "the index has no VM '%s' in scenario %s", t->row[at[J_VM]].text,
                          scenario->name);
        }
        struct measured_job *job = &vm->jobs[vm->job_count];
        if (parse_job(t, at, job, err) ||
            check_clocks(t, at, job, scenario->duration_ns, err)) {
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
    struct rows table;
    struct measured_bytes file;
    int status = reader->read(reader->context, path, arena, &file, err);

    if (status) {
        return status;
    }
    if (rows_open(&table, path, file.bytes, file.size, err) ||
        load_jobs(&table, scenario, count_lines(file.bytes, file.size), arena, err)) {
        return -1;
    }
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (scenario->vms[i].job_count == 0) {
            struct place place = { path, 1, 1 };
            return err_at(err, place, "there is no job of VM %s, which the index has",
                          scenario->vms[i].name);
        }
    }
    return 0;
}

/* 0, or -1 with *err. */
static int load_slices(const struct measured_source *source, struct arena *arena,
                       struct measured_set *set, struct err *err)
{
    set->slices = arena_take(arena, source->slices_count, sizeof(set->slices[0]));
    for (uint32_t i = 0; i < source->slices_count; i++) {
        const struct measured_reader *reader = &source->reader;
        const char *name = source->slices[i];
        const char *path =
            arena_format(arena, "%s/%s/slices/%s", source->dir, source->device, name);
        struct measured_bytes file;
        struct rows rows;
        int status = reader->read(reader->context, path, arena, &file, err);
        if (status == 1) {
            continue; /* Gone since. */
        }
        if (status || rows_open(&rows, path, file.bytes, file.size, err) ||
            slices_load(&rows, name, arena, &set->slices[set->slices_count], err)) {
            return -1;
        }
        set->slices_count++;
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
    struct rows table;
    struct measured_bytes file;
    int status = reader->read(reader->context, path, arena, &file, err);

    if (status == 1) {
        return err_set(err, ERR_READ, "cannot read %s: there is no such file", path);
    }
    if (status || rows_open(&table, path, file.bytes, file.size, err) ||
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
        struct place place = { path, 1, 1 };
        return err_at(err, place, "no scenario of it was measured on %s: %s has none",
                      source->device, folder);
    }
    if (load_slices(source, arena, &set, err)) {
        return -1;
    }
    *ret = set;
    return 0;
}
