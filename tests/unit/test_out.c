/* test_out.c - files appear whole or not at all, and every failure is told. */
#include "output/out.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct out out;
static struct err err;
static char path[4096];

/* A path in the test's own folder. */
static const char *in_folder(const char *name)
{
    const char *folder = getenv("TEST_TMPDIR");

    (void)snprintf(path, sizeof(path), "%s/%s", folder ? folder : "/tmp", name);
    return path;
}

static void check_content(const char *name, const char *want)
{
    char got[1024] = { 0 };
    FILE *f = fopen(in_folder(name), "r");

    assert_non_null(f);
    (void)!fread(got, 1, sizeof(got) - 1, f);
    (void)fclose(f);
    assert_string_equal(got, want);
}

static bool exists(const char *name)
{
    return access(in_folder(name), F_OK) == 0;
}

/* Whether nothing but `count` files is in the folder of the test. */
static void check_file_count(const char *folder, int count)
{
    char command[5000];

    (void)snprintf(command, sizeof(command), "test $(ls -A '%s' | wc -l) -eq %d",
                   in_folder(folder), count);
    assert_int_equal(system(command), 0);
}

static void a_file_has_its_name_only_when_whole(void **state)
{
    (void)state;
    assert_int_equal(out_open(&out, in_folder("whole.txt"), &err), 0);
    out_text(&out, "one ");
    assert_false(exists("whole.txt"));
    out_int(&out, -12);
    assert_int_equal(out_close(&out, &err), 0);
    check_content("whole.txt", "one -12");
    /* The old one stays until the new one is whole. */
    assert_int_equal(out_open(&out, in_folder("whole.txt"), &err), 0);
    out_text(&out, "two");
    check_content("whole.txt", "one -12");
    assert_int_equal(out_close(&out, &err), 0);
    check_content("whole.txt", "two");
}

static void an_abandoned_file_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(out_folder(in_folder("empty"), &err), 0);
    assert_int_equal(out_open(&out, in_folder("empty/gone.txt"), &err), 0);
    for (int i = 0; i < OUT_BUFFER; i++) {
        out_text(&out, "some ");
    }
    out_abandon(&out);
    out_abandon(&out);
    check_file_count("empty", 0);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    assert_int_equal(out_open(&out, "/dev/full", &err), 0);
    out_text(&out, "x");
    assert_int_equal(out_close(&out, &err), -1);
    assert_int_equal(err.kind, ERR_WRITE);
    assert_string_equal(err.text, "cannot write /dev/full: No space left on device");
    /* Also when it fails long before the end. */
    assert_int_equal(out_open(&out, "/dev/full", &err), 0);
    for (int i = 0; i < 3 * OUT_BUFFER; i++) {
        out_char(&out, 'x');
    }
    assert_int_equal(out_close(&out, &err), -1);
    assert_int_equal(err.kind, ERR_WRITE);
}

/* The file beside is made a link to /dev/full, as if the disk filled up while writing. */
static void a_failed_file_leaves_the_old_one(void **state)
{
    char part[5000];
    (void)state;

    assert_int_equal(out_folder(in_folder("full"), &err), 0);
    assert_int_equal(out_open(&out, in_folder("full/file"), &err), 0);
    out_text(&out, "old");
    assert_int_equal(out_close(&out, &err), 0);
    (void)snprintf(part, sizeof(part), "%s.%ld.part", in_folder("full/file"), (long)getpid());
    assert_int_equal(symlink("/dev/full", part), 0);
    assert_int_equal(out_open(&out, in_folder("full/file"), &err), 0);
    out_text(&out, "new");
    assert_int_equal(out_close(&out, &err), -1);
    assert_int_equal(err.kind, ERR_WRITE);
    check_content("full/file", "old");
    check_file_count("full", 1);
}

static void a_file_that_cannot_get_its_name_is_told(void **state)
{
    (void)state;
    assert_int_equal(out_folder(in_folder("name"), &err), 0);
    assert_int_equal(out_open(&out, in_folder("name/taken"), &err), 0);
    assert_int_equal(out_folder(in_folder("name/taken"), &err), 0);
    assert_int_equal(out_close(&out, &err), -1);
    assert_int_equal(err.kind, ERR_WRITE);
    check_file_count("name", 1);
}

static void what_cannot_be_created_is_told(void **state)
{
    (void)state;
    assert_int_equal(out_open(&out, in_folder("nowhere/file"), &err), -1);
    assert_int_equal(err.kind, ERR_CREATE);
    assert_non_null(strstr(err.text, "nowhere/file: No such file or directory"));
    assert_int_equal(out_open(&out, in_folder(""), &err), -1);
    assert_int_equal(err.kind, ERR_CREATE);
}

static void folders_are_made_with_those_above(void **state)
{
    struct stat status;
    (void)state;

    assert_int_equal(out_folder(in_folder("a/b//c/"), &err), 0);
    assert_int_equal(stat(in_folder("a/b/c"), &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(out_folder(in_folder("a/b/c"), &err), 0);
    assert_int_equal(out_open(&out, in_folder("a/file"), &err), 0);
    assert_int_equal(out_close(&out, &err), 0);
    assert_int_equal(out_folder(in_folder("a/file"), &err), -1);
    assert_int_equal(err.kind, ERR_CREATE);
    assert_int_equal(out_folder(in_folder("a/file/b"), &err), -1);
    assert_int_equal(out_folder("", &err), -1);
    assert_int_equal(out_folder("/proc/none", &err), -1);
}

static void folders_that_were_made_are_removed(void **state)
{
    char deep[8192];
    struct stat status;
    (void)state;

    assert_int_equal(out_folder(in_folder("old"), &err), 0);
    (void)snprintf(deep, sizeof(deep), "%s//new/newer/", in_folder("old"));
    size_t old = out_folder_old(deep);
    assert_int_equal(out_folder(deep, &err), 0);
    assert_int_equal(out_folder_old(deep), strlen(deep));
    out_folder_remove(deep, old);
    assert_int_equal(stat(in_folder("old/new"), &status), -1);
    assert_int_equal(stat(in_folder("old"), &status), 0);

    /* What is not empty stays, and all above it. */
    assert_int_equal(out_folder(deep, &err), 0);
    assert_int_equal(out_open(&out, in_folder("old/new/file"), &err), 0);
    assert_int_equal(out_close(&out, &err), 0);
    out_folder_remove(deep, old);
    assert_int_equal(stat(in_folder("old/new/newer"), &status), -1);
    assert_int_equal(stat(in_folder("old/new/file"), &status), 0);
    assert_int_equal(out_folder_old(""), 0);
}

static void links_stay_links(void **state)
{
    struct stat status;
    char target[4096];
    (void)state;

    assert_int_equal(out_open(&out, in_folder("target"), &err), 0);
    assert_int_equal(out_close(&out, &err), 0);
    (void)snprintf(target, sizeof(target), "%s", in_folder("target"));
    assert_int_equal(symlink("target", in_folder("link")), 0);
    assert_int_equal(out_open(&out, in_folder("link"), &err), 0);
    out_text(&out, "through");
    assert_int_equal(out_close(&out, &err), 0);
    assert_int_equal(lstat(in_folder("link"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    check_content("target", "through");
}

static void numbers_are_written_in_full(void **state)
{
    (void)state;
    assert_int_equal(out_open(&out, in_folder("numbers"), &err), 0);
    out_int(&out, 0);
    out_char(&out, ' ');
    out_int(&out, INT64_MIN);
    out_char(&out, ' ');
    out_int(&out, INT64_MAX);
    out_char(&out, ' ');
    out_wide(&out, (wide)INT64_MAX * 1000);
    out_char(&out, ' ');
    out_wide(&out, (wide)1000000000000000000 * -1000);
    out_char(&out, ' ');
    out_real(&out, 1.0 / 3);
    out_real(&out, NAN);
    assert_int_equal(out_close(&out, &err), 0);
    check_content("numbers", "0 -9223372036854775808 9223372036854775807 "
                             "9223372036854775807000 -1000000000000000000000 0.333333333");
}

static void cells_are_quoted_if_need_be(void **state)
{
    (void)state;
    assert_int_equal(out_open(&out, in_folder("cells"), &err), 0);
    out_cell(&out, "plain-0");
    out_char(&out, ',');
    out_cell(&out, "a,b");
    out_char(&out, ',');
    out_cell(&out, "say \"x\"");
    assert_int_equal(out_close(&out, &err), 0);
    check_content("cells", "plain-0,\"a,b\",\"say \"\"x\"\"\"");
}

static void long_texts_pass_the_buffer(void **state)
{
    static char text[3 * OUT_BUFFER];
    struct stat status;
    (void)state;

    memset(text, 'y', sizeof(text) - 1);
    assert_int_equal(out_open(&out, in_folder("long"), &err), 0);
    out_text(&out, "x");
    out_text(&out, text);
    out_format(&out, "%s", text);
    assert_int_equal(out_close(&out, &err), 0);
    assert_int_equal(stat(in_folder("long"), &status), 0);
    assert_int_equal(status.st_size, 1 + 2 * (sizeof(text) - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_its_name_only_when_whole),
        cmocka_unit_test(an_abandoned_file_leaves_nothing),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_failed_file_leaves_the_old_one),
        cmocka_unit_test(a_file_that_cannot_get_its_name_is_told),
        cmocka_unit_test(what_cannot_be_created_is_told),
        cmocka_unit_test(folders_are_made_with_those_above),
        cmocka_unit_test(folders_that_were_made_are_removed),
        cmocka_unit_test(links_stay_links),
        cmocka_unit_test(numbers_are_written_in_full),
        cmocka_unit_test(cells_are_quoted_if_need_be),
        cmocka_unit_test(long_texts_pass_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
