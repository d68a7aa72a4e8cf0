/*
 * equal_share.c - one strict slot for each VM that is present, with work or without.
 *
 * NVIDIA's vGPU policy "equal share" (vGPU documentation, scheduling policies); see slots.h.
 * Bound: in any n slots of an unchanged rotation each of n VMs has one whole slot, whatever
 * the others do. tests/policy/test_equal_share.c checks it.
 */
#include "policy/slots.h"

static const struct field fields[] = { SLOTS_FIELDS };
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct slots_params) };

static int equal_share_init(struct policy *p, struct err *err)
{
    (void)err;
    slots_prepare(p, 0);
    return 0;
}

static uint32_t equal_share_entitled(const struct policy *p, const struct vm *vm,
                                     const bool *present)
{
    uint32_t count = 0;

    (void)vm;
    for (uint32_t i = 0; i < p->vm_count; i++) {
        count += present[i];
    }
    return (uint32_t)(PPM / count);
}

const struct policy_ops policy_equal_share = {
    .name = "equal_share",
    .summary = "a strict slot for each VM present, idle or not",
    .about = "Time is cut into slots that the VMs present own in turn, whether they have work "
             "or not; a VM that starts or stops changes everybody's share. Each of n VMs has "
             "one whole slot in n, whatever the others do. NVIDIA's vGPU policy of that name.",
    .params = &params,
    .work_conserving = false,
    .state_size = slots_state_size,
    .init = equal_share_init,
    .join = slots_join,
    .leave = slots_leave,
    .ready = slots_ready,
    .pick = slots_pick,
    .charge = slots_charge,
    .round = slots_round,
    .entitled_ppm = equal_share_entitled,
};
