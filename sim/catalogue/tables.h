/*
 * tables.h - the catalogue's tables, each parsed when it is first asked for; private to
 * catalogue/.
 */
#ifndef SIM_CATALOGUE_TABLES_H
#define SIM_CATALOGUE_TABLES_H

#include "catalogue/catalogue.h"
#include "catalogue/formats.h"

/* The table, parsed. The device table has the measured values put into its devices. */
const struct table *tables_get(struct catalogue *catalogue, enum table_id id);

/* The device of that board, or NULL. */
const struct catalogue_device *tables_device_of_board(struct catalogue *catalogue,
                                                      const char *board);

#endif
