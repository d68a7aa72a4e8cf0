#include "policy/grants.h"

/* The share that a VM's schedule gives; 0: none. */
static int64_t given_ppb(enum grants_key key, const struct vm *vm)
{
    if (key == GRANTS_MINIMUM) {
        return (int64_t)vm->schedule.minimum_ppm * (GRANTS_WHOLE / PPM);
    }
    return (int64_t)((wide)vm->schedule.budget_ns * GRANTS_WHOLE / grants_period_ns(vm));
}

void grants_join(struct grants *grants, const struct vm *vm)
{
    int64_t given = given_ppb(grants->key, vm);

    grants->given_ppb += given;
    grants->weight_sum += given > 0 ? 0 : vm->weight;
}

void grants_leave(struct grants *grants, const struct vm *vm)
{
    int64_t given = given_ppb(grants->key, vm);

    grants->given_ppb -= given;
    grants->weight_sum -= given > 0 ? 0 : vm->weight;
}

int64_t grants_share_ppb(const struct grants *grants, const struct vm *vm)
{
    int64_t given = given_ppb(grants->key, vm);

    if (given > 0) {
        return given;
    }
    return (GRANTS_WHOLE - grants->given_ppb) * (int64_t)vm->weight /
           (int64_t)grants->weight_sum;
}

nsec grants_period_ns(const struct vm *vm)
{
    return vm->schedule.period_ns > 0 ? vm->schedule.period_ns : GRANTS_PERIOD;
}

nsec grants_budget_ns(const struct grants *grants, const struct vm *vm)
{
    if (grants->key == GRANTS_BUDGET && vm->schedule.budget_ns > 0) {
        return vm->schedule.budget_ns;
    }
    wide budget = (wide)grants_period_ns(vm) * grants_share_ppb(grants, vm) / GRANTS_WHOLE;
    return budget > 0 ? (nsec)budget : 1;
}

/* The VMs present at the start of one of them. */
static struct grants present_at(const struct policy *p, enum grants_key key, nsec at)
{
    struct grants grants = { .key = key };

    for (uint32_t i = 0; i < p->vm_count; i++) {
        if (p->vms[i].start_ns <= at && at < p->vms[i].stop_ns) {
            grants_join(&grants, &p->vms[i]);
        }
    }
    return grants;
}

int grants_check(const struct policy *p, enum grants_key key, struct err *err)
{
    const char *what = key == GRANTS_BUDGET ? "budget / period" : "minimum";

    for (uint32_t i = 0; i < p->vm_count; i++) {
        const struct vm *vm = &p->vms[i];
        if (given_ppb(key, vm) == 0) {
            continue;
        }
        if (given_ppb(key, vm) > GRANTS_WHOLE) {
            return err_set(err, ERR_SCENARIO,
                           "%s: schedule.budget of VM %s is %.9g ms; it must be at most its "
                           "period, %.9g ms",
                           p->ops->name, vm->name, (double)vm->schedule.budget_ns / 1e6,
                           (double)grants_period_ns(vm) / 1e6);
        }
        struct grants at_start = present_at(p, key, vm->start_ns);
        if (at_start.given_ppb > GRANTS_WHOLE) {
            return err_set(err, ERR_SCENARIO,
                           "%s: %s of the VMs present with VM %s adds up to %.6g %%; it must "
                           "be at most 100 %%",
                           p->ops->name, what, vm->name, (double)at_start.given_ppb / 1e7);
        }
        if (at_start.given_ppb == GRANTS_WHOLE && at_start.weight_sum > 0) {
            return err_set(err, ERR_SCENARIO,
                           "%s: %s of the VMs present with VM %s adds up to 100 %%, which "
                           "leaves nothing for those that give none; give them one, or lower "
                           "the others",
                           p->ops->name, what, vm->name);
        }
    }
    return 0;
}

uint32_t grants_entitled_ppm(const struct policy *p, const struct vm *vm, const bool *present,
                             enum grants_key key)
{
    struct grants grants = { .key = key };

    for (uint32_t i = 0; i < p->vm_count; i++) {
        if (present[i]) {
            grants_join(&grants, &p->vms[i]);
        }
    }
    return (uint32_t)(grants_share_ppb(&grants, vm) / (GRANTS_WHOLE / PPM));
}
