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
