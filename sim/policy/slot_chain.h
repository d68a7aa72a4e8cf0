/*
 * slot_chain.h - the state of equal_share and fixed_share, and slots that follow each other.
 *
 * Internal to slots.c, whose header says what the two orders are. A rotation has positions:
 * one for each VM present, in scenario order, then those without owner.
 */
#ifndef SIM_POLICY_SLOT_CHAIN_H
#define SIM_POLICY_SLOT_CHAIN_H

#include "policy/slots.h"

/* The present slot, where slots follow each other. */
struct chain {
    bool used;          /* Else slots are absolute. */
    uint32_t owner;     /* VM_NONE: nobody. */
    uint32_t position;  /* In the rotation; UINT32_MAX: the one before it. */
    nsec end_ns;        /* The next one begins then, or when the engine is free. */
    bool ran;           /* Its owner ran in it. */
    uint32_t next;      /* The next position, in a fixed order. */
    int64_t idle_turns; /* Turns of the positions without owner, under least_served. */
    nsec *accrued_ns;   /* By VM: overruns that are not paid back. */
    nsec *served_ns;    /* By VM: time in slots since the rotation began, as if all slots were
                           ordinary ones. */
};

struct slots {
    nsec slot_ns; /* Length of an ordinary slot. */
    struct chain chain;
    uint32_t fixed;        /* Ordinary slots a rotation; 0: as many as owners. */
    nsec epoch_ns;         /* Start of the current rotation's count. */
    uint32_t before_epoch; /* Owner of the slot that ends at the epoch; VM_NONE: nobody. */
    uint32_t owner_count;
    uint32_t position_count; /* Of a rotation, those without owner included. */
    nsec unowned_ns;         /* Length of a slot without owner. */
    nsec rotation_ns;        /* Length of a rotation. */
    bool uniform;            /* All slots are ordinary ones. */
    nsec *length_ns;         /* By VM: of its slot while it is present. */
    uint32_t *owners;        /* VMs present, in scenario order. */
    bool *ready;             /* By VM. */
    uint32_t running;        /* VM_NONE: none. */
    uint32_t lender;         /* Owner of the slot that the running VM was lent; VM_NONE. */
};

/* Lets the slots go on up to the one that ends at or after `until_ns`. */
void chain_advance(const struct policy *p, nsec until_ns);

/* A VM's stay is over; its overrun delays the next slot. */
void chain_charge(struct policy *p, uint32_t vm, nsec ran_ns, nsec now);

/* Lets the current slot finish and starts the rotation anew at its end. */
void chain_restart(struct policy *p, nsec now);

#endif
