/*
 * compare.h - the same arrivals and demands under several variants of a scenario.
 *
 * Every variant is simulated for replications 0..reps-1, each of which has its own draws, the
 * same ones under every variant (common random numbers). An estimate is the mean over the
 * replications with Student's 95 % interval; a difference is that of the pairs, whose interval
 * is the narrower for it (Law, "Simulation Modeling and Analysis", section 10.2). With one
 * replication there are no intervals.
 */
#ifndef SIM_STUDY_COMPARE_H
#define SIM_STUDY_COMPARE_H

#include "base/arena.h"
#include "base/err.h"
#include "run/setup.h"
#include "study/simulate.h"

#include <stdbool.h>
#include <stdint.h>

/* What is measured of each VM entry of a scenario, over all its VMs and workloads. */
enum compare_measure {
    COMPARE_LATENCY_MEAN, /* ns */
    COMPARE_LATENCY_P50,
    COMPARE_LATENCY_P99,
    COMPARE_THROUGHPUT, /* Jobs done per second of the measured time. */
    COMPARE_SHARE,      /* Per cent of the compute engines, 100 for a whole one. */
    COMPARE_MEASURES,
};

/* And of all partitions together. */
enum compare_whole {
    COMPARE_JAIN,      /* Over all VMs of a GPU; the mean over GPUs. VMs of MIG instances count
                          with their SM time. */
    COMPARE_USED,      /* Share of the compute engines' time, 0..1; of MIG instances by their
                          part of the GPU's SMs. */
    COMPARE_SWITCHING, /* Likewise. */
    COMPARE_LAG,       /* ns; the largest service lag of any VM, where it was requested. */
    COMPARE_WHOLES,
};

/* The column names of compare.csv. */
extern const char *const compare_measure_names[COMPARE_MEASURES];
extern const char *const compare_whole_names[COMPARE_WHOLES];

struct estimate {
    double mean;       /* NAN: not measured. */
    double low, high;  /* 95 %; NAN with one replication. */
    double difference; /* From the first variant, of the pairs. */
    double difference_low, difference_high;
};

struct compare_variant {
    const char *label;         /* Borrowed. */
    const struct setup *setup; /* Borrowed; entries of one name belong together. */
};

struct compared_entry {
    const char *name; /* Of the first variant's VM entry. */
    uint32_t vm_count;
    struct estimate *estimates; /* [variant * COMPARE_MEASURES + measure] */
};

struct comparison {
    const struct compare_variant *variants;
    uint32_t variant_count;
    bool are_policies; /* Sorted by the p99 latency of the first entry. */
    uint32_t reps;
    struct compared_entry *entries;
    uint32_t entry_count;
    struct estimate *wholes; /* [variant * COMPARE_WHOLES + whole] */
};

struct compare_options {
    const struct compare_variant *variants; /* Borrowed, as long as the result is used. */
    uint32_t variant_count;                 /* >= 1 */
    bool are_policies; /* Sorts them, by the p99 latency of the first entry's jobs. */
    uint32_t reps;     /* >= 1 */
    uint32_t threads;  /* >= 1 */
    struct simulate_watch watch;
    uint32_t *ret_failed; /* Set to the variant whose run failed; may be NULL. */
};

/* 0 and *ret, which lives in the arena; or -1 with the error of the first run that failed. */
int compare_run(const struct compare_options *options, struct arena *arena,
                struct comparison *ret, struct err *err);

#endif
