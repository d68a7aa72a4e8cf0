# model_b_simpy.py [SECONDS [SEED]] - bench model B (tests/bench/model_b.yaml) on SimPy: a process
# for each VM's arrivals and one for the GPU.
import random
import sys
from collections import deque

import simpy

VMS = 16
GAP_MS = 100.0
DEMAND_MS = 5.0
SLICE_MS = 2.0
SWITCH_MS = 0.1


class Gpu:
    def __init__(self, env):
        self.env = env
        self.queues = [deque() for _ in range(VMS)]  # [arrival, remaining] of each VM's jobs.
        self.ready = deque()  # VMs that wait for a slice.
        self.running = None
        self.work = env.event()  # Succeeds when an idle GPU has something to do.
        self.slices = 0
        self.jobs = 0
        self.latency_ms = 0.0

    def submit(self, vm, demand_ms):
        if not self.queues[vm] and vm != self.running:
            self.ready.append(vm)
            if not self.work.triggered:
                self.work.succeed()
        self.queues[vm].append([self.env.now, demand_ms])

    def one_slice(self, vm):
        env = self.env
        queue = self.queues[vm]
        end = env.now + SLICE_MS
        self.slices += 1
        while queue:
            job = queue[0]
            left = end - env.now
            if job[1] > left:
                yield env.timeout(left)
                job[1] -= left
                self.ready.append(vm)
                return
            yield env.timeout(job[1])
            self.jobs += 1
            self.latency_ms += env.now - job[0]
            queue.popleft()

    def run(self):
        last = None
        while True:
            while not self.ready:
                self.work = self.env.event()
                yield self.work
            vm = self.ready.popleft()
            self.running = vm
            if last is not None and vm != last:
                yield self.env.timeout(SWITCH_MS)
            last = vm
            yield from self.one_slice(vm)
            self.running = None


def source(env, gpu, vm, chance):
    while True:
        yield env.timeout(chance.expovariate(1 / GAP_MS))
        gpu.submit(vm, chance.expovariate(1 / DEMAND_MS))


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 6000.0
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    env = simpy.Environment()
    gpu = Gpu(env)
    for vm in range(VMS):
        env.process(source(env, gpu, vm, chance))
    env.process(gpu.run())
    env.run(until=seconds * 1000)
    print("jobs %d  mean %.3f ms  slices a job %.4f"
          % (gpu.jobs, gpu.latency_ms / gpu.jobs, gpu.slices / gpu.jobs))


main()
