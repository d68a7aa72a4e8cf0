#include "run/decision.h"

#include "run/inside.h"

#include <inttypes.h>

/* Of clients that come back at once; far more than there are. */
enum { DROPS_MAX = 1000 * 1000 };

static int refuse(struct run *run, const struct slicer *s, const struct vm *vm,
                  const char *what, nsec now)
{
    return err_set(run->err, ERR_RUN,
                   "policy %s, engine %s of %s, at %" PRId64 " ns: it picked %s, %s",
                   s->policy.ops->name, engine_name(s->kind), run->partition->name, now,
                   vm ? vm->name : "nobody", what);
}

int decision_check_failure(struct run *run, const struct slicer *s)
{
    if (s->failure.kind == ERR_NONE) {
        return 0;
    }
    (void)err_set(run->err, ERR_RUN, "policy %s, engine %s of %s, %s", s->policy.ops->name,
                  engine_name(s->kind), run->partition->name, s->failure.text);
    run->err->place = s->failure.place;
    return -1;
}

int decision_check(struct run *run, const struct slicer *s, const struct slice *slice, nsec now)
{
    const struct vm *vm = slice->vm;
    bool has_work;

    if (decision_check_failure(run, s)) {
        return -1;
    }
    if (!vm) {
        return slice->end_ns > now && slice->end_ns != NSEC_MAX
                   ? 0
                   : refuse(run, s, vm, "without an end that lies ahead", now);
    }
    if (vm->index >= run->vm_count || vm != &s->policy.vms[vm->index]) {
        return err_set(run->err, ERR_RUN,
                       "policy %s, engine %s of %s, at %" PRId64 " ns: it picked a VM that is "
                       "not of this engine",
                       s->policy.ops->name, engine_name(s->kind), run->partition->name, now);
    }
    if (!run->vms[vm->index].present) {
        return refuse(run, s, vm, "which is not present", now);
    }
    has_work = s->lanes[vm->index].head != NULL;
    if (slice->end_ns <= now) {
        return refuse(run, s, vm, "for a slice whose end does not lie ahead", now);
    }
    if (!has_work && (slice->end_ns == NSEC_MAX || slice->drop_head)) {
        return refuse(run, s, vm, "which has no work, without an end", now);
    }
    if (slice->length_ns <= 0) {
        return refuse(run, s, vm, "for a slice that is not longer than 0", now);
    }
    if (slice->drop_head && s->drop_ns == now && s->drop_count >= DROPS_MAX) {
        return refuse(run, s, vm,
                      "whose jobs it drops for ever: their client does not think, so each is "
                      "followed by the next at the same instant",
                      now);
    }
    return 0;
}
