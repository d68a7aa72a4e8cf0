/* test_user.c - round_robin as users would write it: the schedule is that of the program's own,
   in Lua and in a library; libraries that are refused. */
#include "cli/library.h"
#include "support/random.h"
#include "support/test.h"
#include "support/user.h"

#include <stdlib.h>
#include <string.h>

static void check_same(const struct record *a, const struct record *b)
{
    assert_int_equal(a->stay_count, b->stay_count);
    for (size_t i = 0; i < a->stay_count; i++) {
        assert_int_equal(a->stays[i].vm, b->stays[i].vm);
        assert_int_equal(a->stays[i].switch_start_ns, b->stays[i].switch_start_ns);
        assert_int_equal(a->stays[i].run_start_ns, b->stays[i].run_start_ns);
        assert_int_equal(a->stays[i].run_end_ns, b->stays[i].run_end_ns);
    }
}

static void check_port(const struct subject *port)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct build *b = test_calloc(2, sizeof(*b));
        for (int i = 0; i < 2; i++) {
            random_build_plain(&b[i], "round_robin", seed);
            if (i == 1) {
                user_set(&b[i], port);
            }
            build_run(&b[i]);
        }
        print_message("seed %u\n", (unsigned)seed);
        check_same(&b[0].record, &b[1].record);
        build_fini(&b[0]);
        build_fini(&b[1]);
        test_free(b);
    }
}

static void a_script_is_scheduled_alike(void **state)
{
    struct arena arena;
    (void)state;

    arena_init(&arena);
    struct subject port = user_script_file("scenarios/policies/round_robin.lua", &arena);
    check_port(&port);
    arena_fini(&arena);
}

static void a_library_is_scheduled_alike(void **state)
{
    struct arena arena;
    (void)state;

    arena_init(&arena);
    struct subject port = user_library("round_robin", &arena);
    check_port(&port);
    arena_fini(&arena);
}

static void check_refused(const char *name, const char *expected)
{
    const struct policy_ops *ops = NULL;
    const char *build = getenv("BUILD");
    struct arena arena;
    struct err err;

    arena_init(&arena);
    const char *path = arena_format(&arena, "%s/tests/policy/library/%s.so",
                                    build ? build : "build/gcc-release", name);
    assert_int_equal(library_load(path, &ops, &err), -1);
    assert_int_equal(err.kind, ERR_SCENARIO);
    assert_string_equal(err.text, expected);
    assert_null(ops);
    arena_fini(&arena);
}

static void libraries_are_checked(void **state)
{
    const struct policy_ops *ops = NULL;
    struct err err;
    (void)state;

    check_refused("no_version", "it does not define vgpusim_policy_version; is it a policy?");
    check_refused("old_version", "it was made for version 1 of vgpusim/policy.h, and this "
                                 "program has version 2; build it again");
    check_refused("no_policy", "it does not define vgpusim_policy");
    check_refused("no_pick", "its policy lacks one of state_size, ready, pick and charge");
    check_refused("bad_name", "its policy has no name of the form [a-z][a-z0-9_]*");
    assert_int_equal(library_load("tests/policy/golden.csv", &ops, &err), -1);
    assert_non_null(strstr(err.text, "it cannot be loaded: "));
}

/* What libraries were built against must not change, once it is released, unless the version
   does: whoever changes
   a number here raises VGPUSIM_POLICY_VERSION and writes it down here. */
static void the_layout_is_that_of_the_version(void **state)
{
    (void)state;
    assert_int_equal(VGPUSIM_POLICY_VERSION, 2);
    assert_int_equal(sizeof(struct job_view), 72);
    assert_int_equal(sizeof(struct slice), 32);
    assert_int_equal(sizeof(struct usage), 32);
    assert_int_equal(sizeof(struct vm), 96);
    assert_int_equal(sizeof(struct vm_schedule), 32);
    assert_int_equal(sizeof(struct policy), 72);
    assert_int_equal(sizeof(struct policy_ops), 136);
    assert_int_equal(sizeof(struct field), 104);
    assert_int_equal(sizeof(struct err), 504);
    assert_int_equal(offsetof(struct policy_ops, state_size), 40);
    assert_int_equal(offsetof(struct policy_ops, charge), 96);
    assert_int_equal(offsetof(struct policy, rng), 48);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_is_scheduled_alike),
        cmocka_unit_test(a_library_is_scheduled_alike),
        cmocka_unit_test(libraries_are_checked),
        cmocka_unit_test(the_layout_is_that_of_the_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
