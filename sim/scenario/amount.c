#include "engine/amount.h"

#include "base/nearest.h"
#include "base/quantity.h"
#include "engine/exact.h"
#include "scenario/columns.h"
#include "scenario/inputs.h"
#include "scenario/language.h"
#include "scenario/value.h"

#include <math.h>
#include <string.h>

enum { PARTS_MAX = 64 };

enum unit {
    UNIT_OPEN, /* Time or bytes, as the first quantity says. */
    UNIT_TIME,
    UNIT_BYTES,
};

/* An amount while it is read. */
struct draft {
    const struct amount_want *want;
    enum unit unit;
    bool is_good;
    bool has_scale;
    double cv;
    double shape;
    struct amount amount;
};

/* -------------------------------------------------------------------------- quantities */

static bool read_quantity(struct check *check, const struct node *node, struct draft *draft,
                          double *ret)
{
    struct err err;
    int64_t value;

    if (!check_text(check, node)) {
        return draft->is_good = false;
    }
    if (draft->unit == UNIT_OPEN) {
        draft->unit = quantity_is_bytes(node->text) ? UNIT_BYTES : UNIT_TIME;
    }
    bool is_time = draft->unit == UNIT_TIME;
    if (is_time ? quantity_read_time(node->text, &value, &err)
                : quantity_read_bytes(node->text, &value, &err)) {
        check_refuse_value(check, node, "%s", err.text);
        return draft->is_good = false;
    }
    if (value > (is_time ? AMOUNT_TIME_MAX : AMOUNT_BYTES_MAX)) {
        check_refuse_value(check, node, "it must be at most %s", is_time ? "100d" : "1024TiB");
        return draft->is_good = false;
    }
    *ret = (double)value;
    return true;
}

/* A quantity that must not be 0. */
static void read_positive(struct check *check, const struct node *node, struct draft *draft,
                          double *ret)
{
    double value;

    if (!read_quantity(check, node, draft, &value)) {
        return;
    }
    if (value <= 0.0) {
        check_refuse_value(check, node, "it must be more than 0");
        draft->is_good = false;
        return;
    }
    *ret = value;
}

static void read_mean(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;

    read_positive(check, node, draft, &draft->amount.mean);
}

static void read_scale(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;

    draft->has_scale = true;
    read_positive(check, node, draft, &draft->amount.scale);
}

static void read_constant(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;

    (void)read_quantity(check, node, draft, &draft->amount.mean);
}

static void read_uniform(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;

    if (node->kind != NODE_LIST || node->count != 2) {
        check_refuse_value(check, node, "it must be a list of two, as [1ms, 9ms]");
        draft->is_good = false;
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        size_t before = check_enter_item(check, i);
        (void)read_quantity(check, node->items[i], draft,
                            i == 0 ? &draft->amount.low : &draft->amount.high);
        check_leave(check, before);
    }
    if (draft->is_good && draft->amount.low > draft->amount.high) {
        check_refuse(check, node->place,
                     "%s begins at %s and ends at %s; it must not end before",
                     check_subject(check), node->items[0]->text, node->items[1]->text);
        draft->is_good = false;
    }
}

/* ------------------------------------------------------------ distributions with shape */

/* clang-format off */
#define CV_FIELD(least, words)                                                                 \
    { .name = "cv", .kind = FIELD_NUMBER, .offset = offsetof(struct draft, cv),                \
      .required = true, .min = (least), .max = 100000000,                                      \
      .doc = "Coefficient of variation: standard deviation divided by mean" words "." }
#define SHAPE_FIELD(least, most)                                                               \
    { .name = "shape", .kind = FIELD_NUMBER, .offset = offsetof(struct draft, shape),          \
      .required = true, .min = (least), .max = (most),                                         \
      .doc = "Shape of the distribution; the smaller, the longer its tail." }

static const struct field cv_fields[] = { CV_FIELD(1000, "") };
static const struct field hyper_fields[] = { CV_FIELD(1000000, ", at least 1") };
static const struct field pareto_fields[] = { SHAPE_FIELD(100000, 1000000000) };
static const struct field weibull_fields[] = { SHAPE_FIELD(100000, 100000000) };
static const struct member mean_members[] = {
    { .name = "mean", .form = FORM_TIME, .required = true, .read = read_mean,
      .doc = "Mean; more than 0." },
};
static const struct member scale_members[] = {
    { .name = "scale", .form = FORM_TIME, .read = read_scale,
      .doc = "Scale (of a pareto: the least value). Instead: mean." },
    { .name = "mean", .form = FORM_TIME, .read = read_mean,
      .doc = "Mean. Instead: scale." },
};
/* clang-format on */

static const struct shape cv_shape = {
    .title = "A mean and its spread",
    .fields = cv_fields,
    .field_count = 1,
    .members = mean_members,
    .member_count = 1,
};
static const struct shape hyper_shape = {
    .title = "A mean and its spread",
    .fields = hyper_fields,
    .field_count = 1,
    .members = mean_members,
    .member_count = 1,
};
static const struct shape pareto_shape = {
    .title = "A scale and a shape",
    .fields = pareto_fields,
    .field_count = 1,
    .members = scale_members,
    .member_count = ARRAY_LEN(scale_members),
};
static const struct shape weibull_shape = {
    .title = "A scale and a shape",
    .fields = weibull_fields,
    .field_count = 1,
    .members = scale_members,
    .member_count = ARRAY_LEN(scale_members),
};

static void read_spread(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;
    const struct shape *shape =
        draft->amount.kind == AMOUNT_HYPEREXPONENTIAL ? &hyper_shape : &cv_shape;

    draft->is_good = shape_read(check, node, shape, draft) && draft->is_good;
    draft->amount.cv = draft->cv;
}

/* The gamma function for x >= 1, by Stirling's series at x + 8; relative error below 1e-12. */
static double gamma_of(double x)
{
    double below = 1.0;

    for (int i = 0; i < 8; i++) {
        below *= x;
        x += 1.0;
    }
    double r = 1.0 / (x * x);
    double series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / x;
    double log_gamma = (x - 0.5) * exact_log(x) - x + 0.9189385332046727 + series;
    return exact_exp(log_gamma) / below;
}

static void read_tail(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;
    struct amount *amount = &draft->amount;
    bool is_pareto = amount->kind == AMOUNT_PARETO;

    if (!shape_read(check, node, is_pareto ? &pareto_shape : &weibull_shape, draft)) {
        draft->is_good = false;
        return;
    }
    amount->shape = draft->shape;
    if (draft->has_scale == (node_find(node, "mean") != NULL)) {
        check_refuse(check, node->place, "%s has %s; it takes one of 'scale' and 'mean'",
                     check_subject(check), draft->has_scale ? "both" : "neither");
        draft->is_good = false;
    } else if (!draft->has_scale && is_pareto && amount->shape <= 1.0) {
        check_refuse(check, node->place,
                     "%s has a mean and a shape of at most 1, whose mean is infinite; give "
                     "'scale' instead",
                     check_subject(check));
        draft->is_good = false;
    } else if (!draft->has_scale && amount->shape > 0.0) {
        amount->scale = is_pareto ? amount->mean * (amount->shape - 1.0) / amount->shape
                                  : amount->mean / gamma_of(1.0 + 1.0 / amount->shape);
    }
}

/* --------------------------------------------------------------------- measured values */

/* clang-format off */
static const struct field source_fields[] = {
    { .name = "file", .kind = FIELD_FILE, .offset = offsetof(struct amount_source, file),
      .required = true, .doc = "CSV file with a header row, relative to the scenario." },
    { .name = "column", .kind = FIELD_TEXT, .offset = offsetof(struct amount_source, column),
      .required = true, .doc = "Name of the column that holds the values." },
    { .name = "vm", .kind = FIELD_TEXT, .offset = offsetof(struct amount_source, vm),
      .absent = "all rows", .doc = "Only rows whose column `vm` holds this text." },
    { .name = "unit", .kind = FIELD_CHOICE, .offset = offsetof(struct amount_source, unit),
      .choices = column_unit_words,
      .doc = "Unit of the column; by_name: as the end of its name says, _ns, _us, _ms, ..." },
};
/* clang-format on */

static const struct shape source_shape = {
    .title = "A column of a file",
    .fields = source_fields,
    .field_count = ARRAY_LEN(source_fields),
};

static void read_measured(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;
    struct amount_source *source = arena_take(check->arena, 1, sizeof(*source));

    if (!shape_read(check, node, &source_shape, source) || !source->file) {
        draft->is_good = false;
        return;
    }
    struct column column = { .name = source->column, .unit = source->unit };
    struct column_query query = {
        .file = source->file,
        .vm = source->vm,
        .columns = &column,
        .column_count = 1,
    };
    if (!columns_read(check, node, &query)) {
        draft->is_good = false;
        return;
    }
    if (column.is_bytes && !draft->want->bytes) {
        check_refuse(check, node->place, "%s is a column of sizes; it must be one of times",
                     check_subject(check));
        draft->is_good = false;
        return;
    }
    draft->unit = column.is_bytes ? UNIT_BYTES : UNIT_TIME;
    draft->amount.values = column.values;
    draft->amount.value_count = query.row_count;
    draft->amount.source = source;
}

/* ---------------------------------------------------------------------------- mixtures */

struct part {
    uint32_t weight_ppm;
    struct draft *draft;
    struct amount *amount;
};

static void read_part_amount(struct check *check, const struct node *node, void *target)
{
    struct part *part = target;
    struct draft *draft = part->draft;
    struct amount_want want = { .bytes = draft->unit != UNIT_TIME, .one = true };
    bool is_bytes = false;

    if (!amount_read(check, node, &want, part->amount, &is_bytes)) {
        draft->is_good = false;
        return;
    }
    if (draft->unit == UNIT_OPEN) {
        draft->unit = is_bytes ? UNIT_BYTES : UNIT_TIME;
    } else if ((draft->unit == UNIT_BYTES) != is_bytes) {
        check_refuse(check, node->place, "%s is %s; the other parts are %s",
                     check_subject(check), is_bytes ? "a size" : "a time",
                     is_bytes ? "times" : "sizes");
        draft->is_good = false;
    }
}

/* clang-format off */
static const struct field part_fields[] = {
    { .name = "weight", .kind = FIELD_SHARE, .offset = offsetof(struct part, weight_ppm),
      .required = true, .min = 1, .max = PPM, .doc = "Chance of this part, in percent." },
};
static const struct member part_members[] = {
    { .name = "of", .form = FORM_AMOUNT, .required = true, .read = read_part_amount,
      .doc = "The amount that is drawn then." },
};
/* clang-format on */

static const struct shape part_shape = {
    .title = "A part of a mixture",
    .fields = part_fields,
    .field_count = ARRAY_LEN(part_fields),
    .members = part_members,
    .member_count = ARRAY_LEN(part_members),
};

static void read_mixture(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;
    uint64_t sum = 0;

    if (node->kind != NODE_LIST || node->count == 0 || node->count > PARTS_MAX) {
        check_refuse_value(check, node, "it must be a list of 1 to %d parts", PARTS_MAX);
        draft->is_good = false;
        return;
    }
    struct amount *parts = arena_take(check->arena, node->count, sizeof(*parts));
    double *weights = arena_take(check->arena, node->count, sizeof(*weights));
    if (!draft->want->bytes) {
        draft->unit = UNIT_TIME;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        struct part part = { .draft = draft, .amount = &parts[i] };
        size_t before = check_enter_item(check, i);
        draft->is_good =
            shape_read(check, node->items[i], &part_shape, &part) && draft->is_good;
        check_leave(check, before);
        weights[i] = (double)part.weight_ppm / (double)PPM;
        sum += part.weight_ppm;
    }
    if (draft->is_good && sum != (uint64_t)PPM) {
        struct text text;
        text_init(&text);
        quantity_write_share(&text, (int64_t)sum);
        check_refuse(check, node->place, "the weights of %s add up to %s; they must be 100%%",
                     check_subject(check), text.bytes);
        text_fini(&text);
        draft->is_good = false;
    }
    draft->amount.parts = parts;
    draft->amount.weights = weights;
    draft->amount.part_count = node->count;
}

/* ------------------------------------------------------------------------------- kinds */

/* clang-format off */
#define KIND(id, key, how, reader, of, words)                                                  \
    { .kind = (id), .shape = { .title = (key), .member_count = 1,                              \
      .members = &(const struct member){ .name = (key), .form = (how), .required = true,       \
                                         .shape = (of), .read = (reader), .doc = (words) } } }

const struct kind_shape amount_kinds[] = {
    KIND(AMOUNT_CONSTANT, "constant", FORM_TIME, read_constant, NULL,
         "Always the same; the plain value says it, too."),
    KIND(AMOUNT_EXPONENTIAL, "exponential", FORM_TIME, read_mean, NULL,
         "Exponential with this mean."),
    KIND(AMOUNT_UNIFORM, "uniform", FORM_TIMES_OR_SIZES, read_uniform, NULL,
         "Uniform between two values, both included."),
    KIND(AMOUNT_LOGNORMAL, "lognormal", FORM_MAP, read_spread, &cv_shape, "Lognormal."),
    KIND(AMOUNT_GAMMA, "gamma", FORM_MAP, read_spread, &cv_shape, "Gamma."),
    KIND(AMOUNT_HYPEREXPONENTIAL, "hyperexponential", FORM_MAP, read_spread, &hyper_shape,
         "Two exponential phases with balanced means."),
    KIND(AMOUNT_PARETO, "pareto", FORM_MAP, read_tail, &pareto_shape,
         "Pareto: P(X > x) = (scale / x)^shape."),
    KIND(AMOUNT_WEIBULL, "weibull", FORM_MAP, read_tail, &weibull_shape,
         "Weibull: P(X > x) = exp(-(x / scale)^shape)."),
    KIND(AMOUNT_EMPIRICAL, "empirical", FORM_MAP, read_measured, &source_shape,
         "One of the values of a file, each as likely as the others."),
    KIND(AMOUNT_SEQUENCE, "sequence", FORM_MAP, read_measured, &source_shape,
         "The values of a file, one after the other, again from the first."),
    KIND(AMOUNT_MIXTURE, "mixture", FORM_MIXTURE, read_mixture, &part_shape,
         "One of several amounts, by weight; the weights add up to 100%."),
};
/* clang-format on */
const size_t amount_kind_count = ARRAY_LEN(amount_kinds);

static bool read_plain(struct check *check, const struct node *node, struct draft *draft)
{
    if (strcmp(node->text, "trace") == 0) {
        draft->amount.kind = AMOUNT_TRACE;
        if (!draft->want->trace) {
            check_refuse_value(check, node,
                               "that is for GPU phases of a workload that arrives by trace");
            draft->is_good = false;
        }
        return draft->is_good;
    }
    return read_quantity(check, node, draft, &draft->amount.mean);
}

bool amount_read(struct check *check, const struct node *node, const struct amount_want *want,
                 struct amount *ret, bool *ret_is_bytes)
{
    struct draft draft = {
        .want = want,
        .unit = want->bytes ? UNIT_OPEN : UNIT_TIME,
        .is_good = true,
    };

    if (node->kind == NODE_TEXT && !node->is_empty) {
        (void)read_plain(check, node, &draft);
    } else if (node->kind == NODE_MAP) {
        const struct kind_shape *kind =
            kind_find(check, node, amount_kinds, amount_kind_count, "an amount");
        if (!kind) {
            return false;
        }
        draft.amount.kind = (enum amount_kind)kind->kind;
        if (want->one && (kind->kind == AMOUNT_SEQUENCE || kind->kind == AMOUNT_MIXTURE)) {
            check_refuse(check, node->place, "%s is a %s; a mixture cannot have that as a part",
                         check_subject(check), kind->shape.title);
            return false;
        }
        draft.is_good = shape_read(check, node, &kind->shape, &draft) && draft.is_good;
    } else {
        check_refuse_value(check, node,
                           "an amount is as 5ms or {lognormal: {mean: 5ms, cv: 1}}");
        return false;
    }
    if (draft.is_good) {
        *ret = draft.amount;
        if (ret_is_bytes) {
            *ret_is_bytes = draft.unit == UNIT_BYTES;
        }
    }
    return draft.is_good;
}
