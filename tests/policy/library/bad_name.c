/* bad_name.c - a name that no scenario could write. */
#include <vgpusim/policy.h>

const uint32_t vgpusim_policy_version = VGPUSIM_POLICY_VERSION;
const struct policy_ops vgpusim_policy = { .name = "Bad name" };
