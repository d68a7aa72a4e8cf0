/* test_text.c - a growing text keeps every byte and its closing zero. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void text_grows_without_loss(void **state)
{
    struct text text;
    (void)state;

    text_init(&text);
    assert_string_equal(text.bytes, "");
    for (int i = 0; i < 5000; i++) {
        text_printf(&text, "%04d", i);
        text_put(&text, ",");
        assert_int_equal(text.size, 5 * (i + 1));
        assert_int_equal(text.bytes[text.size], '\0');
    }
    for (int i = 0; i < 5000; i++) {
        char want[6] = { (char)('0' + i / 1000),
                         (char)('0' + i / 100 % 10),
                         (char)('0' + i / 10 % 10),
                         (char)('0' + i % 10),
                         ',',
                         '\0' };
        assert_memory_equal(text.bytes + 5 * i, want, 5);
    }
    text_clear(&text);
    assert_string_equal(text.bytes, "");
    text_put_bytes(&text, "a\0b", 3);
    assert_int_equal(text.size, 3);
    assert_memory_equal(text.bytes, "a\0b", 4);
    text_fini(&text);
    text_fini(&text);
}

/* Lines break between words; blanks within a line stay, a long word stands alone. */
static void long_lines_are_wrapped(void **state)
{
    static const struct {
        const char *from;
        const char *want;
    } known[] = {
        { "", "" },
        { "a b\n", "a b\n" },
        { "one two three\n", "one two\n  three\n" },
        { "ab  cd e f g\n\nx\n", "ab  cd e\n  f g\n\nx\n" },
        { "unbreakable word\n", "unbreakable\n  word\n" },
        { "a unbreakable b\n", "a\n  unbreakable\n  b\n" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct text text;
        text_init(&text);
        text_put_wrapped(&text, known[i].from, 8, 2);
        assert_string_equal(text.bytes, known[i].want);
        text_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_without_loss),
        cmocka_unit_test(long_lines_are_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
