/*
 * best_effort.c - what NVIDIA GPUs do by default: turns, and a lone VM's slice stays expired.
 *
 * The hardware runlist behind the vGPU policy "best effort" and behind plain processes that
 * share a GPU; see turns.h. Bound: as round_robin. tests/policy/test_best_effort.c checks it.
 */
#include "policy/turns.h"

static const struct field fields[] = { TURNS_FIELD(WHEN_ALONE_KEEP) };
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct turns_params) };

const struct policy_ops policy_best_effort = {
    .name = "best_effort",
    .summary = "NVIDIA's default: turns; a lone VM keeps an expired slice",
    .about = "Ready VMs take turns of one slice, as under round_robin, but a VM that is alone "
             "keeps running on an expired slice, which the next arrival of another VM cuts at "
             "once. Of n VMs that stay ready none lags its equal share by more than (n-1)/n "
             "slices. NVIDIA's default vGPU policy, and measured on an H100 and an H200.",
    .params = &params,
    .work_conserving = true,
    .state_size = turns_state_size,
    .init = turns_init,
    .leave = turns_leave,
    .ready = turns_ready,
    .pick = turns_pick,
    .charge = turns_charge,
};
