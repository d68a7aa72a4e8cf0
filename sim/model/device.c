#include "model/device.h"

#include "base/assert.h"

const char *engine_name(enum engine_kind engine)
{
    static const char *const names[ENGINE_COUNT] = {
        "compute", "copy_in", "copy_out", "encode", "decode",
    };

    assert(engine < ENGINE_COUNT);
    return names[engine];
}

const struct mps_traits mps_assumed = {
    .leak = 0.0424,
    .alone = 1.0311,
    .latency = 0.7274,
    .latency_step = 0.0118,
    .bandwidth = 0.9809,
    .bend = 3.05,
    .tail = 0.394,
    .jitter_ns = 10000.0,
    .meet = 0.87,
    .meet_sms = 8.0,
    .starve = 100.0,
};
