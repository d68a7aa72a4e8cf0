/*
 * probe.cu - gpu.h with CUDA: the two kernels, the copies and the reading of both clocks.
 */
#include "gpu.h"

#include <cuda_runtime.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    THREADS = 256,
    BLOCKS_PER_SM = 8, /* At most 32 registers a thread, so that an SM holds eight blocks. */
    CLOCK_ROUNDS = 400,
    CLOCK_TIMEOUT_NS = 2000000000,
    LOOK_NS = 5000,
};

#define STREAM_BYTES (512ull << 20)

#define CHECK(call) check((call), #call, __LINE__)

struct stamp {
    unsigned long long start_ns; /* Least over the blocks. */
    unsigned long long end_ns;   /* Greatest over the blocks. */
};

/* What a block notes of itself; only thread 0 of it does. */
struct block_stamp {
    unsigned long long start_ns;
    unsigned long long end_ns;
    unsigned sm;
};

/* Of the clock kernel, in pinned memory that both sides see. */
struct mail {
    volatile unsigned long long asked;
    volatile unsigned long long answered;
    volatile unsigned long long gpu_ns;
};

struct gpu {
    struct gpu_setup setup;
    cudaStream_t stream;
    struct stamp *stamps; /* On the device. */
    struct block_stamp *blocks; /* On the device; setup.blocks for each of blocks_jobs. */
    uint4 *buffer;        /* On the device; KERNEL_STREAM. */
    unsigned *sink;       /* On the device; keeps the compiler from dropping the work. */
    char *device_copy;
    char *host_copy;
    struct mail *mail;
};

static void check(cudaError_t error, const char *call, int line)
{
    if (error != cudaSuccess) {
        fprintf(stderr, "probe.cu:%d: error: %s: %s\n", line, call, cudaGetErrorString(error));
        _Exit(3);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

__device__ static unsigned long long global_timer(void)
{
    unsigned long long ns;

    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns)::"memory");
    return ns;
}

/* KEEP: blocks are noted one by one too. Kernels without it stay as they were. */
template <bool KEEP>
__device__ static void stamp_start(struct stamp *stamp, struct block_stamp *blocks)
{
    if (threadIdx.x == 0) {
        unsigned long long now_ns = global_timer();

        atomicMin(&stamp->start_ns, now_ns);
        if (KEEP) {
            blocks[blockIdx.x].start_ns = now_ns;
        }
    }
}

template <bool KEEP>
__device__ static void stamp_end(struct stamp *stamp, struct block_stamp *blocks)
{
    __syncthreads();
    if (threadIdx.x == 0) {
        unsigned long long now_ns = global_timer();

        atomicMax(&stamp->end_ns, now_ns);
        if (KEEP) {
            blocks[blockIdx.x].end_ns = now_ns;
            asm volatile("mov.u32 %0, %%smid;" : "=r"(blocks[blockIdx.x].sm));
        }
    }
}

/*
 * Eight independent chains a thread: two warps on each of an SM's four schedulers, one block,
 * already keep its multiply-add units busy, for the latency is four cycles.
 */
template <bool KEEP>
__global__ static void __launch_bounds__(THREADS, BLOCKS_PER_SM)
    burn(unsigned long long steps, float factor, float term, struct stamp *stamp,
         struct block_stamp *blocks, unsigned *sink)
{
    float chain[8];
    float sum = 0;

    stamp_start<KEEP>(stamp, blocks);
    for (int i = 0; i < 8; i++) {
        chain[i] = (float)threadIdx.x + (float)i;
    }
#pragma unroll 1
    for (unsigned long long k = 0; k < steps; k++) {
#pragma unroll
        for (int repeat = 0; repeat < 4; repeat++) {
#pragma unroll
            for (int i = 0; i < 8; i++) {
                chain[i] = fmaf(chain[i], factor, term);
            }
        }
    }
    for (int i = 0; i < 8; i++) {
        sum += chain[i];
    }
    if (sum == 0.123456f) {
        *sink = 1;
    }
    stamp_end<KEEP>(stamp, blocks);
}

/* Sums up whatever a load brings. */
__device__ static unsigned fold(uint4 word)
{
    return word.x ^ word.y ^ word.z ^ word.w;
}

__device__ static unsigned fold(uint2 word)
{
    return word.x ^ word.y;
}

__device__ static unsigned fold(unsigned word)
{
    return word;
}

/* WRAP_BITS 0: the buffer's size, a power of two, is known; else a division finds the index. */
template <typename Word, int WRAP_BITS>
__device__ static unsigned long long wrap(unsigned long long index, unsigned long long count)
{
    if (WRAP_BITS == 64) {
        return index % count;
    }
    if (WRAP_BITS == 32) {
        return (unsigned)index % (unsigned)count;
    }
    return index & (STREAM_BYTES / sizeof(Word) - 1);
}

/* Every thread has DEPTH loads in flight; neighbours read neighbouring words. */
template <typename Word, int DEPTH, int WRAP_BITS, bool KEEP>
__global__ static void __launch_bounds__(THREADS, BLOCKS_PER_SM)
    stream_read(unsigned long long steps, const Word *buffer, unsigned long long count,
                struct stamp *stamp, struct block_stamp *blocks, unsigned *sink)
{
    unsigned long long stride = (unsigned long long)gridDim.x * THREADS;
    unsigned long long at = (unsigned long long)blockIdx.x * THREADS + threadIdx.x;
    unsigned sum = 0;

    stamp_start<KEEP>(stamp, blocks);
#pragma unroll 1
    for (unsigned long long k = 0; k < steps; k++) {
        Word word[DEPTH];

#pragma unroll
        for (int i = 0; i < DEPTH; i++) {
            word[i] = buffer[wrap<Word, WRAP_BITS>(at + (unsigned long long)i * stride, count)];
        }
#pragma unroll
        for (int i = 0; i < DEPTH; i++) {
            sum += fold(word[i]);
        }
        at += DEPTH * stride;
    }
    if (sum == 0x12345679u) {
        *sink = sum;
    }
    stamp_end<KEEP>(stamp, blocks);
}

/* Answers each question with the time; the host gives up by asking for more than there is. */
__global__ static void answer_clock(struct mail *mail)
{
    for (unsigned long long round = 1; round <= CLOCK_ROUNDS; round++) {
        while (mail->asked < round) {
        }
        mail->gpu_ns = global_timer();
        __threadfence_system();
        mail->answered = round;
        __threadfence_system();
    }
}

static void allocate_for_kernel(struct gpu *gpu)
{
    if (gpu->setup.kernel == KERNEL_STREAM) {
        CHECK(cudaMalloc((void **)&gpu->buffer, STREAM_BYTES));
        CHECK(cudaMemset(gpu->buffer, 0x5a, STREAM_BYTES));
    }
    if (gpu->setup.copy_bytes_max > 0) {
        CHECK(cudaMalloc((void **)&gpu->device_copy, gpu->setup.copy_bytes_max));
        CHECK(cudaMemset(gpu->device_copy, 1, gpu->setup.copy_bytes_max));
        CHECK(cudaMallocHost((void **)&gpu->host_copy, gpu->setup.copy_bytes_max));
        for (uint64_t i = 0; i < gpu->setup.copy_bytes_max; i += 4096) {
            gpu->host_copy[i] = (char)i;
        }
    }
}

struct gpu *gpu_create(const struct gpu_setup *setup)
{
    struct gpu *gpu = (struct gpu *)calloc(1, sizeof(*gpu));

    if (!gpu) {
        fprintf(stderr, "error: out of memory\n");
        _Exit(3);
    }
    gpu->setup = *setup;
    /* Refused once the process has a context, which then has these flags already. */
    cudaSetDeviceFlags(cudaDeviceScheduleSpin | cudaDeviceMapHost);
    cudaGetLastError();
    CHECK(cudaSetDevice(0));
    CHECK(cudaStreamCreateWithFlags(&gpu->stream, cudaStreamNonBlocking));
    CHECK(cudaMalloc((void **)&gpu->stamps, setup->jobs_max * sizeof(*gpu->stamps)));
    CHECK(cudaMalloc((void **)&gpu->sink, sizeof(*gpu->sink)));
    if (setup->blocks_jobs > 0) {
        size_t bytes = (size_t)setup->blocks_jobs * setup->blocks * sizeof(*gpu->blocks);

        CHECK(cudaMalloc((void **)&gpu->blocks, bytes));
        CHECK(cudaMemset(gpu->blocks, 0, bytes));
    }
    CHECK(cudaHostAlloc((void **)&gpu->mail, sizeof(*gpu->mail), cudaHostAllocMapped));
    allocate_for_kernel(gpu);
    gpu_clear_stamps(gpu);
    return gpu;
}

void gpu_free(struct gpu *gpu)
{
    CHECK(cudaStreamDestroy(gpu->stream));
    cudaFree(gpu->stamps);
    cudaFree(gpu->sink);
    cudaFree(gpu->blocks);
    cudaFree(gpu->buffer);
    cudaFree(gpu->device_copy);
    cudaFreeHost(gpu->host_copy);
    cudaFreeHost(gpu->mail);
    free(gpu);
}

template <bool KEEP> static void launch_burn(struct gpu *gpu, const struct gpu_job *job)
{
    burn<KEEP><<<gpu->setup.blocks, THREADS, 0, gpu->stream>>>(
        job->steps, 0.9999f, 0.0001f, gpu->stamps + job->index,
        KEEP ? gpu->blocks + (size_t)job->index * gpu->setup.blocks : NULL, gpu->sink);
}

template <typename Word, int DEPTH, int WRAP_BITS, bool KEEP = false>
static void launch_read(struct gpu *gpu, const struct gpu_job *job)
{
    stream_read<Word, DEPTH, WRAP_BITS, KEEP><<<gpu->setup.blocks, THREADS, 0, gpu->stream>>>(
        job->steps, (const Word *)gpu->buffer, STREAM_BYTES / sizeof(Word),
        gpu->stamps + job->index,
        KEEP ? gpu->blocks + (size_t)job->index * gpu->setup.blocks : NULL, gpu->sink);
}

static void launch_stream(struct gpu *gpu, const struct gpu_job *job)
{
    static void (*const launch[STREAM_COUNT])(struct gpu *, const struct gpu_job *) = {
        launch_read<uint4, 1, 0>,    launch_read<uint4, 2, 0>,    launch_read<uint4, 4, 0>,
        launch_read<uint4, 1, 32>,   launch_read<uint4, 1, 64>,   launch_read<uint4, 2, 64>,
        launch_read<uint2, 1, 0>,    launch_read<uint2, 2, 0>,    launch_read<unsigned, 4, 0>,
        launch_read<unsigned, 8, 0>, launch_read<unsigned, 4, 64>,
    };

    launch[gpu->setup.stream](gpu, job);
}

/* Of the ways to stream, only that of the older data is noted block by block. */
static void launch_kept(struct gpu *gpu, const struct gpu_job *job)
{
    if (gpu->setup.kernel != KERNEL_STREAM) {
        launch_burn<true>(gpu, job);
    } else {
        launch_read<uint4, 1, 64, true>(gpu, job);
    }
}

void gpu_submit(struct gpu *gpu, const struct gpu_job *job)
{
    enum kernel kernel = gpu->setup.kernel;

    if (job->copy_bytes > 0) {
        CHECK(cudaMemcpyAsync(gpu->device_copy, gpu->host_copy, job->copy_bytes,
                              cudaMemcpyHostToDevice, gpu->stream));
    }
    if (kernel != KERNEL_COPY && job->index < gpu->setup.blocks_jobs) {
        launch_kept(gpu, job);
    } else if (kernel == KERNEL_BURN || kernel == KERNEL_PIPELINE) {
        launch_burn<false>(gpu, job);
    } else if (kernel == KERNEL_STREAM) {
        launch_stream(gpu, job);
    }
    if (kernel == KERNEL_PIPELINE) {
        CHECK(cudaMemcpyAsync(gpu->host_copy, gpu->device_copy, job->copy_bytes,
                              cudaMemcpyDeviceToHost, gpu->stream));
    }
    CHECK(cudaGetLastError());
}

void gpu_wait(struct gpu *gpu)
{
    const struct timespec look = { 0, LOOK_NS };

    if (gpu->setup.spin) {
        CHECK(cudaStreamSynchronize(gpu->stream));
        return;
    }
    for (;;) {
        cudaError_t error = cudaStreamQuery(gpu->stream);

        if (error == cudaSuccess) {
            return;
        }
        if (error != cudaErrorNotReady) {
            CHECK(error);
        }
        nanosleep(&look, NULL);
    }
}

void gpu_clear_stamps(struct gpu *gpu)
{
    /* A start of all ones is later than any; an end may be no less than 0. */
    CHECK(cudaMemset2D(&gpu->stamps->start_ns, sizeof(struct stamp), 0xff, sizeof(long long),
                       gpu->setup.jobs_max));
    CHECK(cudaMemset2D(&gpu->stamps->end_ns, sizeof(struct stamp), 0, sizeof(long long),
                       gpu->setup.jobs_max));
    CHECK(cudaDeviceSynchronize());
}

struct gpu_moment gpu_read_clocks(struct gpu *gpu)
{
    struct mail *mail = gpu->mail;
    struct gpu_moment best = { 0, 0, INT64_MAX };

    mail->asked = 0;
    mail->answered = 0;
    __sync_synchronize();
    answer_clock<<<1, 1, 0, gpu->stream>>>(mail);
    CHECK(cudaGetLastError());
    for (unsigned long long round = 1; round <= CLOCK_ROUNDS; round++) {
        int64_t asked_ns = now_ns();
        int64_t answered_ns = asked_ns;

        mail->asked = round;
        __sync_synchronize();
        while (mail->answered < round) {
            if (now_ns() - asked_ns > CLOCK_TIMEOUT_NS) {
                fprintf(stderr, "error: the GPU does not answer the clock's questions\n");
                _Exit(3);
            }
        }
        answered_ns = now_ns();
        __sync_synchronize();
        if (answered_ns - asked_ns < best.round_ns) {
            best.host_ns = asked_ns + (answered_ns - asked_ns) / 2;
            best.gpu_ns = (int64_t)mail->gpu_ns;
            best.round_ns = answered_ns - asked_ns;
        }
    }
    CHECK(cudaStreamSynchronize(gpu->stream));
    return best;
}

void gpu_read_stamps(struct gpu *gpu, uint32_t count, int64_t *ret_start, int64_t *ret_end)
{
    struct stamp *stamps = (struct stamp *)calloc((size_t)count + 1, sizeof(*stamps));

    if (!stamps) {
        fprintf(stderr, "error: out of memory\n");
        _Exit(3);
    }
    CHECK(cudaMemcpy(stamps, gpu->stamps, count * sizeof(*stamps), cudaMemcpyDeviceToHost));
    for (uint32_t i = 0; i < count; i++) {
        bool has_run = stamps[i].end_ns > 0;

        ret_start[i] = has_run ? (int64_t)stamps[i].start_ns : 0;
        ret_end[i] = (int64_t)stamps[i].end_ns;
    }
    free(stamps);
}

void gpu_read_blocks(struct gpu *gpu, uint32_t job, struct gpu_block *ret_blocks)
{
    uint32_t count = gpu->setup.blocks;
    struct block_stamp *blocks = (struct block_stamp *)calloc(count, sizeof(*blocks));

    if (!blocks) {
        fprintf(stderr, "error: out of memory\n");
        _Exit(3);
    }
    CHECK(cudaMemcpy(blocks, gpu->blocks + (size_t)job * count, count * sizeof(*blocks),
                     cudaMemcpyDeviceToHost));
    for (uint32_t i = 0; i < count; i++) {
        ret_blocks[i].start_gpu_ns = (int64_t)blocks[i].start_ns;
        ret_blocks[i].end_gpu_ns = (int64_t)blocks[i].end_ns;
        ret_blocks[i].sm = blocks[i].sm;
    }
    free(blocks);
}
