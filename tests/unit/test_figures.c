/*
 * test_figures.c - every figure is drawn, whole, of good results, and none of bad ones.
 *
 * The sample in tests/figures/sample/ has names with underscores, a VM that finished nothing
 * and cells that are empty. Where gnuplot is missing, what needs it is skipped with a message.
 */
#include "output/figures.h"

#include "base/text.h"
#include "base/units.h"
#include "output/sheet.h"
#include "support/folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The folder of results of this test. */
static char here[FOLDER_PATH_MAX];

/* Draws; skips the test where there is no gnuplot. */
static int draw(unsigned formats, struct err *err)
{
    *err = (struct err){ 0 };
    int result = figures_draw(here, formats, err);

    if (result == FIGURES_NO_GNUPLOT) {
        print_message("skipped: %s\n", err->text);
        skip();
    }
    return result;
}

/* The bytes of here/figures/NAME.ENDING; false if there is no such file. */
static bool read_figure(const char *name, const char *ending, struct text *ret)
{
    char path[8192];

    snprintf(path, sizeof(path), "%s/figures/%s.%s", here, name, ending);
    if (access(path, R_OK)) {
        return false;
    }
    folder_read(path, ret);
    return true;
}

static size_t count_files(void)
{
    char path[8192];
    size_t count = 0;

    snprintf(path, sizeof(path), "%s/figures", here);
    DIR *folder = opendir(path);
    if (!folder) {
        return 0;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return count;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        count++;
    }
    return count;
}

/* What each figure of the sample must show. */
static const struct {
    const char *name;
    const char *labels[6];
    const char *counted; /* Occurs so often. */
    size_t count;
    uint32_t height; /* Of the PNG, in pixels. */
} wanted[] = {
    { "latency_distribution",
      { "desk_top0", "desk_top1", "trainer", "idle_vm", "Latency (ms)",
        "Jobs slower than (%)" },
      "<g id=\"gnuplot_plot_",
      4 + 5 + 4,
      1200 },
    { "latency_percentiles",
      { "desk_top0", "trainer", "idle_vm", "p50", "p99", "Latency (ms)" },
      "<g id=\"gnuplot_plot_",
      5,
      800 },
    { "timeline",
      { "desk_top1", "trainer", "compute", "encode", "switch", "(ms)" },
      "<g id=\"gnuplot_plot_",
      5,
      540 },
    { "fairness_time",
      { "desk_top0", "idle_vm", "Share of the GPU (%)", "Simulated time (s)", "index", "100" },
      "<g id=\"gnuplot_plot_",
      1 + 4 + 5,
      1120 },
    { "fairness_window",
      { "mean", "minimum", "Length of window (s)", "index", "0.1", "1" },
      "<g id=\"gnuplot_plot_",
      2,
      800 },
    { "share",
      { "achieved", "entitled", "desk_top0", "trainer", "idle_vm", "(%)" },
      "<g id=\"gnuplot_plot_",
      3,
      800 },
    { "breakdown",
      { "wait in queue", "wait for slice", "run", "switch", "host", "Mean latency (ms)" },
      "<g id=\"gnuplot_plot_",
      5,
      800 },
    { "engines",
      { "compute", "encode", "switch", "idle with work", "Part of the time (%)", "run" },
      "<g id=\"gnuplot_plot_",
      4,
      800 },
    { "fleet",
      { "4 GPUs", "Compute used (%)", "Part of the GPUs at or below (%)", "mean", "p99",
        "Latency of the jobs of a GPU (ms)" },
      "<g id=\"gnuplot_plot_",
      3,
      800 },
};

static void every_svg_is_well_formed_and_labelled(void **state)
{
    struct err err;
    (void)state;

    folder_copy_sample(here, "svg");
    if (draw(FIGURE_SVG, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(figure_count, ARRAY_LEN(wanted));
    assert_int_equal(count_files(), ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        struct text svg;
        assert_string_equal(figures[i].name, wanted[i].name);
        assert_true(read_figure(wanted[i].name, "svg", &svg));
        markup_check(svg.bytes);
        assert_non_null(strstr(svg.bytes, "small_sample, best_effort, seed 1"));
        for (size_t k = 0; k < ARRAY_LEN(wanted[i].labels); k++) {
            if (!strstr(svg.bytes, wanted[i].labels[k])) {
                fail_msg("%s lacks '%s'", wanted[i].name, wanted[i].labels[k]);
            }
        }
        size_t count = count_of(svg.bytes, wanted[i].counted);
        if (count != wanted[i].count) {
            fail_msg("%s has %zu curves, not %zu", wanted[i].name, count, wanted[i].count);
        }
        text_fini(&svg);
    }
}

static uint32_t number_at(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void every_png_and_pdf_is_whole(void **state)
{
    struct err err;
    (void)state;

    folder_copy_sample(here, "png");
    if (draw(FIGURE_PNG | FIGURE_PDF, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(count_files(), 2 * ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        struct text png;
        struct text pdf;
        assert_true(read_figure(wanted[i].name, "png", &png));
        assert_true(png.size > 5000);
        assert_memory_equal(png.bytes, "\x89PNG\r\n\x1a\n", 8);
        assert_memory_equal(png.bytes + 12, "IHDR", 4);
        assert_int_equal(number_at(png.bytes + 16), 1280);
        assert_int_equal(number_at(png.bytes + 20), wanted[i].height);
        assert_true(read_figure(wanted[i].name, "pdf", &pdf));
        assert_memory_equal(pdf.bytes, "%PDF-", 5);
        text_fini(&pdf);
        text_fini(&png);
    }
}

static void a_broken_cell_is_told_with_its_place(void **state)
{
    static const struct {
        const char *file;
        const char *from;
        const char *to;
        const char *told;
    } cases[] = {
        { "timeline.csv", "compute,trainer,5", "compute,trainer,x5",
          "timeline.csv:3:22: switch_start_ns is 'x5" },
        { "fairness.csv", "jain_min", "jain_least",
          "fairness.csv:1:1: the header has no column "
          "jain_min" },
        { "windows.csv", "\ngpu0,", "\n",
          "windows.csv:2:1: the row has 5 cells; the header has 6" },
        { "engines.csv", "gpu0", "\"gpu0", "engines.csv:2:1: " },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err;
        folder_copy_sample(here, cases[i].file);
        folder_alter(here, cases[i].file, cases[i].from, cases[i].to);
        assert_int_equal(draw(FIGURE_SVG, &err), -1);
        assert_int_equal(err.kind, ERR_SCENARIO);
        if (!strstr(err.text, cases[i].told)) {
            fail_msg("'%s' lacks '%s'", err.text, cases[i].told);
        }
        /* The others are there. */
        assert_int_equal(count_files(), ARRAY_LEN(wanted) - 1);
    }
}

static void without_vms_or_summary_nothing_is_drawn(void **state)
{
    struct err err;
    (void)state;

    folder_copy_sample(here, "vms");
    folder_alter(here, "vms.csv", "latency_p99_ns", "latency_p98_ns");
    assert_int_equal(draw(FIGURE_SVG, &err), -1);
    assert_non_null(strstr(err.text, "no column latency_p99_ns"));
    assert_int_equal(count_files(), 0);

    folder_copy_sample(here, "summary");
    folder_alter(here, "summary.json", "\"seed\"", "\"sead\"");
    assert_int_equal(draw(FIGURE_SVG, &err), -1);
    assert_int_equal(err.kind, ERR_READ);
    folder_alter(here, "summary.json", "{", "{{");
    assert_int_equal(draw(FIGURE_SVG, &err), -1);
    assert_non_null(strstr(err.text, "summary.json:1:"));
    folder_write(here, "vms.csv", "", 0);
    folder_alter(here, "summary.json", "{{", "{");
    folder_alter(here, "summary.json", "\"sead\"", "\"seed\"");
    assert_int_equal(draw(FIGURE_SVG, &err), -1);
    assert_non_null(strstr(err.text, "empty"));
    assert_int_equal(count_files(), 0);
}

/* A run too short for anything leaves headers only, and figures that say so. */
static void empty_results_are_drawn(void **state)
{
    struct err err;
    struct text text;
    (void)state;

    folder_copy_sample(here, "empty");
    for (size_t i = 0; i + 1 < FOLDER_SAMPLE_FILES; i++) {
        char path[8192];
        snprintf(path, sizeof(path), "%s/%s", here, folder_sample_files[i]);
        folder_read(path, &text);
        size_t size = (size_t)(strchr(text.bytes, '\n') - text.bytes) + 1;
        if (strcmp(folder_sample_files[i], "vms.csv") != 0) {
            folder_write(here, folder_sample_files[i], text.bytes, size);
        }
        text_fini(&text);
    }
    if (draw(FIGURE_SVG, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(count_files(), ARRAY_LEN(wanted));
    assert_true(read_figure("timeline", "svg", &text));
    assert_non_null(strstr(text.bytes, "nothing ran"));
    text_fini(&text);
}

/* Every job takes the same: nothing of the distribution is slower than that. */
static void equal_latencies_are_drawn(void **state)
{
    static const char one[] = "vm,workload,latency_ns,jobs,cumulative_percent\n"
                              "trainer,train,5000000,10,100\n";
    struct err err;
    (void)state;

    folder_copy_sample(here, "equal");
    folder_write(here, "distribution.csv", one, sizeof(one) - 1);
    if (draw(FIGURE_SVG, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(count_files(), ARRAY_LEN(wanted));
}

static void a_folder_of_any_name_is_no_command(void **state)
{
    struct err err;
    (void)state;

    folder_copy_sample(here, "|a 'b' \"$HOME\" `c` <d\\n\xc3\xa9");
    if (draw(FIGURE_SVG, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(count_files(), ARRAY_LEN(wanted));
}

/* Runs with a program named gnuplot that is this shell script, or with none. */
static int draw_with(const char *script, struct err *err)
{
    char folder[8192];
    char program[8300];
    char *path = strdup(getenv("PATH"));

    folder_copy_sample(here, "fake");
    snprintf(folder, sizeof(folder), "%s/bin", here);
    snprintf(program, sizeof(program), "%s/gnuplot", folder);
    mkdir(folder, 0777);
    unlink(program);
    if (script) {
        folder_write(folder, "gnuplot", script, strlen(script));
        chmod(program, 0777);
    }
    setenv("PATH", folder, 1);
    *err = (struct err){ 0 };
    int result = figures_draw(here, FIGURE_SVG | FIGURE_PNG, err);
    setenv("PATH", path, 1);
    free(path);
    return result;
}

static void a_missing_gnuplot_is_no_error(void **state)
{
    struct err err;
    (void)state;

    assert_int_equal(draw_with(NULL, &err), FIGURES_NO_GNUPLOT);
    assert_non_null(strstr(err.text, "gnuplot is not installed; apt-get install gnuplot-nox, "
                                     "then vgpusim plot "));
    assert_int_equal(count_files(), 0);
}

static void what_gnuplot_says_is_in_the_error(void **state)
{
    struct err err;
    (void)state;

    assert_int_equal(draw_with("#!/bin/sh\necho 'no such\n   thing' >&2\nexit 3\n", &err), -1);
    assert_int_equal(err.kind, ERR_RUN);
    assert_string_equal(err.text, "figure latency_distribution: gnuplot: no such thing");
    assert_int_equal(count_files(), 0);
}

static void a_figure_that_is_cut_off_does_not_appear(void **state)
{
    struct err err;
    (void)state;

    int result = draw_with("#!/bin/sh\nwhile read -r name is value; do\n"
                           "  [ \"$name\" = output ] || continue\n"
                           "  eval \"printf '%s' '<svg>' >$value\"\n  exit 0\ndone\n",
                           &err);
    assert_int_equal(result, -1);
    assert_int_equal(err.kind, ERR_WRITE);
    assert_int_equal(count_files(), 0);
}

/* Variants whose names have commas, of which gnuplot would read only the beginning. */
static void a_comparison_is_drawn(void **state)
{
    static const char *const names[] = { "fifo", "token_bucket, burst: 3ms",
                                         "token_bucket, burst: 30ms" };
    struct err err = { 0 };
    struct text svg;
    char folder[8192];
    (void)state;

    folder_copy_sample(here, "compare");
    snprintf(folder, sizeof(folder), "%s/figures", here);
    struct figure_paths paths = {
        .csv = FOLDER_SAMPLE "/compare.csv",
        .folder = folder,
        .subtitle = "some_scenario",
        .names = names,
        .name_count = 3,
    };
    int result = figures_draw_file(FIGURE_COMPARE, &paths, FIGURE_SVG, &err);
    if (result == FIGURES_NO_GNUPLOT) {
        print_message("skipped: %s\n", err.text);
        skip();
    }
    if (result) {
        fail_msg("%s", err.text);
    }
    assert_true(read_figure("compare", "svg", &svg));
    markup_check(svg.bytes);
    assert_non_null(strstr(svg.bytes, "some_scenario"));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_non_null(strstr(svg.bytes, names[i]));
    }
    text_fini(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_svg_is_well_formed_and_labelled),
        cmocka_unit_test(every_png_and_pdf_is_whole),
        cmocka_unit_test(a_broken_cell_is_told_with_its_place),
        cmocka_unit_test(without_vms_or_summary_nothing_is_drawn),
        cmocka_unit_test(empty_results_are_drawn),
        cmocka_unit_test(equal_latencies_are_drawn),
        cmocka_unit_test(a_folder_of_any_name_is_no_command),
        cmocka_unit_test(a_missing_gnuplot_is_no_error),
        cmocka_unit_test(what_gnuplot_says_is_in_the_error),
        cmocka_unit_test(a_figure_that_is_cut_off_does_not_appear),
        cmocka_unit_test(a_comparison_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
