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

enum { ELASTIC_MAX = 32 }; /* Times the slot; more is capped by the driver. */

static const struct field fields[] = {
    SLOTS_FIELDS,
    { .name = "slots",
      .kind = FIELD_COUNT,
      .offset = offsetof(struct slots_params, slots),
      .min = 0,
      .max = SLOTS_MAX,
      .fallback = 0,
      .doc = "Slots in a rotation; 0 stands for the largest number of VMs that the profile "
             "allows, else that fit into the partition's memory, else that are present at "
             "one time." },
    { .name = "elastic",
      .kind = FIELD_SHARE,
      .offset = offsetof(struct slots_params, elastic_ppm),
      .min = 0,
      .max = ELASTIC_MAX * PPM,
      .fallback = 0,
      .doc = "With weights: by how much of it a VM's slot may grow while slots of the rotation "
             "have no owner, as RmPVMRLElasticSchedulingCap says it." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct slots_params) };

static uint32_t fixed_share_slots(const struct policy *p)
{
    const struct slots_params *own = p->params;

    return own->slots ? own->slots : p->slot_count;
}

static int refuse_crowd(const struct policy *p, uint64_t weight, uint32_t slots,
                        struct err *err)
{
    const struct slots_params *own = p->params;

    if (own->weights) {
        return err_set(err, ERR_SCENARIO,
                       "VMs with weights of %" PRIu64
                       " in all are present at one time, but the "
                       "%" PRIu32 " slots of fixed_share hold %" PRIu64 "; lower the weights, "
                       "or set slots",
                       weight, slots, (uint64_t)slots * VM_WEIGHT_ONE);
    }
    return err_set(err, ERR_SCENARIO,
                   "%" PRIu64 " VMs are present at one time, but fixed_share has %" PRIu32
                   " slots; allow at most %" PRIu32 " VMs, or set slots",
                   weight / VM_WEIGHT_ONE, slots, slots);
}

static int fixed_share_init(struct policy *p, struct err *err)
{
    const struct slots_params *own = p->params;
    uint32_t slots = fixed_share_slots(p);
    bool may_crowd = own->weights || slots < p->vm_count;
    uint64_t most = may_crowd ? slots_most_weight(p) : 0;

    if (own->elastic_ppm > 0 && !own->weights) {
        return err_set(err, ERR_SCENARIO,
                       "elastic is for slots by weight; write weights: yes, or leave it out");
    }
    if (most > (uint64_t)slots * VM_WEIGHT_ONE) {
        return refuse_crowd(p, most, slots, err);
    }
    slots_prepare(p, slots);
    return 0;
}

static uint32_t fixed_share_entitled(const struct policy *p, const struct vm *vm,
                                     const bool *present)
{
    const struct slots_params *own = p->params;
    uint64_t whole = (uint64_t)fixed_share_slots(p) * VM_WEIGHT_ONE;
    uint64_t owned = slots_present_weight(p, present);
    uint64_t weight = slots_weight(p, vm);

    if (whole == 0 || owned > whole) {
        return 0;
    }
    uint64_t grown =
        weight * (uint64_t)PPM / whole * ((uint64_t)PPM + own->elastic_ppm) / (uint64_t)PPM;
    uint64_t most = weight * (uint64_t)PPM / owned;

    return (uint32_t)(own->elastic_ppm > 0 && grown > most ? most : grown);
}

static bool fixed_share_uses_slot_count(const struct policy *p)
{
    return ((const struct slots_params *)p->params)->slots == 0;
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
    .uses_slot_count = fixed_share_uses_slot_count,
};
