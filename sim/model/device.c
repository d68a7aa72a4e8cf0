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
    .leak = 0.0349,
    .alone = 1.0271,
    .latency = 0.6995,
    .latency_step = 0.0186,
    .bandwidth = 0.9570,
    .bend = 3.070,
    .tail = 0.3797,
    .jitter_ns = 10000.0,
    .meet = 0.87,
    .meet_sms = 8.0,
    .starve = 100.0,
};
