#include "policy/classes.h"

void classes_find(const struct policy *p, bool *ret)
{
    bool any = false;
    uint32_t least = VM_PRIORITY_MAX;
    uint32_t most = 0;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        const struct vm *vm = &p->vms[i];
        any = any || vm->schedule.real_time;
        least = vm->priority < least ? vm->priority : least;
        most = vm->priority > most ? vm->priority : most;
    }
    for (uint32_t i = 0; i < p->vm_count; i++) {
        const struct vm *vm = &p->vms[i];
        ret[i] = any ? vm->schedule.real_time : vm->priority == most && least < most;
    }
}
