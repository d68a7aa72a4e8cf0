#include "study/group.h"

#include "study/replay.h"

#include <string.h>

static bool has_kernel(const struct measured_scenario *scenario, const char *kernel)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (strcmp(scenario->vms[i].kernel, kernel) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_small(const struct measured_scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (replay_is_small(scenario->vms[i].blocks)) {
            return true;
        }
    }
    return false;
}

static bool uses_plain(const struct measured_scenario *scenario)
{
    return !has_kernel(scenario, "stream") && !has_small(scenario);
}

static bool uses_stream(const struct measured_scenario *scenario)
{
    return has_kernel(scenario, "stream");
}

/* Under MPS, open arrivals at shares that do not fit beside each other are decided by chance,
   and so is compute beside memory: numbers are fitted to the others. */
static bool uses_burn(const struct measured_scenario *scenario)
{
    double percent = 0.0;
    bool is_open = false;

    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        percent += scenario->vms[i].sm_percent;
        is_open = is_open || !scenario->vms[i].is_closed;
    }
    return !has_kernel(scenario, "stream") && !(is_open && percent > 100.0);
}

static bool uses_stream_alone(const struct measured_scenario *scenario)
{
    return has_kernel(scenario, "stream") && !has_kernel(scenario, "burn");
}

static bool uses_any(const struct measured_scenario *scenario)
{
    (void)scenario;
    return true;
}

static bool uses_host(const struct measured_scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (replay_is_paced(&scenario->vms[i])) {
            return true;
        }
    }
    return false;
}

static bool uses_gpu(const struct measured_scenario *scenario)
{
    return !uses_host(scenario);
}

const struct group groups[] = {
    { MEASURED_TIME_SLICED,
      uses_plain,
      5,
      { { CALIBRATION_PREEMPT, 8000.0 },
        { CALIBRATION_IDLE, 4000.0 },
        { CALIBRATION_RESTORE, 4000.0 },
        { CALIBRATION_LAUNCH, 3000.0 },
        { CALIBRATION_DEMAND, 0.001 } } },
    { MEASURED_TIME_SLICED,
      uses_stream,
      2,
      { { CALIBRATION_PREEMPT_STREAM, 15000.0 }, { CALIBRATION_DEMAND_STREAM, 0.003 } } },
    { MEASURED_TIME_SLICED, has_small, 1, { { CALIBRATION_DEMAND_SMALL, 0.01 } } },
    { MEASURED_COPY,
      uses_any,
      3,
      { { CALIBRATION_COPY, 0.02 },
        { CALIBRATION_DUPLEX_IN, 0.05 },
        { CALIBRATION_DUPLEX_OUT, 0.05 } } },
    { MEASURED_MPS,
      uses_burn,
      5,
      { { CALIBRATION_MPS_DEMAND, 0.002 },
        { CALIBRATION_MPS_LAUNCH, 1000.0 },
        { CALIBRATION_MPS_OPEN_LAUNCH, 5000.0 },
        { CALIBRATION_MPS_LEAK, 0.01 },
        { CALIBRATION_MPS_ALONE, 0.01 } } },
    { MEASURED_MPS,
      uses_stream_alone,
      6,
      { { CALIBRATION_MPS_STREAM, 0.01 },
        { CALIBRATION_MPS_LATENCY, 0.05 },
        { CALIBRATION_MPS_LATENCY_STEP, 0.01 },
        { CALIBRATION_MPS_BANDWIDTH, 0.05 },
        { CALIBRATION_MPS_BEND, 0.3 },
        { CALIBRATION_MPS_TAIL, 0.05 } } },
    { MEASURED_APP, uses_host, 1, { { CALIBRATION_APP_GPU, 100000.0 } } },
    { MEASURED_APP,
      uses_gpu,
      3,
      { { CALIBRATION_PREEMPT_APP, 20000.0 },
        { CALIBRATION_DEMAND_APP, 0.01 },
        { CALIBRATION_APP_SPREAD, 0.005 } } },
};

const size_t group_count = sizeof(groups) / sizeof(groups[0]);
