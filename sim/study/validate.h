/*
 * validate.h - predictions set against measurements of a real GPU, job stream by job stream.
 *
 * Each measured scenario is replayed: measured arrivals and demands; for a closed client the
 * first arrival and the demands as measured (again from the first when they run out), and the
 * next job submitted at the simulated end plus think time plus the calibrated gap, while that
 * is before the scenario's duration. Everything else comes from the device's calibration. Where
 * the order matters in which VMs are served, several runs with other orders are one prediction.
 */
#ifndef SIM_STUDY_VALIDATE_H
#define SIM_STUDY_VALIDATE_H

#include "base/arena.h"
#include "base/err.h"
#include "study/calibration.h"
#include "study/measured.h"

#include <stdbool.h>
#include <stdint.h>

enum validate_metric {
    VALIDATE_MEAN,
    VALIDATE_P50,
    VALIDATE_P95,
    VALIDATE_P99,
    VALIDATE_METRICS,
};

/* "latency_mean", ... */
const char *validate_metric_name(enum validate_metric metric);

/* Quantiles from 1 % to 99 %. */
enum { VALIDATE_QUANTILES = 99, VALIDATE_DRAWS = 8 };

/* What figures need of one VM, beyond its row. */
struct validation_detail {
    /* 95 % interval that the measured sample gives: of the mean by batch means, of quantiles by
       order statistics; NAN where the sample supports none. */
    double low_ns[VALIDATE_METRICS];
    double high_ns[VALIDATE_METRICS];
    /* 95 % interval of the difference predicted - measured that the sample gives: of the mean
       by batch means of the difference of each job; of quantiles that of the measured one. */
    double error_low_ns[VALIDATE_METRICS];
    double error_high_ns[VALIDATE_METRICS];
    /* The least and the most that is predicted when submissions are some us late, as a host's
       are (replay_run_perturbed), by VALIDATE_DRAWS draws, each with a ring of its own. */
    double predicted_low_ns[VALIDATE_METRICS];
    double predicted_high_ns[VALIDATE_METRICS];
    nsec measured_quantiles_ns[VALIDATE_QUANTILES]; /* Type 1. */
    nsec predicted_quantiles_ns[VALIDATE_QUANTILES];
    const struct measured_vm *measured; /* Of the set. */
    const struct measured_job *predicted;
    uint32_t predicted_count;
};

/* One VM of one scenario. Latencies are exact order statistics (type 1) over all its jobs. */
struct validation_row {
    const char *scenario;
    enum measured_mode mode;
    enum measured_regime regime;
    const char *vm;
    uint32_t jobs; /* Measured. */
    double measured_ns[VALIDATE_METRICS];
    double predicted_ns[VALIDATE_METRICS];
    const struct validation_detail *detail; /* NULL: not asked for. */
};

/* A scenario that the model has no place for, as one of more MPS clients than a GPU takes. */
struct validation_refusal {
    const struct measured_scenario *scenario;
    struct err reason; /* Placed in the index. */
};

struct validation {
    struct validation_row *rows; /* In the order of the set. */
    uint32_t row_count;
    struct validation_refusal *refused; /* In the same order; they have no rows. */
    uint32_t refused_count;
};

/* Of one metric over the VMs of a mode, in percent of the measured value. */
struct validation_summary {
    uint32_t vms;
    double median;
    double p95;
    double max;
};

/* How to predict. */
struct validate_plan {
    const struct calibration *calibration;
    int half; /* Only the scenarios of that half (measured_scenario.half), or MEASURED_ALL. */
    bool with_detail;
};

/* Predicts the scenarios of the set. 0, or -1 with *err, also if all of them were refused. All
   that is returned lives in the arena. */
int validate(const struct measured_set *set, const struct validate_plan *plan,
             struct arena *arena, struct validation *ret, struct err *err);

/* The rows of one scenario, vm_count of them: what was measured. */
void validate_measured(const struct measured_scenario *scenario, struct validation_row *rows);

/* Adds what so many runs (replay_run_pooled) predict to rows that have what was measured. 0, or
   -1 with *err; ERR_SCENARIO: the model has no place for the scenario. */
int validate_predicted(const struct measured_scenario *scenario,
                       const struct calibration *calibration, uint32_t runs,
                       struct validation_row *rows, struct err *err);

/* The rows of both, in the arena; which half is which does not matter. */
void validation_join(const struct validation *a, const struct validation *b,
                     struct arena *arena, struct validation *ret);

/* How far a measurement is from the same scenario measured again (X and X_r2), by VM: what no
   prediction can be asked to beat. vms is 0 if nothing of the regime was measured twice. */
struct validation_summary validation_repeats(const struct validation *v,
                                             enum measured_regime regime,
                                             enum validate_metric metric);

/* How far predictions of a VM are apart under perturbed submissions, in percent of what is
   predicted: what is chance by the model itself. For rows with details. */
struct validation_summary validation_spreads(const struct validation *v,
                                             enum measured_regime regime,
                                             enum validate_metric metric);

/* Absolute errors of a mode, or of a regime; vms is 0 if it has no rows. */
struct validation_summary validation_summarise(const struct validation *v,
                                               enum measured_mode mode,
                                               enum validate_metric metric);
struct validation_summary validation_summarise_regime(const struct validation *v,
                                                      enum measured_regime regime,
                                                      enum validate_metric metric);

#endif
