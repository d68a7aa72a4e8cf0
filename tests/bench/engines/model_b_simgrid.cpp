/*
 * model_b_simgrid.cpp - model_b_simgrid [SECONDS [SEED]]: bench model B (tests/bench/model_b.yaml)
 * on SimGrid: an actor for each VM's arrivals and one for the GPU. Time passes by sleeping,
 * which costs SimGrid least.
 */
#include <simgrid/s4u.hpp>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>

namespace sg4 = simgrid::s4u;

namespace
{

const int VMS = 16;
const double GAP_S = 0.1;
const double DEMAND_S = 0.005;
const double SLICE_S = 0.002;
const double SWITCH_S = 0.0001;

struct job {
    double arrival;
    double remaining;
};

struct model {
    std::mt19937_64 chance;
    double seconds;
    std::deque<job> queues[VMS];
    std::deque<int> ready; /* VMs that wait for a slice. */
    int running = -1;
    sg4::SemaphorePtr work = sg4::Semaphore::create(0);
    bool is_idle = false;
    unsigned long slices = 0;
    unsigned long jobs = 0;
    double latency = 0;
};

double exponential(model &m, double mean)
{
    return std::exponential_distribution<double>(1 / mean)(m.chance);
}

void source(model &m, int vm)
{
    for (;;) {
        sg4::this_actor::sleep_for(exponential(m, GAP_S));
        double now = sg4::Engine::get_clock();
        if (now >= m.seconds) {
            return;
        }
        bool is_new = m.queues[vm].empty() && vm != m.running;
        m.queues[vm].push_back({ now, exponential(m, DEMAND_S) });
        if (is_new) {
            m.ready.push_back(vm);
            if (m.is_idle) {
                m.is_idle = false;
                m.work->release(); /* The other actor may run at once. */
            }
        }
    }
}

void one_slice(model &m, int vm)
{
    double end = sg4::Engine::get_clock() + SLICE_S;

    m.slices++;
    while (!m.queues[vm].empty()) {
        job &own = m.queues[vm].front();
        double left = end - sg4::Engine::get_clock();
        if (own.remaining > left) {
            own.remaining -= left;
            sg4::this_actor::sleep_for(left);
            m.ready.push_back(vm);
            return;
        }
        sg4::this_actor::sleep_for(own.remaining);
        m.jobs++;
        m.latency += sg4::Engine::get_clock() - own.arrival;
        m.queues[vm].pop_front();
    }
}

void gpu(model &m)
{
    int last = -1;

    while (sg4::Engine::get_clock() < m.seconds) {
        if (m.ready.empty()) {
            m.is_idle = true;
            m.work->acquire();
        }
        int vm = m.ready.front();
        m.ready.pop_front();
        m.running = vm;
        if (last >= 0 && vm != last) {
            sg4::this_actor::sleep_for(SWITCH_S);
        }
        last = vm;
        one_slice(m, vm);
        m.running = -1;
    }
}

} // namespace

int main(int argc, char **argv)
{
    sg4::Engine engine(&argc, argv);
    sg4::NetZone *zone = sg4::create_full_zone("zone");
    sg4::Host *host = zone->create_host("host", 1e9);
    model m;

    zone->seal();
    m.seconds = argc > 1 ? std::atof(argv[1]) : 6000;
    m.chance.seed(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
    for (int vm = 0; vm < VMS; vm++) {
        sg4::Actor::create("source", host, [&m, vm] { source(m, vm); });
    }
    /* A daemon: it does not keep the simulation going when the arrivals are over. */
    sg4::Actor::create("gpu", host, [&m] { gpu(m); })->daemonize();
    engine.run();
    std::printf("jobs %lu  mean %.3f ms  slices a job %.4f\n", m.jobs,
                m.latency / static_cast<double>(m.jobs) * 1e3,
                static_cast<double>(m.slices) / static_cast<double>(m.jobs));
    return 0;
}
