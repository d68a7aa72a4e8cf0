/*
 * script.h - policies that a user brings as a Lua file.
 *
 * A script defines functions named as the operations of policy.h: ready, pick and charge, and
 * if it wants to init, join, leave and arrived; docs/adding-a-policy.md has their arguments and
 * answers. Each engine has an interpreter of its own, whose memory is part of the policy's
 * state; the script's state is whatever its variables hold.
 *
 * A script sees no files, no clock, no modules and no addresses, so the same script gives the
 * same schedule everywhere. It may hold SCRIPT_MEMORY bytes, and one call may run
 * SCRIPT_INSTRUCTIONS and allocate SCRIPT_ALLOCATIONS bytes. These limits end mistakes; they
 * are no wall against someone who wants a run to take long.
 *
 * What fails in a script stops the run through policy.failure, which then names file, line,
 * simulated time and call.
 */
#ifndef SIM_POLICY_SCRIPT_H
#define SIM_POLICY_SCRIPT_H

#include "base/arena.h"
#include "policy/policy.h"

/* Per engine, and 1 KiB more for each VM; and per call. */
#define SCRIPT_MEMORY       (32 * MIB)
#define SCRIPT_INSTRUCTIONS INT64_C(10000000)
#define SCRIPT_ALLOCATIONS  (256 * MIB)

enum script_kind {
    SCRIPT_BOOL,
    SCRIPT_INTEGER,
    SCRIPT_NUMBER,
    SCRIPT_TEXT,
    SCRIPT_TABLE, /* A list, or a table with keys. */
};

/* What a scenario gives a script, which sees it as `params`. */
struct script_value {
    const char *key; /* In its table; NULL: an item of a list. */
    enum script_kind kind;
    int64_t integer; /* SCRIPT_INTEGER, SCRIPT_BOOL. */
    double number;
    const char *text;
    const struct script_value *items; /* SCRIPT_TABLE: count of them. */
    uint32_t count;
};

struct script_source {
    const char *file; /* As errors show it. */
    const char *name; /* What the policy will be called. */
    const char *bytes;
    size_t size;
    struct script_value params; /* A SCRIPT_TABLE. */
    const char *params_text;    /* As it was written; not looked at here. */
};

/* Compiles a script and runs its body once, to see that it has what a policy needs. 0 and a
   policy whose params are the source (which must live as long), or -1 with *err of kind
   ERR_SCENARIO, placed in the script's file. */
int script_load(const struct script_source *source, struct arena *arena,
                const struct policy_ops **ret, struct err *err);

/* Whether script_load made this policy. */
bool script_is(const struct policy_ops *ops);

#endif
