#include "policy/limiter.h"

#include <string.h>

#define LIMITER_ENTRY(name) &limiter_##name,
const struct limiter_ops *const limiter_registry[] = { LIMITER_LIST(LIMITER_ENTRY) };
#undef LIMITER_ENTRY

const size_t limiter_registry_count = ARRAY_LEN(limiter_registry);

const struct limiter_ops *limiter_find(const char *name)
{
    for (size_t i = 0; i < limiter_registry_count; i++) {
        if (strcmp(limiter_registry[i]->name, name) == 0) {
            return limiter_registry[i];
        }
    }
    return NULL;
}
