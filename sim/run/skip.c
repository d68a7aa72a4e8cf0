#include "run/skip.h"

#include "base/assert.h"
#include "run/inside.h"

/* Fewer turns than this are not worth the look (docs/performance.md). */
enum { TURNS_LEAST = 6 };

/* What has been skipped so far. */
struct skip {
    nsec now;
    nsec latest; /* The last instant at which a choice may come. */
    uint64_t turns;
};

/* One turn in which its VM uses all that it may, at an instant. */
struct outcome {
    struct slicer_switch *cost; /* NULL: no switch. */
    nsec slice_start_ns;        /* Switch-in; without a switch, the pick. */
    nsec run_start_ns;
    nsec end_ns;
};

void skip_init(struct run *run, struct slicer *s)
{
    const struct policy_ops *ops = s->policy.ops;

    s->skip_span = MOMENT_NEVER;
    if (ops->round && !run->has_pieces && s->policy.quantum_ns < SEC) {
        s->skip_span = moment_at(TURNS_LEAST * s->policy.quantum_ns, MOMENT_END);
        s->turns = arena_take(&run->arena, 2 * (size_t)run->vm_count + 1, sizeof(s->turns[0]));
    }
}

static bool is_idle(const struct slicer *s, const struct turn *turn)
{
    return !turn->vm || !s->lanes[turn->vm->index].head;
}

/* As stay_start would have it. False: its switch would not be over in time. */
static bool foresee(struct slicer *s, const struct turn *turn, uint32_t resident, nsec now,
                    struct outcome *ret)
{
    nsec end_ns = turn->span_ns < NSEC_MAX - now ? now + turn->span_ns : NSEC_MAX;

    *ret = (struct outcome){ .slice_start_ns = now, .run_start_ns = now };
    if (resident != turn->vm->index && resident != VM_NONE) {
        ret->cost = &s->switches[s->lanes[resident].head != NULL];
        ret->run_start_ns += ret->cost->cost_ns;
        ret->slice_start_ns = ret->run_start_ns - ret->cost->restore_ns;
    }
    if (ret->run_start_ns > end_ns) {
        return false;
    }
    nsec length_ns = turn->length_ns;
    nsec slice_end = length_ns < NSEC_MAX - now ? ret->slice_start_ns + length_ns : NSEC_MAX;
    slice_end = slice_end > ret->run_start_ns ? slice_end : ret->run_start_ns;
    ret->end_ns = slice_end < end_ns ? slice_end : end_ns;
    return true;
}

/* Does a turn `times` times, first as foreseen, the others with the same use. */
static void apply(struct slicer *s, const struct turn *turn, const struct outcome *out,
                  nsec times)
{
    struct lane *lane = &s->lanes[turn->vm->index];
    struct flight *head = lane->head;
    nsec ran = out->end_ns - out->run_start_ns;

    if (ran > 0 && head->start_ns > out->run_start_ns) {
        head->start_ns = out->run_start_ns;
    }
    head->remaining_ns -= times * ran;
    s->service_ns[turn->vm->index] += times * ran;
    s->totals.busy_ns += times * ran;
    s->totals.stays += (uint64_t)times;
    if (out->cost) {
        head->switch_ns += times * out->cost->cost_ns;
        out->cost->count += (uint64_t)times;
    }
}

/* Turns one by one, at most `count`; false: the next is one in which something happens. */
static bool skip_singly(struct slicer *s, uint32_t count, struct skip *skip)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct turn *turn = &s->turns[i];
        struct outcome out = { 0 };
        if (is_idle(s, turn)) {
            if (turn->span_ns > skip->latest - skip->now) {
                return false;
            }
            s->totals.wasted_ns += turn->span_ns;
            skip->now += turn->span_ns;
            skip->turns++;
            continue;
        }
        const struct flight *head = s->lanes[turn->vm->index].head;
        if (!foresee(s, turn, s->resident, skip->now, &out) || out.end_ns > skip->latest ||
            head->remaining_ns <= out.end_ns - out.run_start_ns) {
            return false;
        }
        apply(s, turn, &out, 1);
        if (s->resident != turn->vm->index) {
            s->resident = turn->vm->index;
            s->used.switched_in_ns = out.slice_start_ns;
        }
        s->used.ran_ns = out.end_ns - out.run_start_ns;
        skip->now = out.end_ns;
        skip->turns++;
    }
    return true;
}

/* Whether each round will be as the last: the VM that ran last is that of the last turn. */
static bool is_steady(const struct slicer *s, uint32_t count)
{
    while (count > 0 && is_idle(s, &s->turns[count - 1])) {
        count--;
    }
    return count > 0 && s->resident == s->turns[count - 1].vm->index;
}

/* How many rounds fit before something happens, and how long one is. 0: none. */
static nsec rounds_that_fit(struct slicer *s, uint32_t count, const struct skip *skip,
                            nsec *ret_round_ns)
{
    uint32_t resident = s->resident;
    nsec at = skip->now;
    nsec rounds = INT64_MAX;

    for (uint32_t i = 0; i < count && at <= skip->latest; i++) {
        const struct turn *turn = &s->turns[i];
        struct outcome out = { .end_ns = at + turn->span_ns };
        if (!is_idle(s, turn)) {
            if (!foresee(s, turn, resident, at, &out)) {
                rounds = 0;
                break;
            }
            nsec ran = out.end_ns - out.run_start_ns;
            nsec most = s->lanes[turn->vm->index].head->remaining_ns - 1;
            if (ran > 0 && most / ran < rounds) {
                rounds = most / ran;
            }
            resident = turn->vm->index;
        }
        at = out.end_ns;
    }
    if (at > skip->latest) {
        return 0;
    }
    *ret_round_ns = at - skip->now;
    nsec in_time = (skip->latest - skip->now) / *ret_round_ns;
    return rounds < in_time ? rounds : in_time;
}

static void skip_rounds(struct slicer *s, uint32_t count, struct skip *skip)
{
    nsec round_ns = 0;
    nsec rounds = rounds_that_fit(s, count, skip, &round_ns);

    if (rounds < 2) {
        return; /* One by one is as good. */
    }
    nsec at = skip->now;
    for (uint32_t i = 0; i < count; i++) {
        const struct turn *turn = &s->turns[i];
        struct outcome out = { 0 };
        if (is_idle(s, turn)) {
            s->totals.wasted_ns += rounds * turn->span_ns;
            at += turn->span_ns;
            continue;
        }
        bool fits = foresee(s, turn, s->resident, at, &out);
        assert(fits);
        apply(s, turn, &out, rounds);
        if (s->resident != turn->vm->index) {
            s->resident = turn->vm->index;
            s->used.switched_in_ns = out.slice_start_ns + (rounds - 1) * round_ns;
        }
        s->used.ran_ns = out.end_ns - out.run_start_ns;
        at = out.end_ns;
    }
    skip->now += rounds * round_ns;
    skip->turns += (uint64_t)rounds * count;
}

nsec skip_turns(struct run *run, struct slicer *s, moment bound, nsec now)
{
    const struct policy_ops *ops = s->policy.ops;
    struct skip skip = { .now = now, .latest = moment_time(bound - 1 - MOMENT_CHOICE) };
    nsec foreseeable = (skip.latest - now) / s->policy.quantum_ns + 1;
    uint32_t limit = 2 * run->vm_count + 1;

    if (run->listeners.stayed.count > 0) {
        return now;
    }
    limit = foreseeable < limit ? (uint32_t)foreseeable : limit;
    uint32_t count = ops->round(&s->policy, s->turns, limit, now);
    if (count == 0) {
        return now;
    }
    if (count > limit) {
        skip_singly(s, limit, &skip);
    } else {
        do {
            if (is_steady(s, count)) {
                skip_rounds(s, count, &skip);
            }
        } while (skip_singly(s, count, &skip));
    }
    if (skip.turns > 0 && ops->skip) {
        s->used.lost_ns = 0;
        s->used.jobs_done = 0;
        s->used.still_ready = true;
        ops->skip(&s->policy, skip.turns, &s->used);
    }
    return skip.now;
}
