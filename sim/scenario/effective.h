/*
 * effective.h - how a scenario is written back. Internal to scenario/.
 */
#ifndef SIM_SCENARIO_EFFECTIVE_H
#define SIM_SCENARIO_EFFECTIVE_H

#include "base/field.h"
#include "scenario/reach.h"
#include "scenario/scenario.h"
#include "scenario/shape.h"

struct writer {
    const struct scenario *scenario;
    struct text *text;
    bool comments;
    struct reach anywhere; /* Of its VMs that name no GPU. */
    int indent;            /* Blanks before a line. */
    bool has_dash;         /* The next line begins an item of a list. */
};

/* Begins a line with a key; what follows goes to writer->text. */
void writer_key(struct writer *writer, const char *key);

/* Ends a line. */
void writer_end(struct writer *writer);

/* "key: value" inside {...}; `first`: without a comma before it. */
void writer_inline(struct writer *writer, bool first, const struct field *field,
                   const void *target);

/* All fields of a shape inside {...}. */
void writer_fields(struct writer *writer, bool first, const struct shape *shape,
                   const void *target);

/* A file by the name of its copy. */
void writer_file(struct writer *writer, const char *path);

/* What a GPU passes for, how warm it gets and how often it fails. */
void write_card(struct writer *writer, const struct gpu_entry *gpu);

/* The workloads of a VM, as an indented list. */
void write_workloads(struct writer *writer, const struct vm_entry *vm);

/* Objectives, metrics and variants. */
void write_requests(struct writer *writer);

#endif
