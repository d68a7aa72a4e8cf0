/*
 * model_b_ns3.cpp - model_b_ns3 [SECONDS [SEED]]: bench model B (tests/bench/model_b.yaml) on the
 * core of ns-3: an event for each arrival, and for each end of a job, a slice or a switch.
 */
#include <ns3/simulator.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>

using ns3::NanoSeconds;
using ns3::Simulator;

namespace
{

const int VMS = 16;
const double GAP_NS = 100e6;
const double DEMAND_NS = 5e6;
const int64_t SLICE_NS = 2000000;
const int64_t SWITCH_NS = 100000;

struct job {
    int64_t arrival;
    int64_t remaining;
};

class Model
{
  public:
    explicit Model(uint64_t seed) : chance(seed)
    {
        for (int vm = 0; vm < VMS; vm++) {
            Simulator::Schedule(NanoSeconds(exponential(GAP_NS)), &Model::arrive, this, vm);
        }
    }

    unsigned long slices = 0;
    unsigned long jobs = 0;
    double latency_ns = 0;

  private:
    std::mt19937_64 chance;
    std::deque<job> queues[VMS];
    std::deque<int> ready; /* VMs that wait for a slice. */
    int running = -1;
    int last = -1;
    int64_t slice_end = 0;

    int64_t exponential(double mean_ns)
    {
        return std::llround(std::exponential_distribution<double>(1 / mean_ns)(chance));
    }

    static int64_t now()
    {
        return Simulator::Now().GetNanoSeconds();
    }

    void arrive(int vm)
    {
        bool is_new = queues[vm].empty() && vm != running;

        queues[vm].push_back({ now(), exponential(DEMAND_NS) });
        Simulator::Schedule(NanoSeconds(exponential(GAP_NS)), &Model::arrive, this, vm);
        if (is_new) {
            ready.push_back(vm);
            if (running < 0) {
                choose();
            }
        }
    }

    void choose()
    {
        running = -1;
        if (ready.empty()) {
            return;
        }
        running = ready.front();
        ready.pop_front();
        bool switches = last >= 0 && last != running;
        last = running;
        if (switches) {
            Simulator::Schedule(NanoSeconds(SWITCH_NS), &Model::begin, this);
        } else {
            begin();
        }
    }

    void begin()
    {
        slices++;
        slice_end = now() + SLICE_NS;
        go_on();
    }

    /* The head of the queue, until it ends or the slice does. */
    void go_on()
    {
        job &own = queues[running].front();
        int64_t left = slice_end - now();

        if (own.remaining > left) {
            own.remaining -= left;
            Simulator::Schedule(NanoSeconds(left), &Model::expire, this);
        } else {
            Simulator::Schedule(NanoSeconds(own.remaining), &Model::finish, this);
        }
    }

    void expire()
    {
        ready.push_back(running);
        choose();
    }

    void finish()
    {
        std::deque<job> &queue = queues[running];

        jobs++;
        latency_ns += static_cast<double>(now() - queue.front().arrival);
        queue.pop_front();
        if (queue.empty()) {
            choose();
        } else {
            go_on();
        }
    }
};

} // namespace

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? std::atof(argv[1]) : 6000;
    Model m(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);

    Simulator::Stop(ns3::Seconds(seconds));
    Simulator::Run();
    Simulator::Destroy();
    std::printf("jobs %lu  mean %.3f ms  slices a job %.4f\n", m.jobs,
                m.latency_ns / static_cast<double>(m.jobs) / 1e6,
                static_cast<double>(m.slices) / static_cast<double>(m.jobs));
    return 0;
}
