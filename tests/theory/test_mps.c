/*
 * MPS where it is processor sharing with a cap (oracle O17): an SM serves all of its blocks
 * alike, one block fills it, there is a slot for every block, and there are so many VMs that
 * hardly any has two jobs at once. A job then gets its VM's share of the device, or an equal
 * part if there are more jobs than that leaves room for.
 */
#include "run/grid.h"
#include "support/mps.h"
#include "support/oracle.h"
#include "support/test.h"

#include <stdio.h>

enum { VMS = 1000, SMS = 200, SEEDS = 8, MEAN_MS = 10, JOBS = 15000, NAME_SIZE = 160 };

/* Latencies of the jobs that arrived after the warm-up. */
struct latencies {
    nsec from_ns;
    wide sum_ns;
    uint64_t count;
};

static void add(void *context, const struct job_end *job)
{
    struct latencies *latencies = context;

    if (job->arrival_ns >= latencies->from_ns) {
        latencies->sum_ns += job->end_ns - job->arrival_ns;
        latencies->count++;
    }
}

static double mean_ms(double rho, uint32_t parts, const struct amount *demand, uint64_t seed)
{
    struct mps_traits traits = mps_simple;
    double gap_ns = (double)(MEAN_MS * MSEC) / rho;
    struct latencies latencies = { .from_ns = 2 * SEC };
    struct build b;

    traits.leak = 1.0;
    mps_build(&b, &traits);
    b.gpus[0].device.sms = SMS;
    b.gpus[0].device.blocks_per_sm = GRID_SLOTS_MAX;
    b.gpus[0].device.mps_clients_max = VMS;
    b.scenario.seed = seed;
    b.scenario.duration_ns = latencies.from_ns + (nsec)(gap_ns * JOBS);
    for (uint32_t i = 0; i < VMS; i++) {
        uint32_t vm = build_vm(&b, arena_format(&b.scenario.arena, "vm%u", i));
        b.vms[vm].share_ppm = (uint32_t)PPM / parts;
        struct workload *w = build_poisson(&b, vm, (nsec)(gap_ns * VMS), *demand);
        build_phases(w)[0].blocks = SMS;
    }
    b.probes[0] = (struct probe){ .context = &latencies, .finished = add };
    build_run(&b);
    build_fini(&b);
    return (double)latencies.sum_ns / (double)latencies.count / (double)MSEC;
}

static void capped_sharing_has_its_mean_whatever_the_law(void **state)
{
    const struct amount laws[] = {
        build_exponential(MEAN_MS * MSEC),
        build_constant(MEAN_MS * MSEC),
        { .kind = AMOUNT_HYPEREXPONENTIAL, .mean = (double)(MEAN_MS * MSEC), .cv = 2.0 },
    };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
        for (uint32_t parts = 2; parts <= 4; parts += 2) {
            double rho = parts == 2 ? 0.7 : 0.5;
            char parameters[NAME_SIZE];
            struct estimate estimate = { 0 };
            for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                estimate_add(&estimate, mean_ms(rho, parts, &laws[i], seed));
            }
            (void)snprintf(parameters, sizeof(parameters), "rho=%.1f;cap=1/%u", rho, parts);
            oracle_check(&oracle, (struct oracle_name){ "O17", parameters, "sojourn_mean" },
                         estimate_mean(&estimate), 4 * estimate_half_width(&estimate));
        }
    }
    oracle_fini(&oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capped_sharing_has_its_mean_whatever_the_law),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
