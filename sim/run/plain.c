#include "run/plain.h"

#include "base/assert.h"
#include "run/border.h"
#include "run/plain_turn.h"

static void set_edge(struct plain *p)
{
    p->edge_ns = p->until_ns < p->run->timer_ns ? p->until_ns : p->run->timer_ns;
}

void plain_admit_some(struct plain *p, nsec until_ns)
{
    do {
        plain_arrive(p, soonest_index(&p->arrivals), soonest_time(&p->arrivals));
    } while (soonest_time(&p->arrivals) <= until_ns);
}

/* What comes next comes at `at_ns`, not before the edge. If the edge is but a border between
   windows, and earlier, it is told, and the edge moves on to the next. False: it stays. */
bool plain_cross(struct plain *p, nsec at_ns)
{
    struct run *run = p->run;
    /* An arrival at the very border may cut a turn there, before the border. */
    bool may_cut = p->turns->keeps && soonest_time(&p->arrivals) == p->edge_ns;

    if (at_ns == p->edge_ns || p->edge_ns == p->until_ns || !run_is_mere_border(run) ||
        may_cut) {
        plain_admit(p, p->edge_ns - 1);
        return false;
    }
    plain_admit(p, p->edge_ns);
    if (p->rides) {
        plain_settle(p);
    }
    plain_show(p);
    border_tell(run, false, p->edge_ns);
    run->event_count++;
    run->next_border_ns += run->border_ns;
    run_set_timer(run);
    set_edge(p);
    return true;
}

void plain_tell_stay(struct plain *p, const struct plain_turn *turn, nsec now)
{
    struct stay stay = {
        .engine = ENGINE_COMPUTE,
        .vm = turn->vm,
        .switch_start_ns = turn->switch_start_ns,
        .run_start_ns = turn->run_start_ns,
        .run_end_ns = now,
    };

    stay_tell_as(p->run, p->slicer, &stay);
    p->hears_stays = p->run->listeners.stayed.count > 0;
}

/* An expired stay runs until another VM has work. Arrivals from limit_ns on have to wait. */
void plain_find_cut(struct plain *p, struct plain_turn *turn, nsec limit_ns)
{
    while (rotation_is_empty(&p->ready) && soonest_time(&p->arrivals) < limit_ns) {
        turn->slice_end_ns = soonest_time(&p->arrivals);
        plain_arrive(p, soonest_index(&p->arrivals), soonest_time(&p->arrivals));
    }
    if (rotation_is_empty(&p->ready)) {
        turn->slice_end_ns = NSEC_MAX;
    }
}

/* Whose turn it is where slices are kept, as turns_pick chooses, and for how long; NSEC_MAX:
   until another VM has work. */
static uint32_t pick_keeping(struct plain *p, nsec now, nsec *length_ns)
{
    struct turns *t = p->turns;
    uint32_t vm = rotation_take_first(&p->ready);
    bool is_over = vm == t->last && now >= t->expires_ns;

    if (is_over && !rotation_is_empty(&p->ready)) {
        rotation_put_last(&p->ready, vm);
        vm = rotation_take_first(&p->ready);
        is_over = false;
    }
    t->expired = is_over;
    *length_ns = is_over ? NSEC_MAX : vm == t->last ? t->expires_ns - now : t->quanta_ns[vm];
    t->granted_ns = t->quanta_ns[vm];
    t->last = vm;
    return vm;
}

/* Nobody has work: on to the next arrival. False: the edge comes first. */
static bool await(struct plain *p, nsec *now)
{
    nsec first = soonest_time(&p->arrivals);

    p->turn.vm = VM_NONE;
    while (first >= p->edge_ns) {
        if (!plain_cross(p, first)) {
            return false;
        }
    }
    *now = first;
    plain_admit(p, first);
    return true;
}

/* Whether many turns fit in before the next arrival and the edge. */
STAY_INLINE bool is_calm(const struct plain *p, nsec now)
{
    return soonest_time(&p->arrivals) - now > p->skip_span_ns &&
           p->edge_ns - now > p->skip_span_ns;
}

/* A turn, from the choice on. False: the edge comes first. */
STAY_INLINE bool take_turn(struct plain *p, nsec *now, bool keeps)
{
    nsec length = 0;
    uint32_t vm = keeps ? pick_keeping(p, *now, &length) : rotation_take_first(&p->ready);
    struct plain_turn turn =
        plain_begin_turn(p, vm, keeps ? length : p->quanta_ns[vm], *now, keeps);

    return plain_finish_turn(p, &turn, now, keeps);
}

STAY_INLINE void advance(struct plain *p, nsec now, bool keeps)
{
    struct plain_turn turn = p->turn;
    bool goes_on = true;

    if (turn.vm != VM_NONE) {
        goes_on = plain_finish_turn(p, &turn, &now, keeps);
    } else {
        plain_admit(p, now);
    }
    while (goes_on && (!rotation_is_empty(&p->ready) || await(p, &now))) {
        if (is_calm(p, now)) {
            if (plain_may_ride(p)) {
                goes_on = plain_ride(p, &now);
                continue;
            }
            now = plain_skip(p, now);
        }
        goes_on = take_turn(p, &now, keeps);
    }
    plain_store(p, now);
}

void plain_advance(struct run *run, struct plain *p, nsec until_ns)
{
    const struct slicer *s = p->slicer;
    nsec now = s->next < MOMENT_NEVER ? moment_time(s->next) : 0;

    p->until_ns = until_ns < run->duration_ns ? until_ns : run->duration_ns;
    set_edge(p);
    if (now >= p->edge_ns) {
        return;
    }
    plain_load(p);
    if (p->turns->keeps) {
        advance(p, now, true);
    } else {
        advance(p, now, false);
    }
}
