/*
 * describe.h - the catalogue in words, for `vgpusim list` and `vgpusim explain`.
 *
 * Lists have one item a line, its name first, columns in line, and what may contain spaces
 * last; with `header` a line of column names comes first. Nothing is wrapped or coloured.
 * Texts are appended to *text.
 */
#ifndef SIM_CATALOGUE_DESCRIBE_H
#define SIM_CATALOGUE_DESCRIBE_H

#include "base/err.h"
#include "base/text.h"
#include "catalogue/catalogue.h"

#include <stdbool.h>

/* Every device, by name. */
void describe_devices(struct catalogue *catalogue, bool header, struct text *text);

/* The vGPU types and MIG profiles of a device, or of all if `device` is NULL. 0, or -1 with
 *err when there is no such device. */
int describe_profiles(struct catalogue *catalogue, const char *device, bool header,
                      struct text *text, struct err *err);

/* What describe_geometries writes. */
struct geometry_view {
    bool all;    /* Of all profiles; else of the basic ones. */
    bool left;   /* What still fits after one creation, instead of the layouts. */
    bool header; /* Also how many layouts there are. */
};

/* Every MIG layout of a device to which nothing can be added, one a line; or, for each profile
   and start that can be created first, how many of each profile then still fit alone. 0, or -1
   with *err when there is no such device or it has no MIG. */
int describe_geometries(struct catalogue *catalogue, const char *device,
                        const struct geometry_view *view, struct text *text, struct err *err);

/* All that is known of a device, a vGPU type or a MIG profile (on every device that has it),
   its sources and how sure they are included. False, and nothing appended, if the name is none
   of these. */
bool describe_name(struct catalogue *catalogue, const char *name, struct text *text);

#endif
