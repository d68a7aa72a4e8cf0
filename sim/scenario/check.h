/*
 * check.h - what a load carries along: where it is, what it has found wrong, what it fills.
 *
 * Loading goes on after an error, so that the user sees them all; a value that was refused
 * keeps its default, and the scenario is thrown away at the end.
 */
#ifndef SIM_SCENARIO_CHECK_H
#define SIM_SCENARIO_CHECK_H

#include "catalogue/catalogue.h"
#include "scenario/names.h"
#include "scenario/node.h"
#include "scenario/reach.h"
#include "scenario/scenario.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inputs;

struct check {
    const struct scenario_source *source;
    struct scenario *scenario; /* Being filled; its arena holds all that is kept. */
    struct arena *arena;       /* That arena. */
    struct err_list *errors;
    struct catalogue *catalogue;
    struct inputs *inputs;        /* Files that were read. */
    const struct node *root;      /* Of the tree, sets in place. */
    bool has_gpus;                /* The GPUs were read without an error; then also: */
    struct reach anywhere;        /* What VMs may reach that name no GPU. */
    int64_t copy_bandwidth_bytes; /* Of every GPU; 0: not known, or not the same. */
    uint64_t match_count;         /* Tries to find a GPU for a profile. */
    struct names gpu_names;
    struct names vm_names;
    enum err_kind kind; /* Of the errors that are refused; mostly ERR_SCENARIO. */
    size_t path_length;
    char path[200]; /* Of the value that is being read, as vms[0].weight. */
};

/* Adds an error to the list: sorted, each once, the last ones given up when it is full. */
void check_add(struct check *check, const struct err *err);

/* Adds an error at a place. */
__attribute__((format(printf, 3, 4))) void check_refuse(struct check *check, struct place place,
                                                        const char *format, ...);

/* Adds "PATH is VALUE; ..." at the node, the path being that of the node. */
__attribute__((format(printf, 3, 4))) void
check_refuse_value(struct check *check, const struct node *node, const char *format, ...);

/* Goes into a key or item; gives what check_leave needs to come back. */
size_t check_enter(struct check *check, const char *key);
size_t check_enter_item(struct check *check, uint32_t index);
void check_leave(struct check *check, size_t path_length);

/* The path as the subject of a sentence. */
const char *check_subject(const struct check *check);

/* Whether an error at that place would still be kept. */
bool check_is_open(const struct check *check, struct place place);

/* Refuse what is not a mapping, list or text; true if it is one. */
bool check_map(struct check *check, const struct node *node);
bool check_list(struct check *check, const struct node *node);
bool check_text(struct check *check, const struct node *node);

/* Refuses a name that could not be part of a file name or a cell of a table. */
bool check_name(struct check *check, const struct node *node);

#endif
