/*
 * limiter.h - what holds a VM back from within, beneath the policy of the engine.
 *
 * A limiter is the scheduler inside the VM: the library that delays the launches of a
 * container, or the guest's own cap. It sees one VM and knows nothing of the others; the
 * engine's policy sees only what the limiter lets through. It answers one question: may this VM
 * run now, for how long, or when is it to be asked again? Like a policy it reads no clock and
 * allocates nothing. limited.h puts limiters beneath a policy.
 */
#ifndef SIM_POLICY_LIMITER_H
#define SIM_POLICY_LIMITER_H

#include "base/field.h"
#include "base/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limiter_ops;

/* The limiter of a VM, as a scenario gives it; ops NULL: none. */
struct limiter_config {
    const struct limiter_ops *ops;
    const void *params; /* As ops->params describes. Borrowed. */
};

struct limiter {
    const struct limiter_ops *ops;
    const void *params;
    void *state; /* ops->state_size bytes. */
};

struct allowance {
    nsec run_ns;  /* The VM may run for that long; NSEC_MAX: no limit; 0: it may not, */
    nsec next_ns; /* and is asked again at that instant, > now. */
};

struct limiter_ops {
    const char *name;    /* Key in scenario files: [a-z][a-z0-9_]*. Unique among limiters. */
    const char *summary; /* One line, at most 60 characters. */
    const char *about;   /* Three sentences: what it does, its bound, where it comes from. */
    const struct field_table *params;
    size_t state_size; /* Of zeroed memory. */

    /* The VM starts. */
    void (*start)(struct limiter *l, nsec now);

    /* May the VM run from now on? Once it may, it may until it has run. When what it
       may run is used up, it is asked again, so less than the whole may be granted at once. */
    struct allowance (*ask)(struct limiter *l, nsec now);

    /* The VM ran in [now - ran_ns, now], perhaps longer than it may (a piece of work that
       cannot be cut). */
    void (*used)(struct limiter *l, nsec ran_ns, nsec now);

    /* The share of the engine that it leaves to the VM in the long run. */
    uint32_t (*share_ppm)(const void *params);
};

/* Every limiter, sorted by name. To add one: write its limit_NAME.c and add its name here. */
#define LIMITER_LIST(X)                                                                        \
    X(quota)                                                                                   \
    X(token_bucket)

#define LIMITER_DECLARE(name) extern const struct limiter_ops limiter_##name;
LIMITER_LIST(LIMITER_DECLARE)
#undef LIMITER_DECLARE

extern const struct limiter_ops *const limiter_registry[];
extern const size_t limiter_registry_count;

/* The limiter of that name, or NULL. */
const struct limiter_ops *limiter_find(const char *name);

#endif
