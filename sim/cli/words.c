#include "cli/words.h"

#include "base/units.h"

const struct word words[] = {
    { "latency", "end minus arrival of a job",
      "Counted for jobs that arrive within [warmup, duration) and end before duration. "
      "Quantiles "
      "are of type 1 (nearest rank), a value that occurred.",
      true },
    { "latency_mean", "mean latency of the jobs done",
      "With a 95 % interval from batch means where the sample supports one.", true },
    { "latency_p50", "half of the jobs are at most as slow", NULL, true },
    { "latency_p90", "nine jobs in ten are at most as slow", NULL, true },
    { "latency_p95", "19 jobs in 20 are at most as slow", NULL, true },
    { "latency_p99", "99 jobs in 100 are at most as slow",
      "With a 95 % interval from order statistics. Empty below 100 jobs.", true },
    { "latency_max", "the slowest job", NULL, true },
    { "slowdown", "latency over the sum of the job's phases alone on its idle partition", NULL,
      true },
    { "queue_wait", "time a job waits behind other jobs of its own VM", NULL, true },
    { "slice_wait",
      "time a job waits at the head of its VM's queue while others have the engine", NULL,
      true },
    { "run", "time a job runs on engines", NULL, true },
    { "switch", "changing the VM on an engine: save, idle hand-over, restore",
      "As a part of a job's latency: the switches to its VM while it is at the head. queue "
      "wait, "
      "slice wait, run, switch and host add up to the latency exactly.",
      true },
    { "host", "time a job spends on the host, using no GPU", NULL, true },
    { "service", "time on engines within [warmup, duration), without switch, restore and host",
      "Unfinished jobs included.", true },
    { "share", "compute service over the measured time", NULL, true },
    { "entitled", "the share that the policy promises a VM",
      "The weight's share of the VMs present; under equal_share 1/n of those present, under "
      "fixed_share one slot of the rotation.",
      true },
    { "throughput", "finished jobs per second of the time that the VM was present", NULL,
      true },
    { "deadline_missed", "jobs that ended late, were dropped, or were late when the run ended",
      NULL, true },
    { "jain", "Jain's index of fairness: 1 is even, 1/n is one VM with everything",
      "(sum x)^2 / (n sum x^2) with x = compute service over weight, of the VMs that had work "
      "during the whole window (Jain, Chiu, Hawe 1984). Given for windows of 100 ms times "
      "powers "
      "of two.",
      true },
    { "utilisation", "useful time of an engine over the measured time",
      "Utilisation, switching and idle time add up to the measured time exactly.", true },
    { "wasted", "time in which an engine idles although some VM has work", NULL, true },
    { "engine", "an independent queue of one GPU: compute, copy_in, copy_out, encode, decode",
      NULL, false },
    { "partition", "what owns resources: the whole GPU, or one MIG instance of it", NULL,
      false },
    { "slice", "one VM's uninterrupted stay on an engine", NULL, false },
    { "quantum", "the slice length that a policy grants", NULL, false },
    { "profile", "a vGPU type (L40S-8Q), a MIG profile (1g.10gb), or an explicit share", NULL,
      false },
    { "workload", "one in-order stream of jobs of a VM: an arrival process and a job template",
      NULL, false },
    { "job", "a frame, a request, a batch: a sequence of phases, each on an engine or the host",
      NULL, false },
    { "demand", "time that a phase needs alone on the idle, whole device", NULL, false },
    { "dry", "a VM is dry on an engine when no job of it has its next phase there now", NULL,
      false },
    { "frame_limiter", "frames of a vGPU begin at least 1/limit apart",
      "Under best_effort only. Frames are the jobs of workloads with frames: yes. One that is "
      "held up waits in its workload's "
      "queue. The limit is that of the vGPU type, or frame_limit.",
      false },
    { "rm_pvmrl", "the vendor's registry value for the policy of vGPUs, as 0x3c3c0011",
      "vgpusim explain 0x3c3c0011 decodes one; policy: {rm_pvmrl: 0x3c3c0011} uses it.",
      false },
    { "vgpu_sizes", "whether vGPUs of several sizes may be on a GPU",
      "one: all are of one size; mixed: each lies at a place that the vendor's table gives its "
      "size; auto: mixed if VMs need it, and device and policy allow it.",
      false },
    { "placement", "which GPU and partition an arriving VM gets",
      "Among the partitions that it fits, the one with the fewest VMs present; the first of "
      "those.",
      false },
};

const size_t word_count = ARRAY_LEN(words);
