/* old_version.c - made against another version of the header. */
#include <vgpusim/policy.h>

const uint32_t vgpusim_policy_version = VGPUSIM_POLICY_VERSION - 1;
const struct policy_ops vgpusim_policy = { .name = "old_version" };
