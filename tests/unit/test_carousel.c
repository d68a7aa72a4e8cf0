/* test_carousel.c - turns that pass on the carousel are those of a queue, taken one by one. */
#include "run/carousel.h"

#include "support/test.h"

#include <string.h>

enum { VMS = 9, RUN = 7, SPAN = 10, STEPS = 20000 };

/* A VM in the queue, first in front: what it has left to run, and whether it has ever run. */
struct queued {
    uint32_t vm;
    nsec remaining_ns;
    bool is_fresh;
};

/* The two sides, which must agree. */
struct fixture {
    struct arena arena;
    struct carousel carousel;
    nsec remaining_ns[VMS]; /* As of a seat's base lap. */
    struct queued queue[VMS];
    uint32_t count;
};

static void setup(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    arena_init(&f->arena);
    carousel_init(&f->carousel, VMS, RUN, SPAN, &f->arena);
}

static bool is_queued(const struct fixture *f, uint32_t vm)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->queue[i].vm == vm) {
            return true;
        }
    }
    return false;
}

/* Puts a VM into the queue, behind all others, or in front of the last one, whose turn it is.
 */
static void put(struct fixture *f, uint32_t vm, nsec remaining_ns, bool in_turn)
{
    uint32_t at = f->count++;

    if (in_turn && at > 0) {
        f->queue[at] = f->queue[at - 1];
        at--;
    }
    f->queue[at] = (struct queued){ vm, remaining_ns, true };
    f->remaining_ns[vm] = remaining_ns;
    carousel_put(&f->carousel, vm, remaining_ns, true);
}

/* The first in the queue goes to its end. */
static struct queued *turn(struct fixture *f)
{
    struct queued first = f->queue[0];

    memmove(&f->queue[0], &f->queue[1], (f->count - 1) * sizeof(f->queue[0]));
    f->queue[f->count - 1] = first;
    return &f->queue[f->count - 1];
}

/* Turns of the queue until the VM in front would end its job. */
static nsec turns_until_end(const struct fixture *f)
{
    for (nsec turns = 0;; turns++) {
        const struct queued *q = &f->queue[turns % f->count];
        if (q->remaining_ns - turns / f->count * RUN <= RUN) {
            return turns;
        }
    }
}

static void compare(struct fixture *f)
{
    const struct carousel *c = &f->carousel;

    assert_int_equal(c->count, f->count);
    for (uint32_t i = 0; i < f->count; i++) {
        uint32_t at = (c->at + i) % c->count;
        uint32_t vm = c->seats[at].vm;
        assert_int_equal(vm, f->queue[i].vm);
        assert_int_equal(f->remaining_ns[vm] - carousel_had(c, at) * RUN,
                         f->queue[i].remaining_ns);
        if (f->queue[i].is_fresh) { /* They are told how many turns are before theirs. */
            assert_int_equal(c->first_turns[vm] - c->turn, i);
        }
    }
    if (f->count > 0) {
        assert_int_equal(carousel_turns(c), turns_until_end(f));
        assert_int_equal(carousel_before(c), f->queue[f->count - 1].vm);
    }
}

static void pass(struct fixture *f, nsec turns)
{
    for (nsec i = 0; i < turns; i++) {
        struct queued *q = turn(f);
        q->remaining_ns -= RUN;
        q->is_fresh = false;
    }
    carousel_pass(&f->carousel, turns);
}

/* A turn in which the VM runs so much, while others may join. It leaves if nothing is left. */
static void one_turn(struct fixture *f, nsec run_ns, uint64_t *seed)
{
    struct queued *q = turn(f);
    uint32_t vm = q->vm;
    uint32_t other = (uint32_t)test_between(seed, 0, VMS - 1);

    q->remaining_ns -= run_ns;
    q->is_fresh = run_ns == 0;
    nsec left = q->remaining_ns;
    if (left == 0) {
        f->count--;
        carousel_take(&f->carousel);
        return;
    }
    if (!is_queued(f, other)) {
        put(f, other, test_between(seed, 1, 500), true);
    }
    f->remaining_ns[vm] = left;
    carousel_turn_over(&f->carousel, left, run_ns == 0);
}

static void turns_are_those_of_a_queue(void **state)
{
    struct fixture f;
    uint64_t seed = 1;
    (void)state;

    setup(&f);
    for (int step = 0; step < STEPS; step++) {
        uint32_t vm = (uint32_t)test_between(&seed, 0, VMS - 1);
        bool is_first = f.count == 0;
        if (!is_queued(&f, vm) && (is_first || test_chance(&seed, 20))) {
            /* Between turns the last in the queue is the last to have its turn. */
            put(&f, vm, test_between(&seed, 1, 500), false);
        } else if (f.count > 0 && test_chance(&seed, 50)) {
            pass(&f, test_between(&seed, 0, turns_until_end(&f)));
        } else if (f.count > 0) {
            nsec left = f.queue[0].remaining_ns;
            nsec most = left < RUN ? left : RUN;
            one_turn(&f, test_between(&seed, 0, most), &seed);
        }
        compare(&f);
    }
    arena_fini(&f.arena);
}

static void jobs_without_end_are_bounded(void **state)
{
    struct fixture f;
    (void)state;

    setup(&f);
    carousel_put(&f.carousel, 0, NSEC_MAX, true);
    carousel_put(&f.carousel, 1, 0, true);
    assert_int_equal(carousel_turns(&f.carousel), 1);
    carousel_pass(&f.carousel, 1);
    carousel_take(&f.carousel);
    nsec turns = carousel_turns(&f.carousel);
    assert_true(turns > NSEC_MAX / 8 / VMS / SPAN && turns <= NSEC_MAX / 4 / SPAN);
    arena_fini(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_are_those_of_a_queue),
        cmocka_unit_test(jobs_without_end_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
