/* no_policy.c - a version, and nothing behind it. */
#include <vgpusim/policy.h>

const uint32_t vgpusim_policy_version = VGPUSIM_POLICY_VERSION;
