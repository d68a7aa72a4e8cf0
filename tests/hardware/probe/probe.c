/*
 * probe.c - measures how processes share one GPU: `probe calibrate FILE`, then
 * `probe run TABLE CALIBRATION OUT.csv SCENARIO`, or `probe blocks JOBS ...`, which keeps where
 * the blocks of the first jobs ran, too. README.md says what is measured and how.
 *
 * This process forks one client per VM and never touches the GPU itself; it leads the clients
 * through the phases, and kills them when one fails or a phase takes too long.
 */
#define _DEFAULT_SOURCE 1 /* For MAP_ANONYMOUS. */

#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    OPEN_TIMEOUT_S = 60,
    CLOCK_TIMEOUT_S = 10,
    DRAIN_TIMEOUT_S = 20,
    START_DELAY_NS = 20000000,
    LATE_NS = 100000,
    SPARE_CORES = 3,
    PATH_MAX_BYTES = 512,
};

struct run {
    struct vm_row rows[VMS_MAX];
    struct replay replays[VMS_MAX];
    struct calibration calibration;
    pid_t pids[VMS_MAX];
    uint32_t vm_count;
    uint32_t blocks_jobs; /* Of each VM; 0: blocks are not kept. */
    const char *out;
    struct board *board;
};

static void start_client(struct run *run, uint32_t index, enum stream stream)
{
    struct client client = { .index = index,
                             .row = &run->rows[index],
                             .calibration = &run->calibration,
                             .replay = &run->replays[index],
                             .stream = stream,
                             .board = run->board };
    char percent[32];
    char blocks_path[PATH_MAX_BYTES];
    pid_t pid = fork();

    if (pid != 0) {
        run->pids[index] = pid;
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 1ul);
    if (client.row->is_mps) {
        snprintf(percent, sizeof(percent), "%g", client.row->sm_percent);
        setenv("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", percent, 1);
    }
    client.spin = (long)run->vm_count <= sysconf(_SC_NPROCESSORS_ONLN) - SPARE_CORES;
    if (run->blocks_jobs > 0) {
        snprintf(blocks_path, sizeof(blocks_path), "%s.%s", run->out, client.row->vm);
        client.blocks_path = blocks_path;
        client.blocks_jobs = run->blocks_jobs;
    }
    client_run(&client);
    fflush(NULL);
    _exit(0);
}

/* Whether a client has failed; that one ends well after its last phase is none. */
static bool a_client_failed(struct run *run)
{
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);

    for (uint32_t i = 0; pid > 0 && i < run->vm_count; i++) {
        if (run->pids[i] == pid) {
            run->pids[i] = 0;
            if (status == 0) {
                return false;
            }
            fprintf(stderr, "error: client %s ended early, status %d\n", run->rows[i].vm,
                    status);
        }
    }
    return pid > 0;
}

/* Waits until that many clients have finished the phase. */
static bool await_clients(struct run *run, enum phase phase, uint32_t count, double timeout_s)
{
    const struct timespec nap = { .tv_nsec = 500000 };
    int64_t end_ns = host_now_ns() + (int64_t)(timeout_s * 1e9);

    while (atomic_load(&run->board->done[phase]) < (int)count) {
        if (a_client_failed(run)) {
            return false;
        }
        if (host_now_ns() > end_ns) {
            fprintf(stderr, "error: phase %d took longer than %g s\n", (int)phase, timeout_s);
            return false;
        }
        nanosleep(&nap, NULL);
    }
    return true;
}

static bool lead_clients(struct run *run)
{
    struct board *board = run->board;

    if (!await_clients(run, PHASE_OPEN, run->vm_count, OPEN_TIMEOUT_S)) {
        return false;
    }
    atomic_store(&board->phase, PHASE_CLOCK);
    if (!await_clients(run, PHASE_CLOCK, 1, CLOCK_TIMEOUT_S)) {
        return false;
    }
    board->start_ns = host_now_ns() + START_DELAY_NS;
    atomic_store(&board->phase, PHASE_RUN);
    if (!await_clients(run, PHASE_RUN, run->vm_count,
                       run->rows[0].duration_s + DRAIN_TIMEOUT_S)) {
        return false;
    }
    atomic_store(&board->phase, PHASE_CLOCK2);
    if (!await_clients(run, PHASE_CLOCK2, 1, CLOCK_TIMEOUT_S)) {
        return false;
    }
    atomic_store(&board->phase, PHASE_READ);
    return await_clients(run, PHASE_READ, run->vm_count, CLOCK_TIMEOUT_S);
}

static void end_clients(struct run *run, bool kill_them)
{
    for (uint32_t i = 0; i < run->vm_count; i++) {
        if (run->pids[i] > 0 && kill_them) {
            kill(run->pids[i], SIGKILL);
        }
    }
    for (uint32_t i = 0; i < run->vm_count; i++) {
        if (run->pids[i] > 0) {
            waitpid(run->pids[i], NULL, 0);
        }
    }
}

/* ----------------------------------------------------------------------------- results */

int64_t board_map_ns(const struct board *board, int64_t gpu_ns)
{
    const struct gpu_moment *m = board->moments;
    long double rate =
        (long double)(m[1].host_ns - m[0].host_ns) / (long double)(m[1].gpu_ns - m[0].gpu_ns);

    return m[0].host_ns - board->start_ns +
           (int64_t)((long double)(gpu_ns - m[0].gpu_ns) * rate);
}

static void job_times(const struct run *run, uint32_t vm, uint32_t job, int64_t ret_times[2])
{
    const struct job_record *record = &run->board->slots[vm].jobs[job];
    enum kernel kernel = run->rows[vm].kernel;

    ret_times[1] = board_map_ns(run->board, record->end_gpu_ns);
    if (kernel == KERNEL_COPY || kernel == KERNEL_PIPELINE) {
        ret_times[1] = record->host_end_ns;
    }
    ret_times[0] = ret_times[1];
    if (kernel != KERNEL_COPY) {
        ret_times[0] = board_map_ns(run->board, record->start_gpu_ns);
    }
}

static int write_jobs(const struct run *run, const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file) {
        fprintf(stderr, "%s: error: cannot be created\n", path);
        return -1;
    }
    fprintf(file, "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n");
    for (uint32_t v = 0; v < run->vm_count; v++) {
        const struct slot *slot = &run->board->slots[v];

        for (uint32_t i = 0; i < slot->count; i++) {
            int64_t times[2];

            job_times(run, v, i, times);
            fprintf(file, "%s,%u,%lld,%lld,%lld,%lld\n", run->rows[v].vm, i,
                    (long long)slot->jobs[i].arrival_ns, (long long)slot->jobs[i].demand_ns,
                    (long long)times[0], (long long)times[1]);
        }
    }
    if (fclose(file)) {
        fprintf(stderr, "%s: error: cannot be written\n", path);
        return -1;
    }
    return 0;
}

static int compare_int64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Of sorted ns. */
static double quantile_ms(const int64_t *sorted, uint32_t count, uint32_t percent)
{
    size_t index = (size_t)count * percent / 100;

    return (double)sorted[index] / 1e6;
}

/* One line a VM for the log, and a count of what looks wrong. */
static void print_vm(const struct run *run, uint32_t vm)
{
    const struct slot *slot = &run->board->slots[vm];
    int64_t *latencies = calloc(2 * (size_t)slot->count + 1, sizeof(*latencies));
    int64_t *spans = latencies + slot->count;
    double sum = 0;
    uint32_t late = 0;
    uint32_t odd = 0;

    if (!latencies || slot->count == 0) {
        printf("  %-8s no jobs\n", run->rows[vm].vm);
        free(latencies);
        return;
    }
    for (uint32_t i = 0; i < slot->count; i++) {
        const struct job_record *record = &slot->jobs[i];
        int64_t times[2];

        job_times(run, vm, i, times);
        latencies[i] = times[1] - record->arrival_ns;
        spans[i] = times[1] - times[0];
        sum += (double)latencies[i];
        late += record->submit_ns - record->arrival_ns > LATE_NS;
        odd += times[0] < record->arrival_ns || spans[i] < 0;
    }
    qsort(latencies, slot->count, sizeof(*latencies), compare_int64);
    qsort(spans, slot->count, sizeof(*spans), compare_int64);
    printf("  %-8s jobs %5u  mean %9.4f  p50 %9.4f  p99 %9.4f  span50 %9.4f ms"
           "  late %u  odd %u\n",
           run->rows[vm].vm, slot->count, sum / slot->count / 1e6,
           quantile_ms(latencies, slot->count, 50), quantile_ms(latencies, slot->count, 99),
           quantile_ms(spans, slot->count, 50), late, odd);
    free(latencies);
}

static void print_run(const struct run *run)
{
    const struct gpu_moment *m = run->board->moments;
    double host_ns = (double)(m[1].host_ns - m[0].host_ns);
    double gpu_ns = (double)(m[1].gpu_ns - m[0].gpu_ns);

    printf("%s: clock rounds %lld and %lld ns, GPU clock %+.2f ppm\n", run->rows[0].scenario,
           (long long)m[0].round_ns, (long long)m[1].round_ns, (gpu_ns / host_ns - 1) * 1e6);
    for (uint32_t v = 0; v < run->vm_count; v++) {
        print_vm(run, v);
    }
}

/* ------------------------------------------------------------------------ the commands */

static int load_replays(struct run *run, const char *path)
{
    for (uint32_t i = 0; path && i < run->vm_count; i++) {
        bool draws = run->rows[i].arrival == ARRIVAL_POISSON || run->rows[i].demand_is_exp;

        if (draws && replay_load(path, run->rows[i].vm, &run->replays[i])) {
            return -1;
        }
    }
    return 0;
}

static int measure(struct run *run, enum stream stream)
{
    bool ok;

    run->board = mmap(NULL, sizeof(*run->board), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run->board == MAP_FAILED) {
        fprintf(stderr, "error: out of memory\n");
        return 1;
    }
    fflush(NULL);
    for (uint32_t i = 0; i < run->vm_count; i++) {
        start_client(run, i, stream);
    }
    ok = lead_clients(run);
    end_clients(run, !ok);
    if (!ok || write_jobs(run, run->out)) {
        return 1;
    }
    print_run(run);
    return 0;
}

/* argv: TABLE CALIBRATION OUT.csv SCENARIO [STREAM [REPLAY.csv]] */
static int command_run(int argc, char **argv, uint32_t blocks_jobs)
{
    struct run *run = calloc(1, sizeof(*run));
    enum stream stream = argc > 4 ? stream_find(argv[4]) : STREAM_16X1;
    int count;

    if (stream == STREAM_COUNT) {
        fprintf(stderr, "error: no stream is called %s\n", argv[4]);
        return 2;
    }
    if (!run || calibration_load(argv[1], &run->calibration)) {
        return 1;
    }
    count = table_load(argv[0], argv[3], run->rows);
    if (count < 0) {
        return 1;
    }
    run->vm_count = (uint32_t)count;
    run->blocks_jobs = blocks_jobs;
    run->out = argv[2];
    if (load_replays(run, argc > 5 ? argv[5] : NULL)) {
        return 1;
    }
    return measure(run, stream);
}

static int command_calibrate(const char *path)
{
    struct calibration calibration;

    calibration_measure(&calibration);
    return calibration_write(path, &calibration) ? 1 : 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3 && !strcmp(argv[1], "calibrate")) {
        return command_calibrate(argv[2]);
    }
    if (argc == 2 && !strcmp(argv[1], "streams")) {
        for (int i = 0; i < STREAM_COUNT; i++) {
            printf("%s\n", stream_name(i));
        }
        return 0;
    }
    if (argc >= 6 && argc <= 8 && !strcmp(argv[1], "run")) {
        return command_run(argc - 2, argv + 2, 0);
    }
    if (argc == 8 && !strcmp(argv[1], "blocks") && atoi(argv[2]) > 0) {
        return command_run(argc - 3, argv + 3, (uint32_t)atoi(argv[2]));
    }
    fprintf(stderr,
            "usage: probe calibrate FILE\n"
            "       probe streams\n"
            "       probe run TABLE CALIBRATION OUT.csv SCENARIO [STREAM [REPLAY.csv]]\n"
            "       probe blocks JOBS TABLE CALIBRATION OUT.csv SCENARIO STREAM\n");
    return 2;
}
