/*
 * explain_unlock.h - what unlocking a card buys, and what the card lacks; private to
 * catalogue/.
 */
#ifndef SIM_CATALOGUE_EXPLAIN_UNLOCK_H
#define SIM_CATALOGUE_EXPLAIN_UNLOCK_H

#include "base/text.h"
#include "catalogue/catalogue.h"

/* Appends lines on what the device passes for, which types it then takes and how many, and how
   it falls short of the card that it passes for. Nothing if it passes for none. */
void explain_unlock(struct text *text, struct catalogue *catalogue,
                    const struct catalogue_device *device);

#endif
