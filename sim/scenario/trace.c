#include "scenario/columns.h"
#include "scenario/inputs.h"
#include "scenario/language.h"

/* clang-format off */
static const struct field trace_fields[] = {
    { .name = "file", .kind = FIELD_FILE, .offset = offsetof(struct trace_use, file),
      .required = true, .doc = "CSV file with a header row, relative to the scenario." },
    { .name = "arrival", .kind = FIELD_TEXT, .offset = offsetof(struct trace_use, arrival),
      .absent = "arrival_ns", .doc = "Column of the times of arrival; rows go by time." },
    { .name = "demand", .kind = FIELD_TEXT, .offset = offsetof(struct trace_use, demand),
      .word = "none", .absent = "demand_ns if there is such a column",
      .doc = "Column of the demands, for phases that ask for `trace`." },
    { .name = "vm", .kind = FIELD_TEXT, .offset = offsetof(struct trace_use, vm),
      .absent = "all rows", .doc = "Only rows whose column `vm` holds this text." },
    { .name = "unit", .kind = FIELD_CHOICE, .offset = offsetof(struct trace_use, unit),
      .choices = column_unit_words,
      .doc = "Unit of both columns; by_name: as the ends of their names say, _ns, _us, ..." },
    { .name = "repeat", .kind = FIELD_BOOL, .offset = offsetof(struct trace_use, repeat),
      .doc = "Whether the trace is repeated until the end of the run, one mean gap apart." },
    { .name = "speed", .kind = FIELD_NUMBER, .offset = offsetof(struct trace_use, speed),
      .min = 1000, .max = 1000000000, .fallback = 1000000,
      .doc = "Times of arrival are divided by this; demands are not." },
};
const struct shape trace_shape = {
    .title = "A trace", .fields = trace_fields, .field_count = ARRAY_LEN(trace_fields),
};
/* clang-format on */

/* How many times a trace of n rows fits: cycles begin every `cycle` ns before the end. */
static uint64_t repeats(nsec duration, nsec cycle)
{
    return (uint64_t)((duration - 1) / cycle) + 1;
}

static void repeat_trace(struct check *check, const struct node *node, struct arrival *arrival)
{
    const nsec *times = arrival->times_ns;
    uint64_t count = arrival->time_count;
    nsec first = times[0];
    nsec length = times[count - 1] - first;

    if (length == 0) {
        check_refuse(check, node->place,
                     "%s repeats a trace whose rows all have one time; it needs two",
                     check_subject(check));
        return;
    }
    nsec cycle = length + length / (nsec)(count - 1);
    uint64_t times_over = repeats(check->scenario->duration_ns, cycle);
    if (times_over > COLUMN_ROWS_MAX / count) {
        check_refuse(check, node->place, "%s repeats to more than %d rows",
                     check_subject(check), COLUMN_ROWS_MAX);
        return;
    }
    nsec *all = arena_take(check->arena, times_over * count, sizeof(*all));
    nsec *demands = arrival->demands_ns
                        ? arena_take(check->arena, times_over * count, sizeof(*demands))
                        : NULL;
    for (uint64_t i = 0; i < times_over * count; i++) {
        all[i] = times[i % count] + (nsec)(i / count) * cycle;
        if (demands) {
            demands[i] = arrival->demands_ns[i % count];
        }
    }
    arrival->times_ns = all;
    arrival->demands_ns = demands;
    arrival->time_count = times_over * count;
}

/* Divides the times by the speed, halves up. */
static bool scale_times(struct check *check, const struct node *node, nsec *times,
                        uint64_t count, double speed)
{
    if (speed == 1.0) {
        return true;
    }
    if ((double)times[count - 1] / speed > (double)RUN_LENGTH_MAX) {
        check_refuse(check, node->place,
                     "%s is so slow that the trace takes more than 365 days",
                     check_subject(check));
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        times[i] = (nsec)((double)times[i] / speed + 0.5);
    }
    return true;
}

void trace_read(struct check *check, const struct node *node, void *target)
{
    struct workload_entry *entry = target;
    struct arrival *arrival = &entry->workload.arrival;
    struct trace_use *use = arena_take(check->arena, 1, sizeof(*use));
    bool is_good = shape_read(check, node, &trace_shape, use) && use->file;

    entry->trace = use;
    if (!use->arrival) {
        use->arrival = "arrival_ns";
    }
    if (!is_good) {
        return;
    }
    if (!node_find(node, "demand") && columns_has(inputs_find(check, use->file), "demand_ns")) {
        use->demand = "demand_ns";
    }
    struct column columns[] = {
        { .name = use->arrival, .unit = use->unit, .is_rising = true },
        { .name = use->demand, .unit = use->unit },
    };
    struct column_query query = {
        .file = use->file,
        .vm = use->vm,
        .columns = columns,
        .column_count = use->demand ? 2 : 1,
    };
    if (!columns_read(check, node, &query)) {
        return;
    }
    if (columns[0].is_bytes || columns[1].is_bytes) {
        check_refuse(check, node->place, "%s needs columns of times, not of sizes",
                     check_subject(check));
        return;
    }
    if (!scale_times(check, node, columns[0].values, query.row_count, use->speed)) {
        return;
    }
    arrival->times_ns = columns[0].values;
    arrival->demands_ns = use->demand ? columns[1].values : NULL;
    arrival->time_count = query.row_count;
    if (use->repeat && check->scenario->duration_ns > 0) {
        repeat_trace(check, node, arrival);
    }
}
