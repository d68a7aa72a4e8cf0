#include "scenario/record.h"

#include "base/assert.h"
#include "scenario/inputs.h"
#include "scenario/language.h"

#include <stdlib.h>
#include <string.h>

bool record_is_file(const char *text)
{
    size_t size = strlen(text);

    return (size > 5 && strcmp(text + size - 5, ".yaml") == 0) ||
           (size > 4 && strcmp(text + size - 4, ".yml") == 0);
}

const char *const record_origins[] = { "kept", "read", "fitted", NULL };

/* Beyond every number of a calibration, in millionths. */
#define NUMBER_MAX INT64_C(10000000000000000)

/* One line of the residuals. */
struct residual {
    const char *regime;
    const char *metric;
    uint32_t vms;
    double median;
    double p95;
    double max;
};

/* What one file of slices shows. */
struct switches {
    const char *file;
    uint32_t switches;
    nsec preempt_ns[3]; /* The middle one, and its 95 % interval. */
    nsec restore_ns[3];
};

/* clang-format off */
#define NUMBER(member) offsetof(struct record_number, member)

static const struct field number_fields[] = {
    { .name = "key", .kind = FIELD_TEXT, .offset = NUMBER(key), .required = true,
      .doc = "What it is, as in the catalogue's measured.csv." },
    { .name = "value", .kind = FIELD_NUMBER, .offset = NUMBER(value), .required = true,
      .min = 0, .max = NUMBER_MAX, .doc = "In the unit that the key ends in; else a ratio." },
    { .name = "low", .kind = FIELD_NUMBER, .offset = NUMBER(low), .min = 0, .max = NUMBER_MAX,
      .absent = "no interval", .doc = "Where its 95 % interval begins." },
    { .name = "high", .kind = FIELD_NUMBER, .offset = NUMBER(high), .min = 0, .max = NUMBER_MAX,
      .absent = "no interval", .doc = "Where it ends." },
    { .name = "from", .kind = FIELD_CHOICE, .offset = NUMBER(from), .choices = record_origins,
      .doc = "Kept as nothing depends on it, read off the measurements, or fitted to them." },
    { .name = "scenarios", .kind = FIELD_COUNT, .offset = NUMBER(scenarios), .min = 0,
      .max = UINT32_MAX, .doc = "So many measured scenarios it rests on." },
};

static const struct field residual_fields[] = {
    { .name = "regime", .kind = FIELD_TEXT, .offset = offsetof(struct residual, regime),
      .required = true, .doc = "What the VMs did." },
    { .name = "metric", .kind = FIELD_TEXT, .offset = offsetof(struct residual, metric),
      .required = true, .doc = "What was predicted." },
    { .name = "vms", .kind = FIELD_COUNT, .offset = offsetof(struct residual, vms),
      .min = 0, .max = UINT32_MAX, .doc = "So many VMs." },
    { .name = "median", .kind = FIELD_NUMBER, .offset = offsetof(struct residual, median),
      .min = 0, .max = NUMBER_MAX, .doc = "The middle one of their absolute errors, in percent "
      "of what was measured." },
    { .name = "p95", .kind = FIELD_NUMBER, .offset = offsetof(struct residual, p95),
      .min = 0, .max = NUMBER_MAX, .doc = "Their 95th percentile." },
    { .name = "max", .kind = FIELD_NUMBER, .offset = offsetof(struct residual, max),
      .min = 0, .max = NUMBER_MAX, .doc = "The largest one." },
};

#define SEEN(part)                                                                             \
    .kind = FIELD_TIME, .offset = offsetof(struct switches, part), .min = 0, .max = SEC,       \
    .required = true

static const struct field switches_fields[] = {
    { .name = "file", .kind = FIELD_TEXT, .offset = offsetof(struct switches, file),
      .required = true, .doc = "The file of slices; its name says what state kernels hold." },
    { .name = "switches", .kind = FIELD_COUNT, .offset = offsetof(struct switches, switches),
      .min = 0, .max = UINT32_MAX, .doc = "So many switches." },
    { .name = "preempt", SEEN(preempt_ns[0]),
      .doc = "From a VM that still has work: the middle one." },
    { .name = "preempt_low", SEEN(preempt_ns[1]), .doc = "Where its 95 % interval begins." },
    { .name = "preempt_high", SEEN(preempt_ns[2]), .doc = "Where it ends." },
    { .name = "restore", SEEN(restore_ns[0]),
      .doc = "Inside the slice: the slice less the middle stay." },
    { .name = "restore_low", SEEN(restore_ns[1]), .doc = "Where its 95 % interval begins." },
    { .name = "restore_high", SEEN(restore_ns[2]), .doc = "Where it ends." },
};

static const struct field fields[] = {
    { .name = "device", .kind = FIELD_TEXT, .offset = offsetof(struct record, device),
      .required = true, .doc = "The device of the catalogue that was measured." },
    { .name = "driver", .kind = FIELD_TEXT, .offset = offsetof(struct record, driver),
      .absent = "not said", .doc = "The driver under which it was." },
    { .name = "date", .kind = FIELD_TEXT, .offset = offsetof(struct record, date),
      .absent = "not said", .doc = "The day on which it was." },
    { .name = "checksum", .kind = FIELD_TEXT, .offset = offsetof(struct record, checksum),
      .absent = "not said", .doc = "Of the files of the measurements (FNV-1a, 64 bits)." },
};
/* clang-format on */

const struct shape record_number_shape = {
    .title = "A number of a calibration",
    .fields = number_fields,
    .field_count = ARRAY_LEN(number_fields),
};

const struct shape record_residual_shape = {
    .title = "What is left over",
    .fields = residual_fields,
    .field_count = ARRAY_LEN(residual_fields),
};

static void read_numbers(struct check *check, const struct node *node, void *target)
{
    struct record *record = target;

    if (!check_list(check, node)) {
        return;
    }
    struct record_number *numbers = arena_take(check->arena, node->count, sizeof(*numbers));
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter_item(check, i);
        (void)shape_read(check, node->items[i], &record_number_shape, &numbers[i]);
        check_leave(check, before);
        numbers[i].place = node->items[i]->place;
    }
    record->numbers = numbers;
    record->number_count = node->count;
}

const struct shape record_switches_shape = {
    .title = "Switches that were seen",
    .fields = switches_fields,
    .field_count = ARRAY_LEN(switches_fields),
};

/* Reads a list whose items nobody needs, so that mistakes in it are told. */
static void read_list(struct check *check, const struct node *node, const struct shape *shape,
                      void *item)
{
    if (!check_list(check, node)) {
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter_item(check, i);
        (void)shape_read(check, node->items[i], shape, item);
        check_leave(check, before);
    }
}

static void read_switches(struct check *check, const struct node *node, void *target)
{
    struct switches switches;

    (void)target;
    read_list(check, node, &record_switches_shape, &switches);
}

static void read_residuals(struct check *check, const struct node *node, void *target)
{
    struct residual residual;

    (void)target;
    read_list(check, node, &record_residual_shape, &residual);
}

/* clang-format off */
static const struct member members[] = {
    { .name = "numbers", .form = FORM_LIST, .shape = &record_number_shape, .required = true,
      .read = read_numbers, .doc = "All that was fitted, or read off." },
    { .name = "switches", .form = FORM_LIST, .shape = &record_switches_shape,
      .read = read_switches, .absent = "not said",
      .doc = "What switches cost by the state that kernels hold, seen from inside them." },
    { .name = "residuals", .form = FORM_LIST, .shape = &record_residual_shape,
      .read = read_residuals, .absent = "not said",
      .doc = "How far replays with those numbers are from what was measured." },
};
/* clang-format on */

const struct shape record_shape = {
    .title = "The record of a calibration",
    .doc = "Where the numbers of a device come from; `vgpusim calibrate` writes it. It changes "
           "nothing in a run;\n`vgpusim validate --calibration` reads it.",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

void record_read(struct check *check, const struct node *node, struct record *ret)
{
    (void)shape_read(check, node, &record_shape, ret);
}

/* ---------------------------------------------------------------- a file by itself */

static void load(struct check *check, const struct node_text *text, struct record *ret)
{
    struct gpu_entry gpu = { 0 };
    struct err err;

    if (node_parse(check->arena, text, &check->root, &err)) {
        check_add(check, &err);
        return;
    }
    (void)check_enter(check, "device");
    device_read_file(check, check->root, &gpu);
    const struct node *measured = node_find(check->root, "measured");
    if (check->errors->count == 0 && !measured) {
        check_refuse(
            check, check->root->place,
            "device lacks the key 'measured', under which calibrate writes its numbers");
    } else if (check->errors->count == 0) {
        record_read(check, measured, ret);
    }
}

int record_load(const struct node_text *text, struct catalogue *catalogue, struct record *ret,
                struct err *err)
{
    const struct scenario_source source = { .file = text->file };
    struct err_list errors = { .count = 0 };
    struct record record = { 0 };
    struct check *check = calloc(1, sizeof(*check));

    if (!check) {
        out_of_memory();
    }
    check->kind = ERR_SCENARIO;
    check->source = &source;
    check->arena = catalogue->arena;
    check->errors = &errors;
    check->catalogue = catalogue;
    load(check, text, &record);
    free(check);
    if (errors.count > 0) {
        *err = errors.errors[0];
        return -1;
    }
    *ret = record;
    return 0;
}
