#include "output/record.h"

#include "base/assert.h"

/* Six numbers and commas, a name and an engine with what is copied beyond them. */
enum { ROW_MAX = 6 * (DIGITS_SIZE + 1) + 512 };

/* ------------------------------------------------------------ orders */

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_ties(const struct job_record *x, const struct job_record *y)
{
    return x->vm != y->vm ? order(x->vm, y->vm) : order((int64_t)x->number, (int64_t)y->number);
}

static int compare_ends(const void *a, const void *b)
{
    const struct job_record *x = a;
    const struct job_record *y = b;

    return x->end_ns != y->end_ns ? order(x->end_ns, y->end_ns) : compare_ties(x, y);
}

static int compare_arrivals(const void *a, const void *b)
{
    const struct job_record *x = a;
    const struct job_record *y = b;

    return x->arrival_ns != y->arrival_ns ? order(x->arrival_ns, y->arrival_ns)
                                          : compare_ties(x, y);
}

static int compare_starts(const void *a, const void *b)
{
    const struct slice_record *x = a;
    const struct slice_record *y = b;

    if (x->start_ns != y->start_ns) {
        return order(x->start_ns, y->start_ns);
    }
    if (x->engine != y->engine) {
        return order(x->engine, y->engine);
    }
    return x->vm != y->vm ? order(x->vm, y->vm) : order(x->end_ns, y->end_ns);
}

const struct sorter_order record_by_end = { sizeof(struct job_record), compare_ends };
const struct sorter_order record_by_arrival = { sizeof(struct job_record), compare_arrivals };
const struct sorter_order record_by_start = { sizeof(struct slice_record), compare_starts };

/* ------------------------------------------------------------ rows */

static struct record_cell make_cell(struct arena *arena, const char *text, char last)
{
    size_t size = strlen(text);
    char *copy = arena_take(arena, size / RECORD_CELL + 1, RECORD_CELL);

    /* Names of VMs need no quotes: scenario/ takes letters, digits and a few signs. */
    assert(size < 256 && !strpbrk(text, ",\"\r\n"));
    for (size_t i = 0; i < size; i++) {
        copy[i] = text[i];
    }
    copy[size] = last;
    return (struct record_cell){ copy, size + 1 };
}

/* Copies of a fixed size are quick; most cells have at most that. */
static char *put_cell(char *to, const struct record_cell *cell)
{
    memcpy(to, cell->text, RECORD_CELL);
    if (cell->size > RECORD_CELL) {
        memcpy(to, cell->text, cell->size);
    }
    return to + cell->size;
}

static char *put_char(char *to, char c)
{
    *to = c;
    return to + 1;
}

static char *put_int(char *to, int64_t value, char behind)
{
    return put_char(to + digits_of_int(to, value), behind);
}

/* The usual row has no number of more than eight digits but for times, and those have more. */
static bool put_usual_job(char **to, struct digits_clock *clock, const struct job_record *job)
{
    nsec latency = job->end_ns - job->arrival_ns; /* Negative if there is no end. */

    if (job->number >= DIGITS_LAST || job->demand_ns >= DIGITS_LAST || latency < 0 ||
        latency >= DIGITS_SPAN) {
        return false;
    }
    struct digits_time arrival = digits_split(clock, job->arrival_ns);
    struct digits_time start = digits_split(clock, job->start_ns);
    struct digits_time end = digits_split_later(clock, start, job->end_ns - job->start_ns);
    if (arrival.upper->size == 0 || start.upper->size == 0) {
        return false;
    }
    struct digits_two amounts = digits_of_two((uint32_t)job->number, (uint32_t)job->demand_ns);
    struct digits_two begins = digits_of_two(arrival.last, start.last);
    char *at = *to;
    at = put_char(digits_put_int(at, amounts.first), ',');
    at = put_char(digits_put_time(at, arrival.upper, begins.first), ',');
    at = put_char(digits_put_int(at, amounts.second), ',');
    at = put_char(digits_put_time(at, start.upper, begins.second), ',');
    *to = put_char(digits_put_time(at, end.upper, digits_eight(end.last)), '\n');
    return true;
}

static char *put_job(char *to, const struct job_record *job)
{
    to = put_int(to, (int64_t)job->number, ',');
    to = put_int(to, job->arrival_ns, ',');
    to = put_int(to, job->demand_ns, ',');
    to = job->start_ns >= 0 ? put_int(to, job->start_ns, ',') : put_char(to, ',');
    return job->end_ns >= 0 ? put_int(to, job->end_ns, '\n') : put_char(to, '\n');
}

void record_write_job(void *file, const void *record)
{
    struct record_file *f = file;
    const struct job_record *job = record;
    char *to = put_cell(out_room(&f->out, ROW_MAX), &f->vms[job->vm]);

    if (!put_usual_job(&to, &f->clock, job)) {
        to = put_job(to, job);
    }
    out_fill(&f->out, to);
}

void record_write_slice(void *file, const void *record)
{
    struct record_file *f = file;
    const struct slice_record *slice = record;
    char *to = put_cell(out_room(&f->out, ROW_MAX), &f->vms[slice->vm]);
    nsec length = slice->end_ns - slice->start_ns;
    struct digits_time start = digits_split(&f->clock, slice->start_ns);

    if (start.upper->size > 0 && length < DIGITS_SPAN) {
        struct digits_time end = digits_split_later(&f->clock, start, length);
        struct digits_two two = digits_of_two(start.last, end.last);
        to = put_char(digits_put_time(to, start.upper, two.first), ',');
        to = put_char(digits_put_time(to, end.upper, two.second), ',');
    } else {
        to = put_int(to, slice->start_ns, ',');
        to = put_int(to, slice->end_ns, ',');
    }
    out_fill(&f->out, put_cell(to, &f->engines[slice->engine]));
}

int record_file_open(struct record_file *f, const struct record_target *target,
                     struct arena *arena, struct err *err)
{
    const struct setup *setup = target->setup;

    if (out_open_in(&f->out, target->folder, target->name, err)) {
        return -1;
    }
    f->clock = (struct digits_clock){ 0 };
    f->vms = arena_take(arena, setup->vm_count, sizeof(f->vms[0]));
    for (uint32_t i = 0; i < setup->vm_count; i++) {
        f->vms[i] = make_cell(arena, setup->vms[i].name, ',');
    }
    for (enum engine_kind engine = 0; engine < ENGINE_COUNT; engine++) {
        f->engines[engine] = make_cell(arena, engine_name(engine), '\n');
    }
    out_text(&f->out, target->header);
    return 0;
}
