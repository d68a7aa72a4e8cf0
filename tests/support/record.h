/*
 * record.h - a probe that keeps everything it is told.
 *
 * What is told is also checked as it comes in: time never runs backwards, and every count and
 * sum of a call is consistent in itself. So each test that records also tests the run.
 */
#ifndef TESTS_SUPPORT_RECORD_H
#define TESTS_SUPPORT_RECORD_H

#include "run/probe.h"

#include <stddef.h>

/* A VM's arrival, its start or stop, or its running dry or getting work on an engine. */
struct record_event {
    enum record_kind {
        RECORD_JOINED,
        RECORD_LEFT,
        RECORD_ARRIVED,
        RECORD_READY,
        RECORD_DRY,
    } kind;
    enum engine_kind engine; /* READY, DRY. */
    uint32_t vm;
    uint32_t workload; /* ARRIVED. */
    nsec now;
};

struct record {
    struct job_end *jobs; /* In order of end. */
    size_t job_count;
    struct job_left *left;
    size_t left_count;
    struct stay *stays;
    size_t stay_count;
    struct record_event *events;
    size_t event_count;
    struct engine_totals totals[ENGINE_COUNT]; /* At the last border. */
    nsec *service_ns; /* At the last border, [ENGINE_COUNT * vm_count]. */
    uint32_t vm_count;
    uint32_t border_count;
    bool is_mps; /* Set by the test: compute serves at most while it is busy, not just then. */
    nsec now;    /* Of the last call. */
};

/* Prepares a zeroed record and the probe that fills it. */
void record_init(struct record *record, struct probe *ret_probe);
void record_fini(struct record *record);

/* A piece of time in which one job ran on an engine. */
struct record_piece {
    nsec start_ns;
    nsec end_ns;
    uint32_t vm;
    uint64_t number; /* Of the job, of its VM. */
};

/* The stays of an engine cut at the ends of jobs, pieces of one job that touch joined. Right
   only where each VM has one workload with one job under way, of one phase. The caller's, for
   free(). */
struct record_piece *record_pieces(const struct record *record, enum engine_kind engine,
                                   size_t *ret_count);

/* Service that a VM got on an engine up to the last border. */
nsec record_service(const struct record *record, enum engine_kind engine, uint32_t vm);

/* How long at least one VM had work on an engine, up to the end of the run. */
nsec record_backlogged(const struct record *record, enum engine_kind engine, nsec end_ns);

#endif
