#include "run/skip.h"

#include "run/inside.h"

/* For fewer turns the usual way is as quick (docs/performance.md). */
enum { TURNS_LEAST = 12, TURNS_MANY = 64 };

/* One of the turns ahead. */
struct skip_turn {
    struct flight *head; /* Of the VM that runs; NULL: the engine idles. */
    uint32_t vm;
    struct slicer_switch *cost; /* Of switching it in; NULL: it is alone. */
    nsec run_ns;                /* What the VM runs, */
    nsec span_ns;               /* and what the turn takes. */
};

/* The turns ahead: how long they last, and how many of them pass before something happens. */
struct ahead {
    nsec now;
    nsec latest; /* The last instant at which a choice may come. */
    uint32_t count;
    bool whole; /* The turns are a round, after which the next begins. */
    nsec round_ns;
    nsec rounds;     /* Whole rounds that pass, */
    uint32_t single; /* and turns of the next one. */
};

void skip_init(struct run *run, struct slicer *s)
{
    size_t most = 2 * (size_t)run->vm_count + 1;

    s->skip_span = MOMENT_NEVER;
    if (s->policy.ops->round && !run->has_pieces && s->policy.quantum_ns < SEC) {
        s->skip_span = moment_at(TURNS_LEAST * s->policy.quantum_ns, MOMENT_END);
        s->told = arena_take(&run->arena, most, sizeof(s->told[0]));
        s->turns = arena_take(&run->arena, most, sizeof(s->turns[0]));
    }
}

/* Works out what the turns that the policy told run and take, switches as in stay_start, up to
   one whose switch would not be over in time. Rounds are alike if the VM that ran last, which
   has work, is that of the last turn. */
static void foresee(struct slicer *s, struct ahead *a)
{
    uint32_t resident = s->resident;
    uint32_t i;

    for (i = 0; i < a->count; i++) {
        const struct turn *told = &s->told[i];
        struct skip_turn *turn = &s->turns[i];
        turn->head = told->vm_index != VM_NONE ? s->lanes[told->vm_index].head : NULL;
        turn->span_ns = told->span_ns;
        if (turn->head) {
            turn->vm = told->vm_index;
            turn->cost = turn->vm != resident ? &s->switches[resident + 1] : NULL;
            nsec cost_ns = turn->cost ? turn->cost->cost_ns : 0;
            nsec most = told->span_ns - cost_ns;
            nsec run = told->length_ns - (turn->cost ? turn->cost->restore_ns : 0);
            if (most < 0) {
                break;
            }
            run = run > 0 ? run : 0;
            turn->run_ns = run < most ? run : most;
            turn->span_ns = cost_ns + turn->run_ns;
            resident = turn->vm;
        }
        a->round_ns += turn->span_ns;
    }
    a->whole = a->whole && i == a->count && resident == s->resident && a->round_ns > 0;
    a->count = i;
}

/* How many whole rounds pass before some phase ends in its turn. */
static void count_rounds(const struct slicer *s, struct ahead *a)
{
    nsec rounds = a->whole ? (a->latest - a->now) / a->round_ns : 0;

    for (uint32_t i = 0; i < a->count && rounds > 0; i++) {
        const struct skip_turn *turn = &s->turns[i];
        if (turn->head && rounds * turn->run_ns >= turn->head->remaining_ns) {
            nsec most = turn->head->remaining_ns - 1; /* -1: a phase that takes no time. */
            rounds = most > 0 ? most / turn->run_ns : 0;
        }
    }
    a->rounds = rounds;
}

/* The turns of a VM that pass are over; the first of them began at first_ns. */
static void use_turn(struct slicer *s, const struct skip_turn *turn, nsec times, nsec first_ns)
{
    struct flight *head = turn->head;
    nsec ran = times * turn->run_ns;

    if (turn->cost) {
        first_ns += turn->cost->cost_ns;
        head->switch_ns += times * turn->cost->cost_ns;
        s->totals.switches += (uint64_t)times;
        s->totals.switch_ns += times * turn->cost->cost_ns;
    }
    if (ran > 0 && head->start_ns > first_ns) {
        head->start_ns = first_ns;
    }
    head->remaining_ns -= ran;
    s->service_ns[turn->vm] += ran;
    s->totals.busy_ns += ran;
    s->totals.stays += (uint64_t)times;
}

/* Lets the rounds pass, and of the next one the turns in which no phase ends. Returns when they
   are over. */
static nsec pass(struct slicer *s, struct ahead *a)
{
    nsec start = a->now + a->rounds * a->round_ns; /* Of the turn in the next round. */
    nsec end = start;
    nsec first = a->now; /* The same in the first round. */
    bool passes = true;

    for (uint32_t i = 0; i < a->count && (passes || a->rounds > 0); i++) {
        const struct skip_turn *turn = &s->turns[i];
        passes = passes && start + turn->span_ns <= a->latest &&
                 (!turn->head || (a->rounds + 1) * turn->run_ns < turn->head->remaining_ns);
        nsec times = a->rounds + passes;
        if (!turn->head) {
            s->totals.wasted_ns += times * turn->span_ns;
        } else if (times > 0) {
            use_turn(s, turn, times, first);
            s->resident = passes ? turn->vm : s->resident;
        }
        start += turn->span_ns;
        first += turn->span_ns;
        a->single += passes;
        end = passes ? start : end;
    }
    return end;
}

nsec skip_turns(struct run *run, struct slicer *s, moment bound, nsec now)
{
    const struct policy_ops *ops = s->policy.ops;
    struct ahead a = { .now = now, .latest = moment_time(bound - 1 - MOMENT_CHOICE) };

    if (run->listeners.stayed.count > 0 || s->resident == VM_NONE ||
        !s->lanes[s->resident].head) {
        return now;
    }
    uint32_t limit = 2 * run->vm_count + 1;
    if (limit > TURNS_MANY) { /* Among many VMs, no more turns than there is time for. */
        nsec foreseeable = (a.latest - now) / s->policy.quantum_ns + 1;
        limit = foreseeable < limit ? (uint32_t)foreseeable : limit;
    }
    a.count = ops->round(&s->policy, s->told, limit, now);
    a.whole = a.count <= limit;
    a.count = a.whole ? a.count : limit;
    foresee(s, &a);
    count_rounds(s, &a);
    nsec end = pass(s, &a);
    if (end > now && ops->skip) {
        ops->skip(&s->policy, (uint64_t)a.rounds * a.count + a.single);
    }
    return end;
}
