#include "run/plain_state.h"

/* The turns of one round: each VM with work has one. */
struct round {
    uint32_t count;
    nsec length_ns;
    nsec rounds;    /* Whole ones that pass before a job ends, or time is up, */
    uint32_t turns; /* and turns of the next one. */
};

/* Switching to a VM's turn from the one before. A VM alone is not switched. */
static const struct slicer_switch *cost_of(const struct plain *p, const struct round *round,
                                           uint32_t before)
{
    static const struct slicer_switch nothing = { 0, 0 };

    return round->count > 1 ? &p->switches[before + 1] : &nothing;
}

static nsec run_of(const struct plain *p, uint32_t vm, const struct slicer_switch *cost)
{
    nsec run = p->quanta_ns[vm] - cost->restore_ns;

    return run > 0 ? run : 0;
}

static void measure(const struct plain *p, struct round *round, nsec span_ns)
{
    const struct rotation *ready = &p->ready;
    uint32_t before = rotation_at(ready, round->count - 1);

    for (uint32_t i = 0; i < round->count; i++) {
        const struct slicer_switch *cost = cost_of(p, round, before);
        before = rotation_at(ready, i);
        round->length_ns += run_of(p, before, cost) + cost->cost_ns;
    }
    round->rounds = round->length_ns > 0 ? span_ns / round->length_ns : 0;
    for (uint32_t i = 0; i < round->count && round->rounds > 0; i++) {
        nsec run = run_of(p, rotation_at(ready, i), cost_of(p, round, before));
        nsec most = p->lanes[rotation_at(ready, i)].remaining_ns - 1;
        before = rotation_at(ready, i);
        if (round->rounds * run > most) { /* No overflow: it is less than the span. */
            round->rounds = most > 0 ? most / run : 0;
        }
    }
}

/* A VM's turns are over, of which the first began at first_ns. */
static void use(struct plain *p, uint32_t vm, nsec times, nsec first_ns,
                const struct slicer_switch *cost)
{
    struct plain_lane *lane = &p->lanes[vm];
    nsec run = times * run_of(p, vm, cost);

    if (run > 0 && lane->start_ns == NSEC_MAX) {
        lane->start_ns = first_ns + cost->cost_ns;
    }
    lane->remaining_ns -= run;
    lane->switch_ns += times * cost->cost_ns;
    p->service_ns[vm] += run;
    p->totals.busy_ns += run;
    p->totals.switch_ns += times * cost->cost_ns;
}

/* The rounds pass, and of the next one the turns in which no job ends. Returns when that is. */
static nsec pass(struct plain *p, struct round *round, nsec latest_ns, nsec now)
{
    const struct rotation *ready = &p->ready;
    uint32_t before = rotation_at(ready, round->count - 1);
    nsec first = now;
    nsec end = now + round->rounds * round->length_ns;
    bool passes = true;

    for (uint32_t i = 0; i < round->count; i++) {
        uint32_t vm = rotation_at(ready, i);
        const struct slicer_switch *cost = cost_of(p, round, before);
        nsec run = run_of(p, vm, cost);
        nsec span = run + cost->cost_ns;
        passes = passes && end + span <= latest_ns &&
                 (round->rounds + 1) * run < p->lanes[vm].remaining_ns;
        use(p, vm, round->rounds + passes, first, cost);
        first += span;
        end += passes ? span : 0;
        round->turns += passes;
        before = vm;
    }
    return end;
}

nsec plain_skip(struct plain *p, nsec now)
{
    nsec first = soonest_time(&p->arrivals);
    nsec latest_ns = (first < p->edge_ns ? first : p->edge_ns) - 1;
    struct rotation *ready = &p->ready;
    struct round round = { .count = rotation_count(ready) };

    /* Rounds are alike only if the VM that ran last is the last, as it mostly is. */
    if (p->hears_stays || rotation_at(ready, round.count - 1) != p->resident ||
        (p->turns->keeps && round.count == 1)) {
        return now;
    }
    measure(p, &round, latest_ns - now);
    nsec end = pass(p, &round, latest_ns, now);
    uint64_t turns = (uint64_t)round.rounds * round.count + round.turns;
    if (turns == 0) {
        return now;
    }

    p->totals.stays += turns;
    p->totals.switches += round.count > 1 ? turns : 0;
    for (uint32_t i = 0; i < round.turns; i++) {
        rotation_put_last(ready, rotation_take_first(ready));
    }
    p->resident = p->turns->last = rotation_at(ready, round.count - 1);
    p->turns->expires_ns = end; /* Of its slice nothing is left. */
    return end;
}
