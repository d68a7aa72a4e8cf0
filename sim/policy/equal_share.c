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
    double rotation = (double)slots_most_weight(p) / VM_WEIGHT_ONE * (double)p->quantum_ns;

    if (rotation > (double)(NSEC_MAX / 4)) {
        return err_set(err, ERR_SCENARIO,
                       "the slots of a rotation would last more than 70 years; lower the slice "
                       "or the weights");
    }
    slots_prepare(p, 0);
    return 0;
}

static uint32_t equal_share_entitled(const struct policy *p, const struct vm *vm,
                                     const bool *present)
{
    return (uint32_t)((uint64_t)PPM * slots_weight(p, vm) / slots_present_weight(p, present));
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
