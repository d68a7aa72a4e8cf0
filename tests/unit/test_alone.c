/* test_alone.c - the cost of sharing, against published numbers. */
#include "metrics/alone.h"

#include "support/test.h"

#include <math.h>

static void check_near(double got, double want)
{
    if (!(fabs(got - want) <= 5.001e-5)) {
        fail_msg("got %.9g, want %.9g", got, want);
    }
}

static void costs_of_sharing(void **state)
{
    const double together[] = { 10, 20, 40 };
    const double alone[] = { 5, 5, 20 };
    (void)state;

    struct alone_metrics m = alone_compare(together, alone, 3);
    check_near(m.slowdown_max, 4);
    check_near(m.unfairness, 2);
    check_near(m.stp, 1.25);
    check_near(m.antt, 2.6667);
    check_near(m.harmonic, 0.375);
}

static void sharing_that_costs_nothing(void **state)
{
    const double times[] = { 3, 7 };
    (void)state;

    struct alone_metrics m = alone_compare(times, times, 2);
    check_near(m.stp, 2);
    check_near(m.antt, 1);
    check_near(m.unfairness, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_of_sharing),
        cmocka_unit_test(sharing_that_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
