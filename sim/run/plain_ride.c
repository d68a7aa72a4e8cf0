#include "run/plain_turn.h"

/* So many VMs at most take their turns on the carousel, where whoever joins or leaves moves the
   others, and who is next to end a job is searched among all. */
enum { RIDERS_MOST = 64 };

/* When fewer turns pass between two things that happen, they leave it (docs/performance.md). */
enum { TURNS_LEAST = 2 };

bool plain_may_ride(const struct plain *p)
{
    uint32_t count = rotation_count(&p->ready);

    if (!p->is_even || p->hears_stays || p->resident == VM_NONE || count > RIDERS_MOST / 2) {
        return false;
    }
    return !p->turns->keeps || (count > 1 && rotation_at(&p->ready, 0) != p->turns->last);
}

static void load(struct plain *p)
{
    for (uint32_t i = 0; i < rotation_count(&p->ready); i++) {
        uint32_t vm = rotation_at(&p->ready, i);
        const struct plain_lane *lane = &p->lanes[vm];
        carousel_put(&p->carousel, vm, lane->remaining_ns, lane->start_ns == NSEC_MAX);
    }
    p->rides = true;
}

/* A VM has had so many turns of which its state does not know. */
STAY_INLINE void settle(struct plain *p, uint32_t vm, nsec turns, nsec run_ns, nsec cost_ns)
{
    struct plain_lane *lane = &p->lanes[vm];

    lane->remaining_ns -= turns * run_ns;
    lane->switch_ns += turns * cost_ns;
    p->service_ns[vm] += turns * run_ns;
}

void plain_settle(struct plain *p)
{
    struct carousel *c = &p->carousel;
    bool is_running = p->turn.vm != VM_NONE;

    p->ready.head = p->ready.tail = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t at = c->at + i < c->count ? c->at + i : c->at + i - c->count;
        struct seat *seat = &c->seats[at];
        nsec turns = carousel_had(c, at);
        settle(p, seat->vm, turns, c->run_ns, c->span_ns - c->run_ns);
        seat->base_lap += turns;
        if (i > 0 || !is_running) {
            rotation_put_last(&p->ready, seat->vm);
        }
    }
}

static void unload(struct plain *p)
{
    struct carousel *c = &p->carousel;

    plain_settle(p);
    c->count = c->at = 0;
    c->fresh.head = c->fresh.tail = 0;
    p->rides = false;
}

/* Whether the next turn of the first VM is like any other: it is switched to, at the cost that
   is usual. */
STAY_INLINE bool is_usual(const struct plain *p)
{
    return p->carousel.seats[p->carousel.at].vm != p->resident &&
           (p->idle_is_even || p->lanes[p->resident].remaining_ns >= 0);
}

/* So many turns pass from `now` on, in which some jobs run for the first time. */
STAY_INLINE void pass(struct plain *p, nsec turns, nsec now)
{
    struct carousel *c = &p->carousel;
    nsec next = c->turn + turns;
    nsec cost = c->span_ns - c->run_ns;

    while (!rotation_is_empty(&c->fresh)) {
        uint32_t vm = rotation_at(&c->fresh, 0);
        if (c->first_turns[vm] >= next) {
            break;
        }
        p->lanes[vm].start_ns = now + (c->first_turns[vm] - c->turn) * c->span_ns + cost;
        rotation_take_first(&c->fresh);
    }
    carousel_pass(c, turns);
    p->totals.stays += (uint64_t)turns;
    p->totals.switches += (uint64_t)turns;
    p->totals.switch_ns += turns * cost;
    p->totals.busy_ns += turns * c->run_ns;
}

/* Jobs that arrive up to and including until_ns, before the edge, as long as their VMs are on
   the carousel. Returns when the next arrives. */
STAY_INLINE nsec admit_waiting(struct plain *p, nsec until_ns)
{
    nsec first = soonest_time(&p->arrivals);

    while (first <= until_ns && first < p->edge_ns &&
           p->lanes[soonest_index(&p->arrivals)].remaining_ns >= 0) {
        plain_arrive(p, soonest_index(&p->arrivals), first);
        first = soonest_time(&p->arrivals);
    }
    return first;
}

/* Turns pass in which no job ends, with the arrivals in them. Returns when the next choice is;
   it begins a turn in which a job ends, or beyond which the edge is. */
static nsec pass_turns(struct plain *p, nsec now)
{
    struct carousel *c = &p->carousel;
    nsec turns_before = c->turn;
    nsec start;

    for (;;) {
        start = now + carousel_turns(c) * c->span_ns;
        nsec first = admit_waiting(p, start);
        if (first > start || first >= p->edge_ns) {
            break;
        }
        nsec turns = (first - 1 - now) / c->span_ns;
        nsec end = now + (turns + 1) * c->span_ns;
        if (end >= p->edge_ns) {
            start = end;
            break;
        }
        pass(p, turns, now);
        plain_admit(p, end);
        pass(p, 1, end - c->span_ns);
        now = end;
    }
    nsec latest = start < p->edge_ns ? start : p->edge_ns - 1;
    nsec turns = (latest - now) / c->span_ns;
    pass(p, turns, now);
    p->resident = c->turn > turns_before ? carousel_before(c) : p->resident;
    return now + turns * c->span_ns;
}

/* A VM that is alone is not switched: the same for its turns. */
static nsec pass_alone(struct plain *p, nsec now)
{
    struct carousel *c = &p->carousel;
    struct seat *seat = &c->seats[0];
    struct plain_lane *lane = &p->lanes[seat->vm];
    nsec quantum = p->quanta_ns[seat->vm];

    settle(p, seat->vm, c->lap - seat->base_lap, c->run_ns, c->span_ns - c->run_ns);
    seat->base_lap = c->lap;
    nsec first = soonest_time(&p->arrivals);
    nsec latest = (first < p->edge_ns ? first : p->edge_ns) - 1;
    nsec last = now + lane->remaining_ns - 1;
    nsec turns = ((last < latest ? last : latest) - now) / quantum;

    if (turns <= 0) {
        return now;
    }
    lane->start_ns = lane->start_ns < now ? lane->start_ns : now;
    settle(p, seat->vm, turns, quantum, 0);
    p->totals.busy_ns += turns * quantum;
    p->totals.stays += (uint64_t)turns;
    c->turn += turns;
    return now + turns * quantum;
}

/* The turn of the VM at `at`, from the choice on. False: the edge comes first. */
STAY_INLINE bool take_turn(struct plain *p, nsec *now, bool keeps)
{
    struct carousel *c = &p->carousel;
    struct seat *seat = &c->seats[c->at];
    uint32_t vm = seat->vm;

    settle(p, vm, c->lap - seat->base_lap, c->run_ns, c->span_ns - c->run_ns);
    seat->base_lap = c->lap;
    if (!rotation_is_empty(&c->fresh) && rotation_at(&c->fresh, 0) == vm) {
        rotation_take_first(&c->fresh);
    }
    if (keeps) {
        p->turns->expired = false;
        p->turns->last = vm;
    }
    struct plain_turn turn = plain_begin_turn(p, vm, p->quanta_ns[vm], *now, keeps);
    return plain_finish_turn(p, &turn, now, keeps);
}

STAY_INLINE bool ride(struct plain *p, nsec *now, bool keeps)
{
    const struct carousel *c = &p->carousel;
    uint32_t least = keeps ? 2 : 1;
    bool goes_on = true;
    bool is_calm = true;

    while (goes_on && is_calm && c->count >= least && c->count <= RIDERS_MOST) {
        nsec before = c->turn;
        if (c->count > 1 && is_usual(p)) {
            *now = pass_turns(p, *now);
            is_calm = c->turn - before >= TURNS_LEAST;
        } else if (c->count == 1 && c->seats[0].vm == p->resident) {
            *now = pass_alone(p, *now);
            is_calm = c->turn - before >= TURNS_LEAST;
        }
        goes_on = take_turn(p, now, keeps);
    }
    return goes_on;
}

bool plain_ride(struct plain *p, nsec *now)
{
    load(p);
    bool goes_on = p->turns->keeps ? ride(p, now, true) : ride(p, now, false);
    if (goes_on) {
        p->turn.vm = VM_NONE;
    }
    unload(p);
    return goes_on;
}
