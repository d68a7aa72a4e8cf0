/*
 * slots.h - strict time slots: equal_share and fixed_share.
 *
 * With n slots a rotation, slot k of rotation m is [epoch + (m n + k) slice, one slice more);
 * it belongs to the k-th VM present, in scenario order, or to nobody. A slot belongs to its
 * owner whether it has work or not. When a VM starts or stops, the current slot finishes and
 * the rotation starts anew at its end, with slot 0; at the border between two slots no slot is
 * current, and the rotation starts anew at once.
 *
 * These slots are absolute, computed from the clock: if work that cannot be cut runs into the
 * next slot, that one is shorter. With `order: adaptive` or `least_served` they follow each
 * other instead, a slot beginning when the one before is over:
 *
 *   adaptive       (NVIDIA's adaptive round robin) who overran gets shorter slots until it is
 *                  paid back: slot = target - accrued / A, and then accrued becomes
 *                  accrued - accrued / A + overrun, with the averaging factor A;
 *   least_served   (NVIDIA's order before) all slots are alike, and the VM with the least time
 *                  in slots so far is next, so who overran is next later.
 *
 * Where nothing overruns, all of them are the same.
 *
 * With `weights: yes` (the vendor's drivers since R590) the slot of a VM lasts weight / 100
 * ordinary ones, and a rotation of fixed_share is as long as before; what nobody owns of it is
 * one slot at its end. There `elastic: 30%` lets the slots of those present grow by up to that
 * part, all by the same, as far as the rotation has time that nobody owns.
 */
#ifndef SIM_POLICY_SLOTS_H
#define SIM_POLICY_SLOTS_H

#include "policy/policy.h"

enum idle_slots { IDLE_SLOTS_KEEP, IDLE_SLOTS_GIVE };
enum slots_order { SLOTS_STRICT, SLOTS_ADAPTIVE, SLOTS_LEAST_SERVED };

enum { SLOTS_AVERAGING_MAX = 60, SLOTS_AVERAGING = 33, SLOTS_MAX = 1000000 };

struct slots_params {
    int idle_slots;       /* enum idle_slots. */
    bool weights;         /* A slot is as long as its owner's weight says. */
    uint32_t elastic_ppm; /* fixed_share: by how much of it a slot may grow. */
    uint32_t averaging;   /* Of adaptive. */
    double frequency;     /* Slots a second; 0: the slice says how long they are. */
    int order;            /* enum slots_order. */
    uint32_t slots;       /* fixed_share: slots a rotation; 0: as the partition says. */
};

/* The words of idle_slots and order, in the order of the enums. */
extern const char *const slots_idle_slots[];
extern const char *const slots_orders[];

/* Rows of the parameter table. */
/* clang-format off */
#define SLOTS_FIELDS                                                                           \
    { .name = "idle_slots", .kind = FIELD_CHOICE,                                              \
      .offset = offsetof(struct slots_params, idle_slots), .fallback = IDLE_SLOTS_KEEP,        \
      .choices = slots_idle_slots,                                                             \
      .doc = "Whether a slot whose owner has no work stays idle (keep) or is lent to the "     \
             "next owner with work, until its end or until its owner has work (give)." },      \
    { .name = "averaging", .kind = FIELD_COUNT,                                                \
      .offset = offsetof(struct slots_params, averaging), .min = 1,                            \
      .max = SLOTS_AVERAGING_MAX, .fallback = SLOTS_AVERAGING,                                 \
      .doc = "Over how many slots adaptive spreads what is paid back." },                      \
    { .name = "frequency", .kind = FIELD_RATE,                                                 \
      .offset = offsetof(struct slots_params, frequency), .min = 0,                            \
      .max = 1000000 * PPM, .fallback = 0, .word = "none", .word_value = 0,                    \
      .doc = "Slots a second; none: a slot lasts a slice." },                                  \
    { .name = "order", .kind = FIELD_CHOICE,                                                   \
      .offset = offsetof(struct slots_params, order), .fallback = SLOTS_STRICT,                \
      .choices = slots_orders,                                                                 \
      .doc = "Slots go round, and an overrun shortens the next one (strict) or later ones of " \
             "its VM (adaptive round robin); or the VM with the least time in slots is "       \
             "next (least_served)." },                                                         \
    { .name = "weights", .kind = FIELD_BOOL, .offset = offsetof(struct slots_params, weights), \
      .fallback = 0,                                                                           \
      .doc = "Whether a slot is longer or shorter as its VM's weight is above or below 100, "  \
             "as NVIDIA's drivers since R590 can do it." }
/* clang-format on */

size_t slots_state_size(uint32_t vm_count);

/* Prepares state for rotations of `slots` slots; 0: as many as VMs are present. */
void slots_prepare(struct policy *p, uint32_t slots);

/* A VM's slot in hundredths of an ordinary one; what the VMs i with present[i] have together;
   and the most that VMs present at one time have together. May be asked before prepare. */
uint32_t slots_weight(const struct policy *p, const struct vm *vm);
uint64_t slots_present_weight(const struct policy *p, const bool *present);
uint64_t slots_most_weight(const struct policy *p);

void slots_join(struct policy *p, const struct vm *vm, nsec now);
void slots_leave(struct policy *p, const struct vm *vm, nsec now);
enum preempt slots_ready(struct policy *p, const struct vm *vm, nsec now);
struct slice slots_pick(struct policy *p, nsec now);
void slots_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now);
uint32_t slots_round(const struct policy *p, struct turn *ret_turns, uint32_t limit, nsec now);

#endif
