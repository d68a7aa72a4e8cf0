/* test_nearest.c - which known word a typing mistake is taken for. */
#include "base/nearest.h"
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *nearest_of(const char *word)
{
    static const char *const known[] = { "weight", "priority", "h100-80gb", "l40s",
                                         "l40",    "a",        "ab" };
    struct nearest nearest;

    nearest_init(&nearest, word);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        nearest_offer(&nearest, known[i]);
    }
    return nearest_best(&nearest);
}

static void nearest_takes_the_closest(void **state)
{
    (void)state;
    assert_string_equal(nearest_of("wieght"), "weight");
    assert_string_equal(nearest_of("weigth"), "weight");
    assert_string_equal(nearest_of("Weights"), "weight");
    assert_string_equal(nearest_of("prioritty"), "priority");
    assert_string_equal(nearest_of("h100-80g"), "h100-80gb");
    assert_string_equal(nearest_of("L40S"), "l40s");
    assert_string_equal(nearest_of("l40x"), "l40s"); /* As near as l40, but offered first. */
    assert_string_equal(nearest_of("b"), "ab");
}

static void nearest_gives_none_when_all_are_far(void **state)
{
    char longest[200];
    (void)state;

    assert_null(nearest_of("colour"));
    assert_null(nearest_of(""));
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(nearest_of(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_takes_the_closest),
        cmocka_unit_test(nearest_gives_none_when_all_are_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
