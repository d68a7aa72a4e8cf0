/*
 * user.h - policies as users bring them, for tests: a script, and a library that was built
 * against the header that installs.
 */
#ifndef TESTS_SUPPORT_USER_H
#define TESTS_SUPPORT_USER_H

#include "support/build.h"

/* A policy with its parameters. */
struct subject {
    const struct policy_ops *ops;
    const void *params; /* NULL for one of the registry: its defaults. */
    bool is_users;
};

/* A script from its text; it must load. Lives in the arena. */
struct subject user_script(const char *name, const char *text, struct arena *arena);

/* A script from a file of the project. */
struct subject user_script_file(const char *path, struct arena *arena);

/* The policy of tests/policy/library/NAME.c. */
struct subject user_library(const char *name, struct arena *arena);

/* Gives the policy to the compute engine of the first GPU. */
void user_set(struct build *b, const struct subject *subject);

#endif
