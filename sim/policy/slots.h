/*
 * slots.h - absolute time slots, computed from the clock: equal_share and fixed_share.
 *
 * With n slots a rotation, slot k of rotation m is [epoch + (m n + k) slice, one slice more);
 * it belongs to the k-th VM present, in scenario order, or to nobody. A slot belongs to its
 * owner whether it has work or not. When a VM starts or stops, the current slot finishes and
 * the rotation starts anew at its end, with slot 0; at the border between two slots no slot is
 * current, and the rotation starts anew at once.
 */
#ifndef SIM_POLICY_SLOTS_H
#define SIM_POLICY_SLOTS_H

#include "policy/policy.h"

enum idle_slots { IDLE_SLOTS_KEEP, IDLE_SLOTS_GIVE };

struct slots_params {
    int idle_slots; /* enum idle_slots. */
    uint32_t slots; /* fixed_share: slots a rotation; 0: as the partition says. */
};

/* The words of idle_slots, in the order of the enum. */
extern const char *const slots_idle_slots[];

#define SLOTS_IDLE_FIELD                                                                       \
    {                                                                                          \
        .name = "idle_slots", .kind = FIELD_CHOICE,                                            \
        .offset = offsetof(struct slots_params, idle_slots), .fallback = IDLE_SLOTS_KEEP,      \
        .choices = slots_idle_slots,                                                           \
        .doc = "Whether a slot whose owner has no work stays idle (keep) or is lent to the "   \
               "next owner with work, until its end or until its owner has work (give).",      \
    }

size_t slots_state_size(uint32_t vm_count);

/* Prepares state for rotations of `slots` slots; 0: as many as VMs are present. */
void slots_prepare(struct policy *p, uint32_t slots);

/* The largest number of VMs that are present at one time. */
uint32_t slots_most_present(const struct policy *p);

void slots_join(struct policy *p, const struct vm *vm, nsec now);
void slots_leave(struct policy *p, const struct vm *vm, nsec now);
enum preempt slots_ready(struct policy *p, const struct vm *vm, nsec now);
struct slice slots_pick(struct policy *p, nsec now);
void slots_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now);
uint32_t slots_round(const struct policy *p, struct turn *ret_turns, uint32_t limit, nsec now);

#endif
