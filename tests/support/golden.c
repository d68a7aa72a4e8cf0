#include "support/golden.h"

#include "base/csv.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 16, PIECES_MAX = 1024 };

#define ANY_JOB (UINT64_MAX - 1)

void golden_workload(struct build *b)
{
    uint32_t a = build_vm(b, "A");
    uint32_t second = build_vm(b, "B");
    uint32_t third = build_vm(b, "C");

    build_jobs(b, a, (const struct build_job[]){ { 0, 6 * MSEC }, { 10 * MSEC, 2 * MSEC } }, 2);
    build_jobs(b, second, (const struct build_job[]){ { 1 * MSEC, 3 * MSEC } }, 1);
    build_jobs(b, third, (const struct build_job[]){ { 2 * MSEC, 4 * MSEC } }, 1);
}

static uint32_t vm_of(const struct build *b, const char *name)
{
    uint32_t vm = 0;

    while (strcmp(b->vms[vm].name, name) != 0) {
        vm++;
        assert_true(vm < b->scenario.vm_count);
    }
    return vm;
}

/* The number of job a1 is 0; a job that is only called after its VM may be any. */
static uint64_t job_of(const char *name)
{
    return name[1] ? strtoull(name + 1, NULL, 10) - 1 : ANY_JOB;
}

/* Puts a piece at the end, joined to the last one if it goes on with the same job. */
static size_t add(struct record_piece *pieces, size_t count, const struct record_piece *piece)
{
    struct record_piece *last = count > 0 ? &pieces[count - 1] : NULL;

    if (last && last->end_ns == piece->start_ns && last->vm == piece->vm &&
        last->number == piece->number) {
        last->end_ns = piece->end_ns;
        return count;
    }
    assert_true(count < PIECES_MAX);
    pieces[count] = *piece;
    return count + 1;
}

static size_t read_schedule(const struct build *b, const char *schedule,
                            struct record_piece *pieces)
{
    static const char path[] = "tests/policy/golden.csv";
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(FILE_BYTES_MAX);
    struct csv_field fields[8];
    struct csv csv;
    struct err err;
    size_t count = 0;

    assert_non_null(file);
    assert_non_null(bytes);
    size_t size = fread(bytes, 1, FILE_BYTES_MAX - 1, file);
    assert_true(size > 0 && size < FILE_BYTES_MAX - 1);
    assert_int_equal(fclose(file), 0);
    csv_init(&csv, path, bytes, size);
    for (int n; (n = csv_row(&csv, fields, ARRAY_LEN(fields), &err)) != 0;) {
        assert_true(n > 0);
        if (n != 5 || strcmp(fields[0].text, schedule) != 0) {
            continue;
        }
        count = add(pieces, count,
                    &(struct record_piece){
                        .start_ns = strtoll(fields[1].text, NULL, 10) * MSEC,
                        .end_ns = strtoll(fields[2].text, NULL, 10) * MSEC,
                        .vm = vm_of(b, fields[3].text),
                        .number = job_of(fields[4].text),
                    });
    }
    free(bytes);
    return count;
}

/* What ran before `end_ns`, with jobs as the schedule names them. */
static size_t read_record(const struct build *b, bool any_job, nsec end_ns,
                          struct record_piece *pieces)
{
    size_t all_count;
    size_t count = 0;
    struct record_piece *all = record_pieces(&b->record, ENGINE_COMPUTE, &all_count);

    for (size_t i = 0; i < all_count; i++) {
        if (all[i].start_ns < end_ns) {
            all[i].number = any_job ? ANY_JOB : all[i].number;
            all[i].end_ns = all[i].end_ns < end_ns ? all[i].end_ns : end_ns;
            count = add(pieces, count, &all[i]);
        }
    }
    free(all);
    return count;
}

void golden_check(const struct build *b, const char *schedule)
{
    struct record_piece want[PIECES_MAX];
    struct record_piece got[PIECES_MAX];
    size_t want_count = read_schedule(b, schedule, want);

    if (want_count == 0) {
        fail_msg("there is no schedule '%s'", schedule);
    }
    /* Where the work has no end, the schedule says how long to look. */
    bool any_job = want[0].number == ANY_JOB;
    size_t got_count =
        read_record(b, any_job, any_job ? want[want_count - 1].end_ns : NSEC_MAX, got);
    for (size_t i = 0; i < want_count && i < got_count; i++) {
        if (want[i].start_ns != got[i].start_ns || want[i].end_ns != got[i].end_ns ||
            want[i].vm != got[i].vm || want[i].number != got[i].number) {
            fail_msg("piece %zu of '%s': want %s%.6g-%.6g, got %s%.6g-%.6g ms", i, schedule,
                     b->vms[want[i].vm].name, (double)want[i].start_ns / 1e6,
                     (double)want[i].end_ns / 1e6, b->vms[got[i].vm].name,
                     (double)got[i].start_ns / 1e6, (double)got[i].end_ns / 1e6);
        }
    }
    assert_int_equal(got_count, want_count);
}
