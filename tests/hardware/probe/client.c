/*
 * client.c - one VM: a process with one FIFO queue of jobs, and the calibration of its kernels.
 */
#include "probe.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS 1e6

enum {
    SPIN_NS = 100000,    /* The last of a wait is spun, for the wake-up takes some 50 us. */
    WARM_NS = 40000000,  /* Of burn before the start, so that the clocks are up. */
    CALIBRATE_WARM = 60, /* Jobs of about 10 ms. */
    CALIBRATE_REPEATS = 21,
    MEDIAN_INDEX = CALIBRATE_REPEATS / 2,
    BLOCKS_MAX = 1024, /* Of a grid whose blocks are kept. */
    SMS_MAX = 256,
};

int64_t host_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void host_sleep_until(int64_t until_ns, bool spin)
{
    int64_t sleep_ns = until_ns - (spin ? SPIN_NS : 0);
    struct timespec until = { .tv_sec = sleep_ns / 1000000000,
                              .tv_nsec = sleep_ns % 1000000000 };

    while (sleep_ns > host_now_ns() &&
           clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
    while (host_now_ns() < until_ns) {
    }
}

/* FNV-1a of both names; a name's ending in _r and a digit, which marks a repeat, is left out.
 */
uint64_t random_seed(const char *scenario, const char *vm)
{
    uint64_t hash = 14695981039346656037u;
    size_t length = strlen(scenario);

    if (length > 3 && scenario[length - 3] == '_' && scenario[length - 2] == 'r') {
        length -= 3;
    }
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)scenario[i]) * 1099511628211u;
    }
    for (const char *c = vm; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    }
    return hash;
}

/* SplitMix64 (Steele, Lea, Flood 2014), and the inverse of the distribution. */
double random_exponential(uint64_t *state, double mean)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return -mean * log(((double)(z >> 11) + 0.5) / 9007199254740992.0);
}

static uint64_t fit_steps(const struct fit *fit, double demand_ns)
{
    double steps = (demand_ns - fit->fixed_ns) / fit->step_ns;

    return steps < 1 ? 1 : (uint64_t)(steps + 0.5);
}

static struct gpu_job make_job(const struct client *c, uint32_t index, int64_t demand_ns)
{
    struct gpu_job job = { .index = index };
    double demand = (double)demand_ns;

    switch (c->row->kernel) {
    case KERNEL_BURN:
        job.steps = fit_steps(&c->calibration->burn, demand);
        break;
    case KERNEL_STREAM:
        job.steps = fit_steps(&c->calibration->stream[c->stream], demand);
        break;
    case KERNEL_COPY:
        job.copy_bytes = (uint64_t)(demand / NS_PER_MS * COPY_BYTES_PER_MS);
        break;
    case KERNEL_PIPELINE:
        job.copy_bytes = (uint64_t)(demand / 3 / NS_PER_MS * COPY_BYTES_PER_MS);
        job.steps = fit_steps(&c->calibration->burn, demand / 3);
        break;
    }
    return job;
}

/* What a client draws from. */
struct source {
    uint64_t arrivals; /* State of the stream of chance. */
    uint64_t demands;
    double next_ns; /* Of an open loop: when the next job arrives. */
};

static int64_t draw_demand(const struct client *c, struct source *source, uint32_t index)
{
    double mean_ns = c->row->demand_mean_ms * NS_PER_MS;

    if (c->replay->count > 0) {
        return c->replay->demand_ns[index % c->replay->count];
    }
    if (c->row->demand_is_exp) {
        mean_ns = random_exponential(&source->demands, mean_ns);
    }
    return mean_ns < 1 ? 1 : (int64_t)mean_ns;
}

/* When the job of that index arrives, in ns since the start; INT64_MAX: never. */
static int64_t draw_arrival(const struct client *c, struct source *source, uint32_t index)
{
    if (c->replay->count > 0) {
        return index < c->replay->count ? c->replay->arrival_ns[index] : INT64_MAX;
    }
    if (c->row->arrival == ARRIVAL_POISSON) {
        source->next_ns += random_exponential(&source->arrivals, 1e9 / c->row->rate_hz);
    } else {
        source->next_ns = (c->row->offset_ms + index * c->row->period_ms) * NS_PER_MS;
    }
    return (int64_t)source->next_ns;
}

/* The next job starts its life when the last one is done, and a think time has passed. */
static void run_closed(const struct client *c, struct gpu *gpu, struct source *source)
{
    struct slot *slot = &c->board->slots[c->index];
    int64_t start_ns = c->board->start_ns;
    int64_t duration_ns = (int64_t)(c->row->duration_s * 1e9);
    int64_t think_ns = (int64_t)(c->row->think_ms * NS_PER_MS);

    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        struct job_record *record = &slot->jobs[i];
        struct gpu_job job;

        record->demand_ns = draw_demand(c, source, i);
        job = make_job(c, i, record->demand_ns);
        record->arrival_ns = host_now_ns() - start_ns;
        if (record->arrival_ns >= duration_ns) {
            break;
        }
        record->submit_ns = record->arrival_ns;
        gpu_submit(gpu, &job);
        gpu_wait(gpu);
        record->host_end_ns = host_now_ns() - start_ns;
        slot->count = i + 1;
        if (think_ns > 0) {
            host_sleep_until(start_ns + record->host_end_ns + think_ns, c->spin);
        }
    }
}

static void run_open(const struct client *c, struct gpu *gpu, struct source *source)
{
    struct slot *slot = &c->board->slots[c->index];
    int64_t start_ns = c->board->start_ns;
    int64_t duration_ns = (int64_t)(c->row->duration_s * 1e9);

    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        struct job_record *record = &slot->jobs[i];
        struct gpu_job job;

        record->arrival_ns = draw_arrival(c, source, i);
        if (record->arrival_ns >= duration_ns) {
            break;
        }
        record->demand_ns = draw_demand(c, source, i);
        job = make_job(c, i, record->demand_ns);
        host_sleep_until(start_ns + record->arrival_ns, true);
        record->submit_ns = host_now_ns() - start_ns;
        gpu_submit(gpu, &job);
        slot->count = i + 1;
    }
    gpu_wait(gpu);
}

static void await_phase(struct board *board, enum phase phase)
{
    const struct timespec nap = { .tv_nsec = 200000 };

    while (atomic_load(&board->phase) < (int)phase) {
        nanosleep(&nap, NULL);
    }
}

static void finish_phase(struct board *board, enum phase phase)
{
    atomic_fetch_add(&board->done[phase], 1);
}

/* Runs a few jobs so that nothing is done for the first time after the start. */
static void warm_up(const struct client *c, struct gpu *gpu, int64_t length_ns)
{
    int64_t end_ns = host_now_ns() + length_ns;
    double demand_ms = c->row->demand_mean_ms < 1 ? c->row->demand_mean_ms : 1;
    struct gpu_job job = make_job(c, 0, (int64_t)(demand_ms * NS_PER_MS));

    do {
        gpu_submit(gpu, &job);
        gpu_wait(gpu);
    } while (host_now_ns() < end_ns);
    gpu_clear_stamps(gpu);
}

static void read_stamps(const struct client *c, struct gpu *gpu)
{
    struct slot *slot = &c->board->slots[c->index];
    int64_t *stamps = calloc(2 * (size_t)slot->count + 1, sizeof(*stamps));

    if (!stamps) {
        fprintf(stderr, "error: out of memory\n");
        exit(3);
    }
    gpu_read_stamps(gpu, slot->count, stamps, stamps + slot->count);
    for (uint32_t i = 0; i < slot->count; i++) {
        slot->jobs[i].start_gpu_ns = stamps[i];
        slot->jobs[i].end_gpu_ns = stamps[slot->count + i];
    }
    free(stamps);
}

/* What one SM had of a job. */
struct sm_part {
    uint32_t blocks;
    int64_t start_ns;
    int64_t last_start_ns;
    int64_t end_ns;
};

static void add_block(const struct board *board, struct sm_part *part,
                      const struct gpu_block *block)
{
    int64_t start_ns = board_map_ns(board, block->start_gpu_ns);
    int64_t end_ns = board_map_ns(board, block->end_gpu_ns);

    if (part->blocks == 0 || start_ns < part->start_ns) {
        part->start_ns = start_ns;
    }
    if (part->blocks == 0 || start_ns > part->last_start_ns) {
        part->last_start_ns = start_ns;
    }
    if (part->blocks == 0 || end_ns > part->end_ns) {
        part->end_ns = end_ns;
    }
    part->blocks++;
}

static void write_job_blocks(const struct client *c, struct gpu *gpu, uint32_t job, FILE *file)
{
    static struct gpu_block blocks[BLOCKS_MAX];
    struct sm_part parts[SMS_MAX] = { 0 };

    gpu_read_blocks(gpu, job, blocks);
    for (uint32_t i = 0; i < c->row->blocks; i++) {
        if (blocks[i].start_gpu_ns > 0 && blocks[i].sm < SMS_MAX) {
            add_block(c->board, &parts[blocks[i].sm], &blocks[i]);
        }
    }
    for (uint32_t i = 0; i < SMS_MAX; i++) {
        if (parts[i].blocks > 0) {
            fprintf(file, "%s,%u,%u,%u,%lld,%lld,%lld\n", c->row->vm, job, i, parts[i].blocks,
                    (long long)parts[i].start_ns, (long long)parts[i].last_start_ns,
                    (long long)parts[i].end_ns);
        }
    }
}

/* Where the blocks of the first jobs ran, a row for each job and SM. */
static void write_blocks(const struct client *c, struct gpu *gpu)
{
    uint32_t count = c->board->slots[c->index].count;
    FILE *file = fopen(c->blocks_path, "w");

    if (!file || c->row->blocks > BLOCKS_MAX) {
        fprintf(stderr, "%s: error: cannot be created, or a grid is too large\n",
                c->blocks_path);
        exit(3);
    }
    fprintf(file, "vm,job,sm,blocks,start_ns,last_start_ns,end_ns\n");
    for (uint32_t i = 0; i < count && i < c->blocks_jobs; i++) {
        write_job_blocks(c, gpu, i, file);
    }
    if (fclose(file)) {
        fprintf(stderr, "%s: error: cannot be written\n", c->blocks_path);
        exit(3);
    }
}

static uint64_t copy_bytes_max(const struct vm_row *row)
{
    double ms = row->kernel == KERNEL_COPY ? row->demand_mean_ms : row->demand_mean_ms / 3;
    bool copies = row->kernel == KERNEL_COPY || row->kernel == KERNEL_PIPELINE;

    return copies ? (uint64_t)(ms * COPY_BYTES_PER_MS) : 0;
}

void client_run(const struct client *c)
{
    struct board *board = c->board;
    struct gpu_setup setup = { .kernel = c->row->kernel,
                               .blocks = c->row->blocks,
                               .jobs_max = JOBS_MAX,
                               .stream = c->stream,
                               .copy_bytes_max = copy_bytes_max(c->row),
                               .spin = c->spin,
                               .blocks_jobs = c->blocks_jobs };
    struct source source = { .arrivals = random_seed(c->row->scenario, c->row->vm) };
    struct gpu *gpu = gpu_create(&setup);

    source.demands = source.arrivals ^ 0x5bf03635d1a2b9c7u;
    warm_up(c, gpu, 1);
    finish_phase(board, PHASE_OPEN);
    await_phase(board, PHASE_CLOCK);
    if (c->index == 0) {
        board->moments[0] = gpu_read_clocks(gpu);
        warm_up(c, gpu, WARM_NS);
        finish_phase(board, PHASE_CLOCK);
    }
    await_phase(board, PHASE_RUN);
    host_sleep_until(board->start_ns, true);
    if (c->row->arrival == ARRIVAL_CLOSED) {
        run_closed(c, gpu, &source);
    } else {
        run_open(c, gpu, &source);
    }
    finish_phase(board, PHASE_RUN);
    await_phase(board, PHASE_CLOCK2);
    if (c->index == 0) {
        board->moments[1] = gpu_read_clocks(gpu);
        finish_phase(board, PHASE_CLOCK2);
    }
    await_phase(board, PHASE_READ);
    read_stamps(c, gpu);
    if (c->blocks_path) {
        write_blocks(c, gpu);
    }
    finish_phase(board, PHASE_READ);
    gpu_free(gpu);
}

/* ------------------------------------------------------------------------- calibration */

static int compare_int64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Median of the time from first start to last end, in ns, of kernels of that many steps. */
static double measure_ns(struct gpu *gpu, uint64_t steps)
{
    int64_t start[CALIBRATE_REPEATS];
    int64_t end[CALIBRATE_REPEATS];

    gpu_clear_stamps(gpu);
    for (uint32_t i = 0; i < CALIBRATE_REPEATS; i++) {
        gpu_submit(gpu, &(struct gpu_job){ .index = i, .steps = steps });
        gpu_wait(gpu);
    }
    gpu_read_stamps(gpu, CALIBRATE_REPEATS, start, end);
    for (int i = 0; i < CALIBRATE_REPEATS; i++) {
        end[i] -= start[i];
    }
    qsort(end, CALIBRATE_REPEATS, sizeof(end[0]), compare_int64);
    return (double)end[MEDIAN_INDEX];
}

static struct fit measure_fit(enum kernel kernel, enum stream stream)
{
    struct gpu_setup setup = { .kernel = kernel,
                               .blocks = 528,
                               .jobs_max = CALIBRATE_WARM,
                               .stream = stream,
                               .spin = true };
    struct gpu *gpu = gpu_create(&setup);
    uint64_t steps = 256; /* Grown until a kernel takes between 1 and 2 ms. */
    struct fit fit;
    double short_ns;
    double long_ns;

    while ((short_ns = measure_ns(gpu, steps)) < 1e6 && steps < (1u << 30)) {
        steps *= 2;
    }
    for (uint32_t i = 0; i < CALIBRATE_WARM; i++) {
        gpu_submit(gpu, &(struct gpu_job){ .index = i, .steps = 8 * steps });
    }
    gpu_wait(gpu);
    long_ns = measure_ns(gpu, 8 * steps);
    short_ns = measure_ns(gpu, steps);
    fit.step_ns = (long_ns - short_ns) / (double)(7 * steps);
    fit.fixed_ns = short_ns - fit.step_ns * (double)steps;
    gpu_free(gpu);
    return fit;
}

void calibration_measure(struct calibration *ret_calibration)
{
    ret_calibration->burn = measure_fit(KERNEL_BURN, STREAM_16X1);
    for (int i = 0; i < STREAM_COUNT; i++) {
        ret_calibration->stream[i] = measure_fit(KERNEL_STREAM, (enum stream)i);
    }
}
