#include "support/mps.h"

#include "support/test.h"

const struct mps_traits mps_simple = {
    .is_measured = true,
    .leak = 0.0,
    .alone = 1.0,
    .latency = 1e-3,
    .latency_step = 0.0,
    .bandwidth = 1.0,
    .bend = 100.0,
    .tail = 1.0,
    .starve = 1.0,
};

void mps_build(struct build *b, const struct mps_traits *traits)
{
    build_init(b, "fifo");
    build_mps(b);
    if (traits) {
        b->gpus[0].device.mps = *traits;
    }
}

uint32_t mps_put(struct build *b, uint32_t share_percent, nsec arrival_ns, nsec demand_ns)
{
    uint32_t vm = build_vm(b, arena_format(&b->scenario.arena, "vm%u", b->scenario.vm_count));

    b->vms[vm].share_ppm = share_percent * 10000;
    (void)build_jobs(b, vm, &(const struct build_job){ arrival_ns, demand_ns }, 1);
    return vm;
}

struct phase *mps_phase(struct build *b, uint32_t vm)
{
    return (struct phase *)b->vms[vm].workloads[0].workload.phases;
}

nsec mps_end(const struct build *b, uint32_t vm)
{
    return build_job_of(b, vm, 0)->end_ns;
}

void assert_near(nsec value, nsec want, nsec tolerance)
{
    if (value < want - tolerance || value > want + tolerance) {
        fail_msg("%lld is not within %lld of %lld", (long long)value, (long long)tolerance,
                 (long long)want);
    }
}
