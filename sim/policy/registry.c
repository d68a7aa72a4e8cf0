#include "policy/policy.h"

#include "base/units.h"

#include <string.h>

#define POLICY_ENTRY(name) &policy_##name,
const struct policy_ops *const policy_registry[] = { POLICY_LIST(POLICY_ENTRY) };
#undef POLICY_ENTRY

const size_t policy_registry_count = ARRAY_LEN(policy_registry);

const struct policy_ops *policy_find(const char *name)
{
    for (size_t i = 0; i < policy_registry_count; i++) {
        if (strcmp(policy_registry[i]->name, name) == 0) {
            return policy_registry[i];
        }
    }
    return NULL;
}

bool policy_head(const struct policy *p, const struct vm *vm, struct job_view *ret_view)
{
    return p->host->head(p->host, vm->index, ret_view);
}
