/*
 * gpu_dry.c - gpu.h without a GPU: a thread per client that takes turns with the others, at
 * most 2 ms each, at a lock file, and sleeps for a job's length. It tries everything of the
 * probe but CUDA. Its clock runs 20 ppm fast and starts elsewhere, so that a wrong mapping
 * shows.
 */
#include "gpu.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
    STEP_NS = 100,
    TURN_NS = 2000000,
    QUEUE_MAX = 32768,
    DRY_SMS = 132,
};

struct gpu {
    struct gpu_setup setup;
    pthread_t worker;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct gpu_job queue[QUEUE_MAX];
    uint64_t submitted;
    uint64_t finished;
    bool closing;
    int turn_file;
    int64_t *start_ns;
    int64_t *end_ns;
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t dry_clock_ns(int64_t host_ns)
{
    return host_ns + host_ns / 50000 + 1700000000000000000;
}

static void sleep_ns(int64_t length_ns)
{
    struct timespec nap = { .tv_sec = length_ns / 1000000000,
                            .tv_nsec = length_ns % 1000000000 };

    nanosleep(&nap, NULL);
}

static void run_job(struct gpu *gpu, const struct gpu_job *job)
{
    int64_t left_ns = (int64_t)job->steps * STEP_NS;
    bool started = false;

    sleep_ns((int64_t)job->copy_bytes / 50);
    while (left_ns > 0) {
        int64_t turn_ns = left_ns < TURN_NS ? left_ns : TURN_NS;
        int64_t begin_ns;

        flock(gpu->turn_file, LOCK_EX);
        begin_ns = now_ns();
        if (!started) {
            gpu->start_ns[job->index] = dry_clock_ns(begin_ns);
            started = true;
        }
        while (now_ns() < begin_ns + turn_ns) {
            sleep_ns(20000);
        }
        flock(gpu->turn_file, LOCK_UN);
        left_ns -= turn_ns;
    }
    gpu->end_ns[job->index] = started ? dry_clock_ns(now_ns()) : 0;
}

static void *work(void *context)
{
    struct gpu *gpu = context;

    pthread_mutex_lock(&gpu->mutex);
    for (;;) {
        struct gpu_job job;

        while (gpu->finished == gpu->submitted && !gpu->closing) {
            pthread_cond_wait(&gpu->changed, &gpu->mutex);
        }
        if (gpu->closing) {
            break;
        }
        job = gpu->queue[gpu->finished % QUEUE_MAX];
        pthread_mutex_unlock(&gpu->mutex);
        run_job(gpu, &job);
        pthread_mutex_lock(&gpu->mutex);
        gpu->finished++;
        pthread_cond_broadcast(&gpu->changed);
    }
    pthread_mutex_unlock(&gpu->mutex);
    return NULL;
}

struct gpu *gpu_create(const struct gpu_setup *setup)
{
    struct gpu *gpu = calloc(1, sizeof(*gpu));

    if (!gpu) {
        exit(3);
    }
    gpu->setup = *setup;
    gpu->start_ns = calloc(setup->jobs_max, sizeof(int64_t));
    gpu->end_ns = calloc(setup->jobs_max, sizeof(int64_t));
    gpu->turn_file = open("/tmp/probe-dry.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (!gpu->start_ns || !gpu->end_ns || gpu->turn_file < 0) {
        fprintf(stderr, "error: the dry GPU cannot start\n");
        exit(3);
    }
    pthread_mutex_init(&gpu->mutex, NULL);
    pthread_cond_init(&gpu->changed, NULL);
    pthread_create(&gpu->worker, NULL, work, gpu);
    return gpu;
}

void gpu_free(struct gpu *gpu)
{
    pthread_mutex_lock(&gpu->mutex);
    gpu->closing = true;
    pthread_cond_broadcast(&gpu->changed);
    pthread_mutex_unlock(&gpu->mutex);
    pthread_join(gpu->worker, NULL);
    close(gpu->turn_file);
    free(gpu->start_ns);
    free(gpu->end_ns);
    free(gpu);
}

void gpu_submit(struct gpu *gpu, const struct gpu_job *job)
{
    pthread_mutex_lock(&gpu->mutex);
    gpu->queue[gpu->submitted % QUEUE_MAX] = *job;
    gpu->submitted++;
    pthread_cond_broadcast(&gpu->changed);
    pthread_mutex_unlock(&gpu->mutex);
}

void gpu_wait(struct gpu *gpu)
{
    pthread_mutex_lock(&gpu->mutex);
    while (gpu->finished < gpu->submitted) {
        pthread_cond_wait(&gpu->changed, &gpu->mutex);
    }
    pthread_mutex_unlock(&gpu->mutex);
}

void gpu_clear_stamps(struct gpu *gpu)
{
    for (uint32_t i = 0; i < gpu->setup.jobs_max; i++) {
        gpu->start_ns[i] = 0;
        gpu->end_ns[i] = 0;
    }
}

struct gpu_moment gpu_read_clocks(struct gpu *gpu)
{
    int64_t host_ns = now_ns();

    (void)gpu;
    return (struct gpu_moment){ .host_ns = host_ns,
                                .gpu_ns = dry_clock_ns(host_ns),
                                .round_ns = 1 };
}

void gpu_read_stamps(struct gpu *gpu, uint32_t count, int64_t *ret_start, int64_t *ret_end)
{
    for (uint32_t i = 0; i < count; i++) {
        ret_start[i] = gpu->start_ns[i];
        ret_end[i] = gpu->end_ns[i];
    }
}

/* Every block lasts as long as its job; they are dealt to 132 SMs. */
void gpu_read_blocks(struct gpu *gpu, uint32_t job, struct gpu_block *ret_blocks)
{
    for (uint32_t i = 0; i < gpu->setup.blocks; i++) {
        ret_blocks[i] = (struct gpu_block){ .start_gpu_ns = gpu->start_ns[job],
                                            .end_gpu_ns = gpu->end_ns[job],
                                            .sm = i % DRY_SMS };
    }
}
