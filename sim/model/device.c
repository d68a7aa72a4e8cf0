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
    .leak = 0.033,
    .alone = 1.034,
    .latency = 0.6613,
    .latency_step = 0.0107,
    .bandwidth = 0.8917,
    .bend = 3.05,
    .tail = 0.394,
};
