/*
 * places.h - which SMs a kernel goes to under MPS.
 *
 * Internal to run/, and to sms.c in it. A kernel may use as many SMs as its client's share is,
 * and goes to those with the most free slots, those of its client's last kernel before others.
 * The hardware spreads kernels over clusters of SMs (GPCs), of which nothing is known here;
 * what that brings about is left to chance, by the frequencies that block maps show: where only
 * a pair or a few are left over, a kernel also starts on SMs that are taken (mps_traits.meet
 * and others).
 */
#ifndef SIM_RUN_PLACES_H
#define SIM_RUN_PLACES_H

#include "run/sms.h"

/* Chooses the set of a VM whose kernel is about to begin. */
void places_choose(struct spatial *s, uint32_t vm);

#endif
