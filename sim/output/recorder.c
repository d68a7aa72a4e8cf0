#include "output/recorder.h"

#include "base/arena.h"
#include "base/assert.h"
#include "output/record.h"

#include <stdlib.h>
#include <string.h>

/* Jobs that ended at one instant: they wait for others that end then. */
struct batch {
    struct job_record *jobs; /* Owned. */
    size_t count;
    size_t capacity;
};

/* What is recorded of one partition. */
struct track {
    struct recorder *recorder;
    const uint32_t *vms; /* [vm]: its number in scenario order. */
    struct pen *done;    /* NULL: they come in order. */
    struct pen *left;
    struct pen *slices;                     /* As done. */
    struct slice_record last[ENGINE_COUNT]; /* Which may go on; of no length: none. */
};

struct recorder {
    const struct setup *setup;
    const char *folder;
    size_t folder_old;          /* How much of its path was there before. */
    struct record_file *jobs;   /* Owned; NULL: not asked for. */
    struct record_file *slices; /* Likewise. */
    struct sorter *done;        /* Owned; unused for what comes in order. */
    struct sorter *left;
    struct sorter *stays;
    struct batch batch;
    nsec last_end_ns; /* What came in order came so far. */
    nsec last_start_ns;
    struct track *tracks; /* Owned; by partition. */
    struct arena arena;   /* Owned. */
    bool is_closed;
};

/* ------------------------------------------------------------ begin and end */

/* Makes the file's memory, and opens it. */
static int open_file(struct recorder *r, const char *name, const char *header,
                     struct record_file **ret, struct err *err)
{
    struct record_target target = { r->setup, r->folder, name, header };
    struct record_file *f = malloc(sizeof(*f));

    if (!f) {
        out_of_memory();
    }
    if (record_file_open(f, &target, &r->arena, err)) {
        free(f);
        return -1;
    }
    *ret = f;
    return 0;
}

struct recorder *recorder_open(const struct setup *setup, const char *folder, bool jobs,
                               bool slices, struct err *err)
{
    struct recorder *r = calloc(1, sizeof(*r));

    if (!r) {
        out_of_memory();
    }
    arena_init(&r->arena);
    r->setup = setup;
    r->folder = folder;
    r->folder_old = out_folder_old(folder);
    r->last_end_ns = r->last_start_ns = -1;
    r->tracks = arena_take(&r->arena, setup->partition_count, sizeof(*r->tracks));
    r->done = sorter_create(&record_by_end, folder, SORTER_PEN_BYTES);
    r->left = sorter_create(&record_by_arrival, folder, SORTER_PEN_BYTES);
    r->stays = sorter_create(&record_by_start, folder, SORTER_PEN_BYTES);
    if (out_folder(folder, err) ||
        (jobs && open_file(r, "jobs.csv", "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n",
                           &r->jobs, err)) ||
        (slices &&
         open_file(r, "slices.csv", "vm,run_start_ns,run_end_ns,engine\n", &r->slices, err))) {
        recorder_free(r);
        return NULL;
    }
    return r;
}

static void free_file(struct record_file *f)
{
    if (f) {
        out_abandon(&f->out);
        free(f);
    }
}

void recorder_free(struct recorder *r)
{
    if (!r) {
        return;
    }
    free_file(r->jobs);
    free_file(r->slices);
    sorter_free(r->done);
    sorter_free(r->left);
    sorter_free(r->stays);
    if (!r->is_closed) {
        out_folder_remove(r->folder, r->folder_old);
    }
    free(r->batch.jobs);
    arena_fini(&r->arena);
    free(r);
}

/* ------------------------------------------------------------ jobs */

static void write_batch(struct recorder *r)
{
    struct batch *b = &r->batch;

    if (b->count > 1) {
        qsort(b->jobs, b->count, record_by_end.size, record_by_end.compare);
    }
    for (size_t i = 0; i < b->count; i++) {
        record_write_job(r->jobs, &b->jobs[i]);
    }
    b->count = 0;
}

/* The place of one that ends then, behind all that ended before. */
static struct job_record *add_to_batch(struct recorder *r, nsec end_ns)
{
    struct batch *b = &r->batch;

    if (end_ns != r->last_end_ns) {
        assert_at(end_ns > r->last_end_ns, end_ns, 0);
        write_batch(r);
        r->last_end_ns = end_ns;
    }
    if (b->count == b->capacity) {
        b->capacity = b->capacity ? 2 * b->capacity : 16;
        b->jobs = realloc(b->jobs, b->capacity * sizeof(*b->jobs));
        if (!b->jobs) {
            out_of_memory();
        }
    }
    return &b->jobs[b->count++];
}

static void on_finished(void *context, const struct job_end *job)
{
    struct track *t = context;
    struct job_record *record =
        t->done ? pen_add(t->done) : add_to_batch(t->recorder, job->end_ns);

    *record = (struct job_record){
        .arrival_ns = job->arrival_ns,
        .demand_ns = job->demand_ns,
        .start_ns = job->start_ns,
        .end_ns = job->end_ns,
        .number = job->number,
        .vm = t->vms[job->vm],
    };
}

static void on_unfinished(void *context, const struct job_left *job)
{
    struct track *t = context;
    struct job_record *record = pen_add(t->left);

    *record = (struct job_record){
        .arrival_ns = job->arrival_ns,
        .demand_ns = job->demand_ns,
        .start_ns = job->start_ns,
        .end_ns = -1,
        .number = job->number,
        .vm = t->vms[job->vm],
    };
}

/* ------------------------------------------------------------ slices */

/* The last slice of an engine is over. */
static void end_slice(struct track *t, const struct slice_record *slice)
{
    struct recorder *r = t->recorder;

    if (slice->end_ns == slice->start_ns) {
        return;
    }
    if (t->slices) {
        memcpy(pen_add(t->slices), slice, sizeof(*slice));
        return;
    }
    assert_at(slice->start_ns > r->last_start_ns, slice->start_ns, 0);
    r->last_start_ns = slice->start_ns;
    record_write_slice(r->slices, slice);
}

static void on_stayed(void *context, const struct stay *stay)
{
    struct track *t = context;
    struct slice_record *last = &t->last[stay->engine];
    uint32_t vm = t->vms[stay->vm];

    if (stay->run_end_ns == stay->run_start_ns) {
        return;
    }
    if (stay->continued && last->vm == vm && last->end_ns == stay->run_start_ns) {
        last->end_ns = stay->run_end_ns;
        return;
    }
    end_slice(t, last);
    last->start_ns = stay->run_start_ns;
    last->end_ns = stay->run_end_ns;
    last->vm = vm;
}

/* ------------------------------------------------------------ partitions */

/* Whether stays are told in order of their start: there is one engine, and one VM has it. */
static bool has_slices_in_order(const struct setup *setup, const struct partition *partition)
{
    for (uint32_t vm = 0; vm < partition->vm_count; vm++) {
        const struct vm_entry *entry = setup_entry(setup, partition, vm);
        for (uint32_t w = 0; w < entry->workload_count; w++) {
            const struct workload *workload = &entry->workloads[w].workload;
            for (uint32_t i = 0; i < workload->phase_count; i++) {
                if (workload->phases[i].kind > PHASE_COMPUTE) {
                    return false;
                }
            }
        }
    }
    return partition->sharing->mode != SHARING_MPS;
}

uint32_t recorder_add(void *recorder, uint32_t partition, struct probe *ret_probes)
{
    struct recorder *r = recorder;
    struct track *t = &r->tracks[partition];
    const struct partition *own = &r->setup->partitions[partition];
    bool is_alone = r->setup->partition_count == 1;

    *t = (struct track){ .recorder = r, .vms = own->setup_vms };
    for (uint32_t i = 0; i < ENGINE_COUNT; i++) {
        t->last[i].engine = i;
    }
    t->done = r->jobs && !is_alone ? sorter_take_pen(r->done) : NULL;
    t->left = r->jobs ? sorter_take_pen(r->left) : NULL;
    if (r->slices && !(is_alone && has_slices_in_order(r->setup, own))) {
        t->slices = sorter_take_pen(r->stays);
    }
    *ret_probes = (struct probe){
        .context = t,
        .finished = r->jobs ? on_finished : NULL,
        .unfinished = r->jobs ? on_unfinished : NULL,
        .stayed = r->slices ? on_stayed : NULL,
    };
    return 1;
}

static void return_pen(struct sorter *s, struct pen *pen)
{
    if (pen) {
        sorter_return_pen(s, pen);
    }
}

void recorder_over(void *recorder, uint32_t partition)
{
    struct recorder *r = recorder;
    struct track *t = &r->tracks[partition];

    for (uint32_t i = 0; i < ENGINE_COUNT; i++) {
        end_slice(t, &t->last[i]);
    }
    return_pen(r->done, t->done);
    return_pen(r->left, t->left);
    return_pen(r->stays, t->slices);
}

/* ------------------------------------------------------------ writing */

static int close_jobs(struct recorder *r, struct err *err)
{
    const struct sorter_sink sink = { record_write_job, r->jobs };

    write_batch(r);
    if (sorter_merge(r->done, &sink, err) || sorter_merge(r->left, &sink, err)) {
        return -1;
    }
    return out_close(&r->jobs->out, err);
}

static int close_slices(struct recorder *r, struct err *err)
{
    if (sorter_merge(r->stays, &(struct sorter_sink){ record_write_slice, r->slices }, err)) {
        return -1;
    }
    return out_close(&r->slices->out, err);
}

int recorder_close(struct recorder *r, struct err *err)
{
    if ((r->jobs && close_jobs(r, err)) || (r->slices && close_slices(r, err))) {
        return -1;
    }
    r->is_closed = true;
    return 0;
}
