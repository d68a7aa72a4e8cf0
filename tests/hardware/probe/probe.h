/*
 * probe.h - what the parts of the probe share: the table's rows, the calibration, and the
 * memory through which a scenario's parent and its clients (one process per VM) talk.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "gpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    VMS_MAX = 32,
    JOBS_MAX = 32768, /* Of one VM in one scenario. */
    NAME_MAX_BYTES = 64,
    LINE_MAX_BYTES = 512,
    COPY_BYTES_PER_MS = 50000000,
};

enum arrival {
    ARRIVAL_CLOSED,
    ARRIVAL_POISSON,
    ARRIVAL_PERIODIC,
};

/* One row of the table: one VM of one scenario. */
struct vm_row {
    char line[LINE_MAX_BYTES]; /* As it stands in the table. */
    char scenario[NAME_MAX_BYTES];
    char vm[NAME_MAX_BYTES];
    bool is_mps;
    enum kernel kernel;
    enum arrival arrival;
    double duration_s;
    double rate_hz;
    double period_ms;
    double offset_ms;
    double think_ms;
    bool demand_is_exp;
    double demand_mean_ms;
    uint32_t blocks;
    double sm_percent; /* 0: not under MPS. */
};

/* time = fixed_ns + steps * step_ns, alone on the GPU with a full grid. */
struct fit {
    double fixed_ns;
    double step_ns;
};

struct calibration {
    struct fit burn;
    struct fit stream[STREAM_COUNT];
};

struct job_record {
    int64_t arrival_ns; /* Since the start. */
    int64_t demand_ns;
    int64_t submit_ns;   /* Since the start; later than arrival_ns if the client was late. */
    int64_t host_end_ns; /* Since the start, as the client saw it; closed clients only. */
    int64_t start_gpu_ns;
    int64_t end_gpu_ns;
};

/* What a VM is to submit where it does not draw it: the jobs of an earlier measurement. */
struct replay {
    uint32_t count;
    int64_t *arrival_ns;
    int64_t *demand_ns;
};

enum phase {
    PHASE_OPEN,   /* Clients open the GPU and warm up. */
    PHASE_CLOCK,  /* Client 0 reads both clocks and warms the GPU. */
    PHASE_RUN,    /* From start_ns on, all submit. */
    PHASE_CLOCK2, /* Client 0 reads the clocks again. */
    PHASE_READ,   /* Clients copy their stamps. */
    PHASE_COUNT,
};

struct slot {
    uint32_t count;
    struct job_record jobs[JOBS_MAX];
};

/* Shared by parent and clients. */
struct board {
    _Atomic int phase;
    _Atomic int done[PHASE_COUNT]; /* Clients that have finished the phase. */
    int64_t start_ns;              /* CLOCK_MONOTONIC; set before PHASE_RUN. */
    struct gpu_moment moments[2];
    struct slot slots[VMS_MAX];
};

/* What a client needs. All borrowed. */
struct client {
    uint32_t index;
    const struct vm_row *row;
    const struct calibration *calibration;
    const struct replay *replay; /* count 0: draw. */
    enum stream stream;
    bool spin;
    const char *blocks_path; /* Of the CSV of blocks that it writes; NULL: none. */
    uint32_t blocks_jobs;    /* Whose blocks that holds. */
    struct board *board;
};

/* A moment of the GPU's clock in ns since the start: on the line through both readings. */
int64_t board_map_ns(const struct board *board, int64_t gpu_ns);

int64_t host_now_ns(void);
void host_sleep_until(int64_t until_ns, bool spin);

/*
 * Reads the rows of one scenario. The number of rows, or -1 after a line on stderr: an
 * unreadable file, a row that makes no sense, no such scenario.
 */
int table_load(const char *path, const char *scenario, struct vm_row rows[VMS_MAX]);

/* Reads what a VM submitted from a jobs CSV. 0, or -1 after a line on stderr. */
int replay_load(const char *path, const char *vm, struct replay *ret_replay);

/* "16x1" and so on, or NULL; the index of a name, or STREAM_COUNT. */
const char *stream_name(int stream);
enum stream stream_find(const char *name);

/* 0, or -1 after a line on stderr. */
int calibration_load(const char *path, struct calibration *ret_calibration);
int calibration_write(const char *path, const struct calibration *calibration);

/* Measures the fits; nothing else may use the GPU. */
void calibration_measure(struct calibration *ret_calibration);

/* The body of a client's process. */
void client_run(const struct client *client);

/* Chance: a stream that depends on the names only, so that a repeat sees the same jobs. */
uint64_t random_seed(const char *scenario, const char *vm);
double random_exponential(uint64_t *state, double mean);

#endif
