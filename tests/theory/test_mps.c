/*
 * MPS where it is processor sharing (oracle O04): an SM serves all of its blocks alike, one
 * block fills it, there is a slot for every block, each kernel has one on each SM, and there
 * are so many VMs that hardly any has two jobs at once. A job then gets an equal part of each
 * SM. (With a cap on each job, oracle O17, SMs would have to be a pool, and they are none: a
 * client's kernels run on SMs of their own.)
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

static double mean_ms(double rho, const struct amount *demand, uint64_t seed)
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
        b.vms[vm].share_ppm = (uint32_t)PPM;
        struct workload *w = build_poisson(&b, vm, (nsec)(gap_ns * VMS), *demand);
        build_phases(w)[0].blocks = SMS;
    }
    b.probes[0] = (struct probe){ .context = &latencies, .finished = add };
    build_run(&b);
    build_fini(&b);
    return (double)latencies.sum_ns / (double)latencies.count / (double)MSEC;
}

static void sharing_has_its_mean_whatever_the_law(void **state)
{
    const struct amount laws[] = {
        build_exponential(MEAN_MS * MSEC),
        build_constant(MEAN_MS * MSEC),
        { .kind = AMOUNT_HYPEREXPONENTIAL, .mean = (double)(MEAN_MS * MSEC), .cv = 2.0 },
    };
    const char *const names[] = { "exp", "det", "h2-scv4" };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
        for (uint32_t tenths = 3; tenths <= 7; tenths += 4) {
            double rho = (double)tenths / 10.0;
            char parameters[NAME_SIZE];
            struct estimate estimate = { 0 };
            for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                estimate_add(&estimate, mean_ms(rho, &laws[i], seed));
            }
            (void)snprintf(parameters, sizeof(parameters), "demand=%s;rho=%.1f;order=ps",
                           names[i], rho);
            oracle_check(&oracle, (struct oracle_name){ "O04", parameters, "sojourn_mean" },
                         estimate_mean(&estimate), 4 * estimate_half_width(&estimate));
        }
    }
    oracle_fini(&oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharing_has_its_mean_whatever_the_law),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
