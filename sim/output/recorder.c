#include "output/recorder.h"

#include "base/assert.h"
#include "output/out.h"

#include <stdlib.h>
#include <string.h>

struct job_record {
    nsec arrival_ns;
    nsec demand_ns;
    nsec start_ns; /* -1: never. */
    nsec end_ns;   /* -1: did not finish. */
    uint64_t number;
    uint32_t vm; /* In scenario order. */
};

struct slice_record {
    nsec start_ns;
    nsec end_ns;
    uint32_t vm;
    uint32_t engine;
};

/* A growing array of records of one size. */
struct records {
    char *bytes; /* Owned. */
    size_t count;
    size_t capacity;
};

/* What is recorded of one partition. */
struct track {
    const struct partition *partition;
    struct records done;
    struct records left;
    struct records slices;
    size_t last_slice[ENGINE_COUNT]; /* Position + 1 in slices; 0: none. */
};

struct recorder {
    const struct setup *setup;
    bool jobs;
    bool slices;
    struct track *tracks; /* Owned; by partition. */
};

/* Room for one more record at the end. */
static void *add(struct records *r, size_t size)
{
    if (r->count == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 64;
        char *bytes = realloc(r->bytes, capacity * size);
        if (!bytes) {
            out_of_memory();
        }
        r->bytes = bytes;
        r->capacity = capacity;
    }
    return r->bytes + size * r->count++;
}

/* Moves all of `from` behind the records of `to`. */
static void join(struct records *to, struct records *from, size_t size)
{
    if (to->count == 0) {
        free(to->bytes);
        *to = *from;
        *from = (struct records){ 0 };
        return;
    }
    for (size_t i = 0; i < from->count; i++) {
        memcpy(add(to, size), from->bytes + i * size, size);
    }
    free(from->bytes);
    *from = (struct records){ 0 };
}

struct recorder *recorder_create(const struct setup *setup, bool jobs, bool slices)
{
    struct recorder *r = calloc(1, sizeof(*r));

    if (!r) {
        out_of_memory();
    }
    r->setup = setup;
    r->jobs = jobs;
    r->slices = slices;
    r->tracks = calloc(setup->partition_count, sizeof(*r->tracks));
    if (!r->tracks && setup->partition_count > 0) {
        out_of_memory();
    }
    return r;
}

void recorder_free(struct recorder *r)
{
    if (!r) {
        return;
    }
    for (uint32_t i = 0; i < r->setup->partition_count; i++) {
        free(r->tracks[i].done.bytes);
        free(r->tracks[i].left.bytes);
        free(r->tracks[i].slices.bytes);
    }
    free(r->tracks);
    free(r);
}

/* ------------------------------------------------------------ listening */

static void on_finished(void *context, const struct job_end *job)
{
    struct track *t = context;
    struct job_record *record = add(&t->done, sizeof(*record));

    *record = (struct job_record){
        .arrival_ns = job->arrival_ns,
        .demand_ns = job->demand_ns,
        .start_ns = job->start_ns,
        .end_ns = job->end_ns,
        .number = job->number,
        .vm = t->partition->setup_vms[job->vm],
    };
}

static void on_unfinished(void *context, const struct job_left *job)
{
    struct track *t = context;
    struct job_record *record = add(&t->left, sizeof(*record));

    *record = (struct job_record){
        .arrival_ns = job->arrival_ns,
        .demand_ns = job->demand_ns,
        .start_ns = job->start_ns,
        .end_ns = -1,
        .number = job->number,
        .vm = t->partition->setup_vms[job->vm],
    };
}

static void on_stayed(void *context, const struct stay *stay)
{
    struct track *t = context;
    size_t last = t->last_slice[stay->engine];

    if (stay->run_end_ns == stay->run_start_ns) {
        return;
    }
    if (stay->continued && last > 0) {
        struct slice_record *before =
            (struct slice_record *)(void *)t->slices.bytes + (last - 1);
        if (before->vm == t->partition->setup_vms[stay->vm] &&
            before->end_ns == stay->run_start_ns) {
            before->end_ns = stay->run_end_ns;
            return;
        }
    }
    struct slice_record *record = add(&t->slices, sizeof(*record));
    *record = (struct slice_record){
        .start_ns = stay->run_start_ns,
        .end_ns = stay->run_end_ns,
        .vm = t->partition->setup_vms[stay->vm],
        .engine = stay->engine,
    };
    t->last_slice[stay->engine] = t->slices.count;
}

uint32_t recorder_add(void *recorder, uint32_t partition, struct probe *ret_probes)
{
    struct recorder *r = recorder;
    struct track *t = &r->tracks[partition];

    t->partition = &r->setup->partitions[partition];
    *ret_probes = (struct probe){
        .context = t,
        .finished = r->jobs ? on_finished : NULL,
        .unfinished = r->jobs ? on_unfinished : NULL,
        .stayed = r->slices ? on_stayed : NULL,
    };
    return 1;
}

/* ------------------------------------------------------------ writing */

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

static int compare_slices(const void *a, const void *b)
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

/* How one kind of records is ordered. */
struct ordering {
    size_t size;
    int (*compare)(const void *, const void *);
};

static const struct ordering by_end = { sizeof(struct job_record), compare_ends };
static const struct ordering by_arrival = { sizeof(struct job_record), compare_arrivals };
static const struct ordering by_start = { sizeof(struct slice_record), compare_slices };

/* One partition's records come nearly in order, and then need no sorting. */
static void sort(struct records *r, const struct ordering *ordering)
{
    size_t size = ordering->size;

    for (size_t i = 1; i < r->count; i++) {
        if (ordering->compare(r->bytes + (i - 1) * size, r->bytes + i * size) > 0) {
            qsort(r->bytes, r->count, size, ordering->compare);
            return;
        }
    }
}

static void write_jobs(struct out *o, const struct setup *setup, const struct records *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        const struct job_record *job = (const struct job_record *)(const void *)jobs->bytes + i;
        out_cell(o, setup->vms[job->vm].name);
        out_char(o, ',');
        out_int(o, (int64_t)job->number);
        out_char(o, ',');
        out_int(o, job->arrival_ns);
        out_char(o, ',');
        out_int(o, job->demand_ns);
        out_char(o, ',');
        if (job->start_ns >= 0) {
            out_int(o, job->start_ns);
        }
        out_char(o, ',');
        if (job->end_ns >= 0) {
            out_int(o, job->end_ns);
        }
        out_char(o, '\n');
    }
}

static void write_slices(struct out *o, const struct setup *setup, const struct records *slices)
{
    for (size_t i = 0; i < slices->count; i++) {
        const struct slice_record *slice =
            (const struct slice_record *)(const void *)slices->bytes + i;
        out_cell(o, setup->vms[slice->vm].name);
        out_char(o, ',');
        out_int(o, slice->start_ns);
        out_char(o, ',');
        out_int(o, slice->end_ns);
        out_char(o, ',');
        out_text(o, engine_name((enum engine_kind)slice->engine));
        out_char(o, '\n');
    }
}

static int write_jobs_file(struct recorder *r, const char *folder, struct err *err)
{
    struct records done = { 0 };
    struct records left = { 0 };
    struct out o;

    if (out_open_in(&o, folder, "jobs.csv", err)) {
        return -1;
    }
    for (uint32_t i = 0; i < r->setup->partition_count; i++) {
        join(&done, &r->tracks[i].done, sizeof(struct job_record));
        join(&left, &r->tracks[i].left, sizeof(struct job_record));
    }
    sort(&done, &by_end);
    sort(&left, &by_arrival);
    out_text(&o, "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n");
    write_jobs(&o, r->setup, &done);
    write_jobs(&o, r->setup, &left);
    free(done.bytes);
    free(left.bytes);
    return out_close(&o, err);
}

static int write_slices_file(struct recorder *r, const char *folder, struct err *err)
{
    struct records slices = { 0 };
    struct out o;

    if (out_open_in(&o, folder, "slices.csv", err)) {
        return -1;
    }
    for (uint32_t i = 0; i < r->setup->partition_count; i++) {
        join(&slices, &r->tracks[i].slices, sizeof(struct slice_record));
    }
    sort(&slices, &by_start);
    out_text(&o, "vm,run_start_ns,run_end_ns,engine\n");
    write_slices(&o, r->setup, &slices);
    free(slices.bytes);
    return out_close(&o, err);
}

int recorder_write(struct recorder *r, const char *folder, struct err *err)
{
    if (out_folder(folder, err)) {
        return -1;
    }
    if (r->jobs && write_jobs_file(r, folder, err)) {
        return -1;
    }
    return r->slices ? write_slices_file(r, folder, err) : 0;
}
