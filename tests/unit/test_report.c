/* test_report.c - the report is one whole page, in which no name of a user's is markup. */
#include "output/report.h"

#include "base/text.h"
#include "output/figures.h"
#include "output/html.h"
#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char here[FOLDER_PATH_MAX];

/* The page of the folder; text_fini frees it. */
static void write_report(struct text *ret)
{
    struct err err = { 0 };
    char path[FOLDER_PATH_MAX + 64];

    if (report_write(here, &err)) {
        fail_msg("%s", err.text);
    }
    snprintf(path, sizeof(path), "%s/report.html", here);
    folder_read(path, ret);
    markup_check(ret->bytes);
}

static void check_has(const struct text *page, const char *word)
{
    if (!strstr(page->bytes, word)) {
        fail_msg("the page lacks '%s'", word);
    }
}

static void put_figure(const char *name, const char *svg)
{
    char folder[FOLDER_PATH_MAX + 64];

    snprintf(folder, sizeof(folder), "%s/figures", here);
    mkdir(folder, 0777);
    folder_write(folder, name, svg, strlen(svg));
}

static const char drawing[] =
    "<?xml version=\"1.0\"?>\n<svg width=\"64\" viewBox=\"0 0 64 "
    "40\">\n<title>Gnuplot</title>\n"
    "<desc>Produced by GNUPLOT</desc>\n<defs><circle id='gpDot' r='1'/></defs>\n"
    "<g id=\"gnuplot_plot_1\"><use xlink:href='#gpDot' fill='#00ff00'/></g></svg>\n";

static void the_page_has_what_the_files_say(void **state)
{
    struct text page;
    (void)state;

    folder_copy_sample(here, "page");
    write_report(&page);
    check_has(&page, "<html lang=\"en\">");
    check_has(&page, "<title>small_sample - vgpusim</title>");
    check_has(&page,
              "How much does a trainer slow down &lt;two&gt; desktops &amp; one idle VM?");
    check_has(&page, "<dd>best_effort</dd>");
    check_has(&page, "<dd>0.5 s</dd>");
    check_has(&page, "latency_p95 at most 16.7 ms");
    check_has(&page, ">missed</td>");
    check_has(&page, ">met</td>");
    check_has(&page, "<li>the warm-up may be too short</li>");
    /* A VM that finished nothing has a row of dashes. */
    check_has(&page,
              "<th scope=\"row\">idle_vm</th><td>frames</td><td class=\"n\">\xe2\x80\x93");
    check_has(&page, "4 GPUs or instances of gpu, and how they differ");
    check_has(&page, "<th scope=\"row\">p99 latency (ms)</th><td class=\"n\">20.00</td>");
    check_has(&page, "<th scope=\"row\">gpu&lt;3&gt;</th>");
    assert_null(strstr(page.bytes, "<script"));
    assert_null(strstr(page.bytes, "<figure>"));
    assert_null(strstr(page.bytes, "Values used"));
    text_fini(&page);
}

static void names_are_no_markup(void **state)
{
    static const char name[] = "</title><script>alert('x')</script>\\\"&amp;";
    struct text page;
    (void)state;

    folder_copy_sample(here, "names");
    folder_alter(here, "summary.json", "\"small_sample\"", "\"</title><i>\\\"&\"");
    folder_alter(here, "summary.json", "\"desk_top0\"", "\"<b onclick='x'>\"");
    folder_alter(here, "summary.json", "the warm-up", "</li><script>the warm-up");
    folder_write(here, "effective.yaml", name, strlen(name));
    write_report(&page);
    check_has(&page, "<h1>&lt;/title&gt;&lt;i&gt;&quot;&amp;</h1>");
    check_has(&page, "&lt;b onclick=&#39;x&#39;&gt;");
    check_has(&page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\\&quot;&amp;amp;</pre>");
    assert_null(strstr(page.bytes, "<script"));
    assert_null(strstr(page.bytes, "<b onclick"));
    text_fini(&page);
}

static void figures_are_part_of_the_page(void **state)
{
    struct text page;
    (void)state;

    folder_copy_sample(here, "figures");
    put_figure("timeline.svg", drawing);
    put_figure("share.svg", drawing);
    write_report(&page);
    check_has(&page, "<svg viewBox=\"0 0 64 40\" role=\"img\" "
                     "aria-labelledby=\"timeline-title timeline-alt\">");
    check_has(&page, "<title id=\"timeline-title\">Who ran when</title>");
    check_has(&page, "<circle id='timeline-gpDot' r='1'/>");
    check_has(&page, "<g id=\"share-gnuplot_plot_1\">");
    check_has(&page, "xlink:href='#share-gpDot' fill='#00ff00'");
    assert_null(strstr(page.bytes, "<?xml"));
    text_fini(&page);
}

static void a_drawing_that_could_act_is_left_out(void **state)
{
    static const char *const evil[] = {
        "<script>x</script>",         "<ScRiPt>x</script>", "<rect onload='x'/>",
        "<rect\nonClick = x/>",       "<a href='x'>y</a>",  "<image href='x'/>",
        "<style>x</style>",           "<foreignObject/>",   "<set to='x'/>",
        "<use href='javascript:x'/>",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
        char svg[1024];
        struct text page;
        folder_copy_sample(here, "evil");
        snprintf(svg, sizeof(svg), "%.*s%s</svg>", (int)(strstr(drawing, "</svg>") - drawing),
                 drawing, evil[i]);
        put_figure("timeline.svg", svg);
        put_figure("share.svg", drawing);
        write_report(&page);
        assert_null(strstr(page.bytes, "timeline-title"));
        check_has(&page, "share-title");
        text_fini(&page);
    }
}

static void numbers_are_short(void **state)
{
    static const struct {
        enum html_kind kind;
        double value;
        const char *shown;
    } cases[] = {
        { HTML_MS, 16670000, "16.67" },
        { HTML_MS, 1234567890, "1235" },
        { HTML_MS, 0, "0.000" },
        { HTML_MS, 1234, "0.00123" },
        { HTML_NUMBER, 123.456, "123.5" },
        { HTML_NUMBER, 0.98765, "0.988" },
        { HTML_PERCENT, 33.3333333, "33.3" },
        { HTML_MS, 5e18, "5e+12" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text;
        text_init(&text);
        html_put_number(&text, cases[i].kind, cases[i].value);
        assert_string_equal(text.bytes, cases[i].shown);
        text_fini(&text);
    }
}

static void a_report_needs_a_summary(void **state)
{
    struct err err = { 0 };
    char path[FOLDER_PATH_MAX + 64];
    (void)state;

    folder_copy_sample(here, "bad");
    folder_alter(here, "summary.json", "{", "{{");
    assert_int_equal(report_write(here, &err), -1);
    assert_int_equal(err.kind, ERR_READ);
    snprintf(path, sizeof(path), "%s/report.html", here);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(report_write("/nonexistent", &err), -1);
    assert_int_equal(err.kind, ERR_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_has_what_the_files_say),
        cmocka_unit_test(names_are_no_markup),
        cmocka_unit_test(figures_are_part_of_the_page),
        cmocka_unit_test(a_drawing_that_could_act_is_left_out),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(a_report_needs_a_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
