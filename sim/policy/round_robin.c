/*
 * round_robin.c - equal turns of one slice; see turns.h.
 *
 * Bound: of n VMs that stay ready, none lags its equal share by more than (n-1)/n slices,
 * switches aside. tests/policy/test_round_robin.c checks it.
 */
#include "policy/turns.h"

static const struct field fields[] = { TURNS_FIELD(WHEN_ALONE_RENEW) };
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct turns_params) };

const struct policy_ops policy_round_robin = {
    .name = "round_robin",
    .summary = "equal turns of one slice over the VMs with work",
    .about = "Ready VMs take turns of one slice in the order in which they became ready. "
             "Of n VMs that stay ready none lags its equal share by more than (n-1)/n slices. "
             "The textbook policy; a VM that is alone gets a fresh slice each time.",
    .params = &params,
    .work_conserving = true,
    .state_size = turns_state_size,
    .init = turns_init,
    .leave = turns_leave,
    .ready = turns_ready,
    .pick = turns_pick,
    .charge = turns_charge,
    .round = turns_round,
    .skip = turns_skip,
};
