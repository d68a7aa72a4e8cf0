/* no_version.c - a library that is no policy. */
#include <vgpusim/policy.h>

const struct policy_ops vgpusim_policy = { .name = "no_version" };
