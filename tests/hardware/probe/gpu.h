/*
 * gpu.h - the little that the probe asks of a GPU: one stream of jobs, each stamped on the
 * GPU's own clock. probe.cu does it with CUDA; gpu_dry.c plays a GPU on the CPU, so that the
 * rest can be tried on a machine that has none.
 *
 * Whatever fails prints a line on stderr and ends the process with 3: a client that cannot
 * reach its GPU has nothing left to do, and the parent gives the scenario up.
 */
#ifndef PROBE_GPU_H
#define PROBE_GPU_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kernel {
    KERNEL_BURN,     /* Compute-bound: chains of multiply-add. */
    KERNEL_STREAM,   /* Memory-bound: reads 512 MiB again and again. */
    KERNEL_COPY,     /* Pinned host memory to the device. */
    KERNEL_PIPELINE, /* Copy in, burn, copy out. */
};

/*
 * Variants of KERNEL_STREAM, BYTES of a load and how many loads a thread has in flight. They
 * read the same and differ in how long a block takes when few are resident; _rem32 and _rem64
 * wrap the index by a division of that many bits, which delays each round of loads.
 */
enum stream {
    STREAM_16X1,
    STREAM_16X2,
    STREAM_16X4,
    STREAM_16X1_REM32,
    STREAM_16X1_REM64,
    STREAM_16X2_REM64,
    STREAM_8X1,
    STREAM_8X2,
    STREAM_4X4,
    STREAM_4X8,
    STREAM_4X4_REM64,
    STREAM_COUNT,
};

struct gpu_setup {
    enum kernel kernel;
    uint32_t blocks;    /* Thread blocks of a grid; 256 threads each. */
    uint32_t jobs_max;  /* Jobs that can be stamped. */
    enum stream stream; /* KERNEL_STREAM: which. */
    uint64_t copy_bytes_max; /* The longest copy; 0 without copies. */
    bool spin;               /* Wait by spinning; else look every few microseconds. */
    uint32_t blocks_jobs;    /* Jobs of which every block is stamped, from the first. */
};

struct gpu_job {
    uint32_t index;      /* Which stamp; below jobs_max. */
    uint64_t steps;      /* Length of the kernel; 0 for KERNEL_COPY. */
    uint64_t copy_bytes; /* Length of each copy. */
};

/* One moment on both clocks; the error is at most half of round_ns. */
struct gpu_moment {
    int64_t host_ns; /* CLOCK_MONOTONIC. */
    int64_t gpu_ns;
    int64_t round_ns; /* Time from asking to answer. */
};

/* One thread block of a job. */
struct gpu_block {
    int64_t start_gpu_ns; /* 0: has not run. */
    int64_t end_gpu_ns;
    uint32_t sm;
};

struct gpu;

struct gpu *gpu_create(const struct gpu_setup *setup);
void gpu_free(struct gpu *gpu);

/* Queues a job behind those queued before; returns at once. */
void gpu_submit(struct gpu *gpu, const struct gpu_job *job);

/* Returns once every job is done. */
void gpu_wait(struct gpu *gpu);

/* Forgets all stamps; the GPU must be idle. Before an index is used again. */
void gpu_clear_stamps(struct gpu *gpu);

/* Reads both clocks; the GPU must be idle. */
struct gpu_moment gpu_read_clocks(struct gpu *gpu);

/* The kernels' first start and last end in the GPU's ns; zero for KERNEL_COPY. After gpu_wait.
 */
void gpu_read_stamps(struct gpu *gpu, uint32_t count, int64_t *ret_start, int64_t *ret_end);

/* The blocks of one of the first blocks_jobs jobs, setup.blocks of them. After gpu_wait. */
void gpu_read_blocks(struct gpu *gpu, uint32_t job, struct gpu_block *ret_blocks);

#ifdef __cplusplus
}
#endif

#endif
