/* test_fairness.c - Jain's index over windows, against hand-computed numbers. */
#include "metrics/fairness.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WINDOW = 100 };

static void check_near(double got, double want)
{
    if (!(fabs(got - want) <= 5.001e-5)) {
        fail_msg("got %.9g, want %.9g", got, want);
    }
}

/* As the run tells it: those that are not dry are marked too. */
static struct border border_of(const struct fairness *f, nsec now, const nsec *service,
                               const nsec *since, uint64_t *ret_backlogged)
{
    for (uint32_t i = 0; i < f->vm_count; i++) {
        *ret_backlogged |= (uint64_t)(since[i] != NSEC_MAX) << i;
    }
    return (struct border){ .now = now,
                            .vm_count = f->vm_count,
                            .service_ns = service,
                            .backlogged_since = since,
                            .backlogged = ret_backlogged };
}

static void tell_border(struct fairness *f, nsec now, const nsec *service, const nsec *since)
{
    uint64_t backlogged = 0;
    struct border border = border_of(f, now, service, since, &backlogged);

    fairness_border(f, &border);
}

static void tell_end(struct fairness *f, nsec now, const nsec *service, const nsec *since)
{
    uint64_t backlogged = 0;
    struct border border = border_of(f, now, service, since, &backlogged);

    fairness_finish(f, &border);
}

static void jain_of_published_examples(void **state)
{
    (void)state;
    check_near(fairness_jain((const double[]){ 10, 20, 30 }, 3), 0.8571);
    check_near(fairness_jain((const double[]){ 10, 20 / 2.0, 30 / 3.0 }, 3), 1);
    check_near(fairness_jain((const double[]){ 8, 4, 0 }, 3), 0.6);
    assert_true(isnan(fairness_jain((const double[]){ 8 }, 1)));
    assert_true(isnan(fairness_jain((const double[]){ 0, 0 }, 2)));
}

/* Two VMs, always with work, that alternate: all of a window for one, then for the other. */
static void index_grows_with_the_window(void **state)
{
    (void)state;
    const uint32_t weights[] = { 100, 100 };
    const nsec since[] = { 0, 0 };
    nsec service[] = { 0, 0 };
    struct arena arena;
    struct fairness f;

    arena_init(&arena);
    fairness_init(&f,
                  &(struct fairness_config){ .vm_count = 2,
                                             .weights = weights,
                                             .window_ns = WINDOW,
                                             .end_ns = 9 * WINDOW,
                                             .windows_max = 1024 },
                  &arena);
    tell_border(&f, 0, service, since);
    for (int i = 0; i < 9; i++) {
        service[i % 2] += WINDOW;
        tell_border(&f, (i + 1) * WINDOW, service, since);
    }
    tell_end(&f, 9 * WINDOW, service, since);
    assert_int_equal(f.level_count, 4);
    assert_int_equal(f.levels[0].judged, 9);
    check_near(f.levels[0].jain_sum / 9, 0.5);
    assert_int_equal(f.levels[1].judged, 4);
    check_near(f.levels[1].jain_sum / 4, 1);
    check_near(f.levels[3].jain_min, 1);
    assert_int_equal(f.levels[3].judged, 1);
    assert_int_equal(f.levels[3].window_ns, 800);
    assert_int_equal(f.window_count, 9);
    assert_int_equal(f.windows[8].start_ns, 800);
    assert_int_equal(f.window_service[2 * 8], WINDOW);
    assert_int_equal(f.window_service[2 * 8 + 1], 0);
    arena_fini(&arena);
}

static void weights_divide_service(void **state)
{
    (void)state;
    const uint32_t weights[] = { 100, 200, 300 };
    const nsec since[] = { 0, 0, 0 };
    const nsec service[] = { 10, 20, 30 };
    struct arena arena;
    struct fairness f;

    arena_init(&arena);
    fairness_init(&f,
                  &(struct fairness_config){ .vm_count = 3,
                                             .weights = weights,
                                             .window_ns = WINDOW,
                                             .end_ns = WINDOW,
                                             .windows_max = 2 },
                  &arena);
    tell_border(&f, WINDOW, service, since);
    check_near(f.levels[0].jain_min, 1);
    arena_fini(&arena);
}

/* Only VMs with work during the whole window count; a longer window may have fewer of them. */
static void vms_that_ran_dry_do_not_count(void **state)
{
    (void)state;
    const uint32_t weights[] = { 100, 100, 100 };
    struct arena arena;
    struct fairness f;

    arena_init(&arena);
    fairness_init(&f,
                  &(struct fairness_config){ .vm_count = 3,
                                             .weights = weights,
                                             .window_ns = WINDOW,
                                             .start_ns = 150,
                                             .end_ns = 450,
                                             .windows_max = 1024 },
                  &arena);
    tell_border(&f, 100, (const nsec[]){ 9, 9, 9 }, (const nsec[]){ 0, 0, 0 });
    tell_border(&f, 150, (const nsec[]){ 9, 9, 9 }, (const nsec[]){ 0, 0, 0 });
    tell_border(&f, 200, (const nsec[]){ 10, 10, 10 }, (const nsec[]){ 0, 0, NSEC_MAX });
    assert_int_equal(f.window_count, 0);
    /* 8, 4 and a VM with work since 201 only. */
    tell_border(&f, 300, (const nsec[]){ 18, 14, 90 }, (const nsec[]){ 0, 200, 201 });
    check_near(f.levels[0].jain_min, 144 / (2 * 80.0));
    /* Now the second has run dry meanwhile: 4 and 8; in 200..400 there is nobody beside 0. */
    tell_border(&f, 400, (const nsec[]){ 22, 20, 98 }, (const nsec[]){ 0, 350, 201 });
    assert_int_equal(f.levels[0].judged, 2);
    check_near(f.levels[0].jain_sum, 144 / (2 * 80.0) * 2);
    assert_int_equal(f.levels[1].judged, 0);
    assert_true(isnan(f.levels[1].jain_min));
    tell_end(&f, 450, (const nsec[]){ 32, 20, 98 }, (const nsec[]){ 0, 410, NSEC_MAX });
    assert_int_equal(f.window_count, 3);
    assert_int_equal(f.windows[2].start_ns, 400);
    assert_int_equal(f.windows[2].end_ns, 450);
    assert_true(isnan(f.windows[2].jain));
    assert_int_equal(f.window_service[6], 10);
    arena_fini(&arena);
}

static void kept_windows_double_until_they_fit(void **state)
{
    (void)state;
    const uint32_t weights[] = { 1, 1 };
    const nsec since[] = { 0, 0 };
    struct arena arena;
    struct fairness f;

    arena_init(&arena);
    fairness_init(&f,
                  &(struct fairness_config){ .vm_count = 2,
                                             .weights = weights,
                                             .window_ns = WINDOW,
                                             .end_ns = 1000 * WINDOW + 52,
                                             .windows_max = 64 },
                  &arena);
    for (nsec t = WINDOW; t <= 1000 * WINDOW; t += WINDOW) {
        tell_border(&f, t, (const nsec[]){ t / 4, t / 2 }, since);
    }
    nsec end = 1000 * WINDOW + 52;
    tell_end(&f, end, (const nsec[]){ end / 4, end / 2 }, since);
    assert_int_equal(f.window_count, 63);
    nsec at = 0;
    nsec sum = 0;
    for (uint32_t w = 0; w < f.window_count; w++) {
        assert_int_equal(f.windows[w].start_ns, at);
        at = f.windows[w].end_ns;
        sum += f.window_service[2 * w + 1];
        check_near(f.windows[w].jain, 0.9);
    }
    assert_int_equal(at, end);
    assert_int_equal(sum, end / 2);
    arena_fini(&arena);
}

static void a_run_shorter_than_a_window_has_no_level(void **state)
{
    (void)state;
    const uint32_t weights[] = { 1, 1 };
    struct arena arena;
    struct fairness f;

    arena_init(&arena);
    fairness_init(&f,
                  &(struct fairness_config){ .vm_count = 2,
                                             .weights = weights,
                                             .window_ns = WINDOW,
                                             .start_ns = 20,
                                             .end_ns = 90,
                                             .windows_max = 64 },
                  &arena);
    tell_border(&f, 90, (const nsec[]){ 1, 2 }, (const nsec[]){ 0, 0 });
    tell_end(&f, 90, (const nsec[]){ 1, 2 }, (const nsec[]){ 0, 0 });
    assert_int_equal(f.level_count, 0);
    assert_int_equal(f.window_count, 0);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jain_of_published_examples),
        cmocka_unit_test(index_grows_with_the_window),
        cmocka_unit_test(weights_divide_service),
        cmocka_unit_test(vms_that_ran_dry_do_not_count),
        cmocka_unit_test(kept_windows_double_until_they_fit),
        cmocka_unit_test(a_run_shorter_than_a_window_has_no_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
