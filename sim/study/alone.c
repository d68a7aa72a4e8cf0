#include "study/alone.h"

#include "run/run.h"

#include <math.h>

/* The latencies of the jobs that count. */
struct latencies {
    nsec warmup_ns;
    wide sum_ns;
    uint64_t count;
};

static void on_finished(void *context, const struct job_end *job)
{
    struct latencies *own = context;

    if (job->arrival_ns >= own->warmup_ns) {
        own->sum_ns += job->end_ns - job->arrival_ns;
        own->count++;
    }
}

/* A setup whose only partition holds nothing but one VM. */
struct lonely {
    struct setup setup;
    struct partition partition;
    struct sharing sharing;
    struct vm vm;
    uint32_t setup_vm;
};

static void isolate(const struct alone_options *options, uint32_t index, struct lonely *ret)
{
    const struct partition *shared = &options->setup->partitions[options->partition];

    ret->setup = *options->setup;
    ret->partition = *shared;
    ret->sharing = *shared->sharing;
    ret->vm = shared->vms[index];
    ret->setup_vm = shared->setup_vms[index];
    ret->vm.index = 0;
    ret->vm.share_ppm = (uint32_t)PPM;
    if (ret->sharing.mode == SHARING_TIME_SLICED) {
        struct engine_sharing *compute = &ret->sharing.engines[ENGINE_COMPUTE];
        compute->policy = &policy_fifo;
        compute->params = NULL;
        ret->sharing.mode = SHARING_EXCLUSIVE;
    }
    ret->partition.vms = &ret->vm;
    ret->partition.setup_vms = &ret->setup_vm;
    ret->partition.limiters = shared->limiters ? &shared->limiters[index] : NULL;
    ret->partition.vm_count = 1;
    ret->partition.sharing = &ret->sharing;
    ret->setup.partitions = &ret->partition;
    ret->setup.partition_count = 1;
}

/* The mean latency of a VM without the others; NAN if no job finished. */
static int run_vm(const struct alone_options *options, uint32_t index, double *ret_ns,
                  struct err *err)
{
    struct latencies latencies = { .warmup_ns = options->warmup_ns };
    struct probe probe = { .context = &latencies, .finished = on_finished };
    struct lonely lonely;

    isolate(options, index, &lonely);
    struct run_options run_options = {
        .setup = &lonely.setup,
        .replication = options->replication,
        .probes = &probe,
        .probe_count = 1,
        .skip = true,
    };
    struct run *run = run_create(&run_options, err);
    if (!run) {
        return -1;
    }
    int status = run_advance(run, lonely.setup.scenario->duration_ns, err);
    run_free(run);
    *ret_ns = latencies.count > 0 ? (double)latencies.sum_ns / (double)latencies.count : NAN;
    return status;
}

static double together(const struct vm_summary *vm)
{
    wide sum = 0;
    uint64_t count = 0;

    for (uint32_t w = 0; w < vm->workload_count; w++) {
        sum += vm->workloads[w].latency_sum_ns;
        count += vm->workloads[w].done;
    }
    return count > 0 ? (double)sum / (double)count : NAN;
}

int alone_run(const struct alone_options *options, struct unit_summary *unit,
              struct arena *results, struct err *err)
{
    struct alone_summary *summary = arena_take(results, 1, sizeof(*summary));
    double *shared_ns = arena_take(results, unit->vm_count, sizeof(double));
    double *alone_ns = arena_take(results, unit->vm_count, sizeof(double));
    double *pairs = arena_take(results, 2 * (size_t)unit->vm_count, sizeof(double));
    uint32_t count = 0;

    for (uint32_t i = 0; i < unit->vm_count; i++) {
        if (options->watch->stop && options->watch->stop(options->watch->context)) {
            return err_set(err, ERR_RUN, "interrupted");
        }
        shared_ns[i] = together(&unit->vms[i]);
        if (run_vm(options, i, &alone_ns[i], err)) {
            return -1;
        }
        if (shared_ns[i] > 0 && alone_ns[i] > 0) {
            pairs[count] = shared_ns[i];
            pairs[unit->vm_count + count++] = alone_ns[i];
        }
    }
    *summary = (struct alone_summary){ .together_ns = shared_ns,
                                       .alone_ns = alone_ns,
                                       .compared_count = count };
    if (count > 0) {
        summary->metrics = alone_compare(pairs, &pairs[unit->vm_count], count);
    }
    unit->alone = summary;
    return 0;
}
