/* no_pick.c - a policy that cannot choose. */
#include <vgpusim/policy.h>

const uint32_t vgpusim_policy_version = VGPUSIM_POLICY_VERSION;
const struct policy_ops vgpusim_policy = {
    .name = "no_pick",
    .summary = "never chooses",
    .about = "Never chooses.",
};
