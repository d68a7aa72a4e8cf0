/*
 * fixed_share.c - one strict slot for each VM that the GPU could hold.
 *
 * NVIDIA's vGPU policy "fixed share" (vGPU documentation, scheduling policies); see slots.h.
 * Bound: with C = slots * slice, a VM gets at least (slice / C) (t - (C - slice)) of service in
 * any interval t in which it has work, whatever the others do.
 * tests/policy/test_fixed_share.c checks it.
 */
#include "policy/slots.h"

#include <inttypes.h>

static const struct field fields[] = {
    SLOTS_FIELDS,
    { .name = "slots",
      .kind = FIELD_COUNT,
      .offset = offsetof(struct slots_params, slots),
      .min = 0,
      .max = SLOTS_MAX,
      .fallback = 0,
      .doc = "Slots in a rotation; 0 stands for the largest number of VMs that the profile "
             "allows, or that fit into the partition's memory." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct slots_params) };

static uint32_t fixed_share_slots(const struct policy *p)
{
    const struct slots_params *own = p->params;

    return own->slots ? own->slots : p->slot_count;
}

static int fixed_share_init(struct policy *p, struct err *err)
{
    uint32_t slots = fixed_share_slots(p);
    uint32_t most = slots_most_present(p);

    if (slots == 0 && p->vm_count > 0) {
        return err_set(err, ERR_SCENARIO,
                       "fixed_share cannot tell how many slots a rotation has; give the VMs a "
                       "profile or memory, or write policy: {name: fixed_share, slots: N}");
    }
    if (most > slots) {
        return err_set(err, ERR_SCENARIO,
                       "%" PRIu32 " VMs are present at one time, but fixed_share has %" PRIu32
                       " slots; allow at most %" PRIu32 " VMs, or set slots",
                       most, slots, slots);
    }
    slots_prepare(p, slots);
    return 0;
}

static uint32_t fixed_share_entitled(const struct policy *p, const struct vm *vm,
                                     const bool *present)
{
    uint32_t slots = fixed_share_slots(p);

    (void)vm;
    (void)present;
    return slots > 0 ? (uint32_t)(PPM / slots) : 0;
}

const struct policy_ops policy_fixed_share = {
    .name = "fixed_share",
    .summary = "a strict slot for each VM that the GPU could hold",
    .about = "Time is cut into as many slots as the GPU can hold VMs of the profile; each VM "
             "owns one, and slots without an owner or without work stay idle. A VM's service "
             "is the same whatever the others do. NVIDIA's vGPU policy of that name.",
    .params = &params,
    .work_conserving = false,
    .state_size = slots_state_size,
    .init = fixed_share_init,
    .join = slots_join,
    .leave = slots_leave,
    .ready = slots_ready,
    .pick = slots_pick,
    .charge = slots_charge,
    .round = slots_round,
    .entitled_ppm = fixed_share_entitled,
};
