/* test_arena.c - memory given out piece by piece, and errors with their places. */
#include "base/arena.h"
#include "base/err.h"

#include "support/test.h"

#include <stdalign.h>
#include <string.h>

/* Pieces of many sizes: zeroed, aligned, apart from each other, and never moved. */
static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    enum { PIECES = 3000 };
    static const char zero[70000];
    struct arena arena;
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES];
    uint64_t seed = 5;
    (void)state;

    arena_init(&arena);
    for (int i = 0; i < PIECES; i++) {
        sizes[i] = (size_t)test_between(&seed, 0, test_chance(&seed, 3) ? 70000 : 300);
        pieces[i] = arena_take(&arena, sizes[i], 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        if (sizes[i] >= 64) {
            assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        }
        assert_memory_equal(pieces[i], zero, sizes[i]);
        memset(pieces[i], i % 255 + 1, sizes[i]);
    }
    for (int i = 0; i < PIECES; i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            assert_int_equal(pieces[i][k], i % 255 + 1);
        }
    }
    arena_fini(&arena);
    arena_fini(&arena); /* Empty now: no harm. */
}

static void texts_are_copied_and_formatted(void **state)
{
    struct arena arena;
    char text[] = "desktop";
    char *longer = test_malloc(10001);
    (void)state;

    arena_init(&arena);
    char *copy = arena_string(&arena, text);
    char *part = arena_string_n(&arena, text, 4);
    text[0] = 'X';
    assert_string_equal(copy, "desktop");
    assert_string_equal(part, "desk");
    assert_string_equal(arena_string(&arena, ""), "");
    assert_string_equal(arena_format(&arena, "%s%d", copy, 12), "desktop12");
    memset(longer, 'a', 10000);
    longer[10000] = '\0';
    assert_string_equal(arena_format(&arena, "%s", longer), longer);
    arena_fini(&arena);
    test_free(longer);
}

static void errors_have_kind_place_and_text(void **state)
{
    struct err err = { 0 };
    const struct place place = { "a.yaml", 12, 15 };
    (void)state;

    assert_int_equal(err_set(&err, ERR_READ, "cannot read %s", "a.yaml"), -1);
    assert_int_equal(err.kind, ERR_READ);
    assert_null(err.place.file);
    assert_string_equal(err.text, "cannot read a.yaml");
    assert_int_equal(err_at(&err, place, "weight is %d", 0), -1);
    assert_int_equal(err.kind, ERR_SCENARIO);
    assert_string_equal(err.place.file, "a.yaml");
    assert_int_equal(err.place.line, 12);
    assert_int_equal(err.place.column, 15);
    assert_string_equal(err.text, "weight is 0");
}

static void long_errors_are_cut(void **state)
{
    struct err err;
    char text[2000];
    (void)state;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    err_set(&err, ERR_RUN, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(texts_are_copied_and_formatted),
        cmocka_unit_test(errors_have_kind_place_and_text),
        cmocka_unit_test(long_errors_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
