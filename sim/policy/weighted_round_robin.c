/*
 * weighted_round_robin.c - turns whose length follows the weight; see turns.h.
 *
 * A VM of weight w gets slices of (slice * w / 100). Bound: a VM that stays ready waits for at
 * most one slice of each other VM, so it lags its share by at most that wait.
 * tests/policy/test_weighted_round_robin.c checks it.
 */
#include "policy/turns.h"

static const struct field fields[] = { TURNS_FIELD(WHEN_ALONE_RENEW) };
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct turns_params) };

static nsec weighted_quantum(const struct policy *p, const struct vm *vm)
{
    nsec quantum = (nsec)((wide)p->quantum_ns * vm->weight / VM_WEIGHT_ONE);

    return quantum > 0 ? quantum : 1; /* A slice below 1 ns is still a turn. */
}

static int weighted_round_robin_init(struct policy *p, struct err *err)
{
    (void)err;
    turns_prepare(p, weighted_quantum);
    return 0;
}

const struct policy_ops policy_weighted_round_robin = {
    .name = "weighted_round_robin",
    .summary = "turns whose length follows the VM's weight",
    .about = "Ready VMs take turns, and a turn lasts slice * weight / 100. A VM that stays "
             "ready waits for at most one slice of each other VM. The classic weighted form of "
             "round robin.",
    .params = &params,
    .work_conserving = true,
    .state_size = turns_state_size,
    .init = weighted_round_robin_init,
    .leave = turns_leave,
    .ready = turns_ready,
    .pick = turns_pick,
    .charge = turns_charge,
    .round = turns_round,
    .skip = turns_skip,
};
