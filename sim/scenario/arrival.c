#include "base/quantity.h"
#include "scenario/language.h"

#include <math.h>

enum { STATES_MAX = 64 };

/* ------------------------------------------------------------------------------- rates */

/* The mean gap of a rate above 0; false, and refused, if it is none. */
static bool read_gap(struct check *check, const struct node *node, double *ret_gap_ns)
{
    struct err err;
    double gap;

    if (!check_text(check, node)) {
        return false;
    }
    if (quantity_read_rate(node->text, NULL, &gap, &err)) {
        check_refuse_value(check, node, "%s", err.text);
        return false;
    }
    if (gap < 1.0 || gap > (double)RUN_LENGTH_MAX) {
        check_refuse_value(check, node,
                           "a rate must be more than 1/year and at most "
                           "1000000000/s");
        return false;
    }
    *ret_gap_ns = gap;
    return true;
}

static struct arrival *arrival_of(void *target)
{
    return &((struct workload_entry *)target)->workload.arrival;
}

static void read_rate(struct check *check, const struct node *node, void *target)
{
    (void)read_gap(check, node, &arrival_of(target)->mean_gap_ns);
}

static void read_period(struct check *check, const struct node *node, void *target)
{
    struct arrival *arrival = arrival_of(target);
    struct err err;
    nsec period;

    if (!check_text(check, node)) {
        return;
    }
    if (quantity_is_rate(node->text)) {
        (void)read_gap(check, node, &arrival->period_ns);
        return;
    }
    if (quantity_read_time(node->text, &period, &err)) {
        check_refuse_value(check, node,
                           "a period is a rate, as 60/s, or a time with its unit, as 16.67ms");
        return;
    }
    if (period <= 0 || period > AMOUNT_TIME_MAX) {
        check_refuse_value(check, node, "it must be between 1ns and 100d");
        return;
    }
    arrival->period_ns = (double)period;
}

static void read_amount(struct check *check, const struct node *node, struct amount *ret)
{
    static const struct amount_want time = { 0 };

    (void)amount_read(check, node, &time, ret, NULL);
}

/* A plain time is the end of a range that begins at 0: delaying all alike is no jitter. */
static void read_jitter(struct check *check, const struct node *node, void *target)
{
    struct arrival *arrival = arrival_of(target);
    struct amount *jitter = &arrival->jitter;

    read_amount(check, node, jitter);
    arrival->has_jitter = true;
    if (node->kind == NODE_TEXT) {
        *jitter = (struct amount){ .kind = AMOUNT_UNIFORM, .high = jitter->mean };
    }
}

static void read_on(struct check *check, const struct node *node, void *target)
{
    read_amount(check, node, &arrival_of(target)->on);
}

static void read_off(struct check *check, const struct node *node, void *target)
{
    read_amount(check, node, &arrival_of(target)->off);
}

static void read_think(struct check *check, const struct node *node, void *target)
{
    read_amount(check, node, &arrival_of(target)->think);
}

/* ------------------------------------------------------------------------- mmpp states */

static bool check_states(struct check *check, const struct node *node, struct arrival *arrival)
{
    if (node->kind != NODE_LIST || node->count < 1 || node->count > STATES_MAX) {
        check_refuse_value(check, node, "it must be a list of 1 to %d states", STATES_MAX);
        return false;
    }
    if (arrival->state_count > 0 && arrival->state_count != node->count) {
        check_refuse(check, node->place, "%s has %u states, its rates are for %u",
                     check_subject(check), node->count, arrival->state_count);
        return false;
    }
    arrival->state_count = node->count;
    return true;
}

static void read_rates(struct check *check, const struct node *node, void *target)
{
    struct arrival *arrival = arrival_of(target);
    bool is_silent = true;

    if (!check_states(check, node, arrival)) {
        return;
    }
    double *gaps = arena_take(check->arena, node->count, sizeof(*gaps));
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *item = node->items[i];
        struct err err;
        size_t before = check_enter_item(check, i);
        gaps[i] = INFINITY;
        /* A state may be silent. */
        bool is_zero = item->kind == NODE_TEXT &&
                       quantity_read_rate(item->text, NULL, &gaps[i], &err) == 0 &&
                       isinf(gaps[i]);
        is_silent = is_silent && is_zero;
        if (!is_zero) {
            (void)read_gap(check, item, &gaps[i]);
        }
        check_leave(check, before);
    }
    if (is_silent) {
        check_refuse(check, node->place, "%s are all 0; at least one state must have arrivals",
                     check_subject(check));
    }
    arrival->gaps_ns = gaps;
}

static void read_stay(struct check *check, const struct node *node, void *target)
{
    struct arrival *arrival = arrival_of(target);

    if (!check_states(check, node, arrival)) {
        return;
    }
    struct amount *stays = arena_take(check->arena, node->count, sizeof(*stays));
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter_item(check, i);
        read_amount(check, node->items[i], &stays[i]);
        if (amount_includes_zero(&stays[i])) {
            check_refuse_value(check, node->items[i], "a stay must take time, at least 1us");
        }
        check_leave(check, before);
    }
    arrival->stays = stays;
}

/* ------------------------------------------------------------------------------ shapes */

/* clang-format off */
#define ENTRY(member) offsetof(struct workload_entry, workload.arrival.member)
#define OFFSET_FIELD                                                                           \
    { .name = "offset", .kind = FIELD_TIME, .offset = ENTRY(offset_ns), .min = 0,              \
      .max = RUN_LENGTH_MAX, .doc = "Added to the time of every arrival." }

static const struct field offset_fields[] = { OFFSET_FIELD };

static const struct field closed_fields[] = {
    { .name = "clients", .kind = FIELD_COUNT, .offset = ENTRY(clients),
      .min = 1, .max = WORKLOAD_CLIENTS_MAX, .fallback = 1,
      .doc = "Clients, each of which thinks, submits a job and waits for its end." },
};
static const struct member closed_members[] = {
    { .name = "think", .form = FORM_AMOUNT, .read = read_think, .absent = "0s",
      .doc = "Time from the end of a job to the client's next one." },
};
static const struct shape closed_shape = {
    .title = "A closed loop",
    .fields = closed_fields, .field_count = ARRAY_LEN(closed_fields),
    .members = closed_members, .member_count = ARRAY_LEN(closed_members),
};

#define RATE_MEMBER                                                                            \
    { .name = "rate", .form = FORM_RATE, .required = true, .read = read_rate,                  \
      .doc = "Arrivals per time on average." }

static const struct field gamma_fields[] = {
    { .name = "cv", .kind = FIELD_NUMBER, .offset = ENTRY(cv), .required = true,
      .min = 1000, .max = 100000000,
      .doc = "Coefficient of variation of the gaps; 1 is poisson, more is burstier." },
};
static const struct member gamma_members[] = { RATE_MEMBER };
static const struct shape gamma_shape = {
    .title = "Gamma gaps",
    .fields = gamma_fields, .field_count = ARRAY_LEN(gamma_fields),
    .members = gamma_members, .member_count = ARRAY_LEN(gamma_members),
};

static const struct member on_off_members[] = {
    { .name = "rate", .form = FORM_RATE, .required = true, .read = read_rate,
      .doc = "Arrivals per time while on." },
    { .name = "on", .form = FORM_AMOUNT, .required = true, .read = read_on,
      .doc = "Length of an on time; the first begins at 0." },
    { .name = "off", .form = FORM_AMOUNT, .required = true, .read = read_off,
      .doc = "Length of an off time." },
};
static const struct shape on_off_shape = {
    .title = "On and off", .members = on_off_members, .member_count = ARRAY_LEN(on_off_members),
};

static const struct member mmpp_members[] = {
    { .name = "rates", .form = FORM_RATES, .required = true, .read = read_rates,
      .doc = "Arrivals per time in each state; 0/s is a silent one." },
    { .name = "stay", .form = FORM_AMOUNTS, .required = true, .read = read_stay,
      .doc = "Time spent in each state before the next." },
};
static const struct shape mmpp_shape = {
    .title = "States", .members = mmpp_members, .member_count = ARRAY_LEN(mmpp_members),
};

struct wave {
    struct workload_entry *entry;
    uint32_t amplitude_ppm;
    nsec period_ns;
};

static void read_wave_rate(struct check *check, const struct node *node, void *target)
{
    (void)read_gap(check, node,
                   &((struct wave *)target)->entry->workload.arrival.mean_gap_ns);
}

static const struct field diurnal_fields[] = {
    { .name = "amplitude", .kind = FIELD_SHARE, .offset = offsetof(struct wave, amplitude_ppm),
      .min = 0, .max = PPM, .required = true,
      .doc = "How far the rate rises and falls, in percent of its average." },
    { .name = "period", .kind = FIELD_TIME, .offset = offsetof(struct wave, period_ns),
      .min = MSEC, .max = RUN_LENGTH_MAX, .fallback = DAY,
      .doc = "Length of one rise and fall." },
};
static const struct member diurnal_members[] = {
    { .name = "rate", .form = FORM_RATE, .required = true, .read = read_wave_rate,
      .doc = "Arrivals per time on average." },
};
static const struct shape diurnal_shape = {
    .title = "Day and night",
    .fields = diurnal_fields, .field_count = ARRAY_LEN(diurnal_fields),
    .members = diurnal_members, .member_count = ARRAY_LEN(diurnal_members),
};

/* clang-format on */

static void read_closed(struct check *check, const struct node *node, void *target)
{
    (void)shape_read(check, node, &closed_shape, target);
}

static void read_gamma(struct check *check, const struct node *node, void *target)
{
    (void)shape_read(check, node, &gamma_shape, target);
}

static void read_on_off(struct check *check, const struct node *node, void *target)
{
    struct arrival *arrival = arrival_of(target);

    if (shape_read(check, node, &on_off_shape, target) && amount_includes_zero(&arrival->on) &&
        amount_includes_zero(&arrival->off)) {
        check_refuse(check, node->place,
                     "%s has on and off times that may both take no time; one must take at "
                     "least 1us",
                     check_subject(check));
    }
}

static void read_mmpp(struct check *check, const struct node *node, void *target)
{
    (void)shape_read(check, node, &mmpp_shape, target);
}

static void read_diurnal(struct check *check, const struct node *node, void *target)
{
    struct wave wave = { .entry = target };

    (void)shape_read(check, node, &diurnal_shape, &wave);
    arrival_of(target)->amplitude = (double)wave.amplitude_ppm / (double)PPM;
    arrival_of(target)->cycle_ns = wave.period_ns;
}

/* ------------------------------------------------------------------------------- kinds */

/* clang-format off */
#define ARRIVAL(id, key, how, reader, of, words)                                               \
    { .kind = (id), .shape = { .title = (key),                                                 \
      .fields = offset_fields, .field_count = ARRAY_LEN(offset_fields), .member_count = 1,     \
      .members = &(const struct member){ .name = (key), .form = (how), .required = true,       \
                                         .shape = (of), .read = (reader), .doc = (words) } } }

static const struct member periodic_members[] = {
    { .name = "periodic", .form = FORM_RATE_OR_TIME, .required = true, .read = read_period,
      .doc = "At fixed intervals, given as a rate or as the period." },
    { .name = "jitter", .form = FORM_AMOUNT, .read = read_jitter, .absent = "none",
      .doc = "Delay of each arrival; a plain time T means {uniform: [0s, T]}." },
};

const struct kind_shape arrival_kinds[] = {
    { .kind = ARRIVAL_PERIODIC, .shape = { .title = "periodic",
      .fields = offset_fields, .field_count = ARRAY_LEN(offset_fields),
      .members = periodic_members, .member_count = ARRAY_LEN(periodic_members) } },
    ARRIVAL(ARRIVAL_POISSON, "poisson", FORM_RATE, read_rate, NULL,
            "Independent arrivals: exponential gaps."),
    ARRIVAL(ARRIVAL_CLOSED, "closed", FORM_MAP, read_closed, &closed_shape,
            "The next job follows the end of the last one."),
    ARRIVAL(ARRIVAL_GAMMA, "gamma", FORM_MAP, read_gamma, &gamma_shape,
            "Independent gamma gaps."),
    ARRIVAL(ARRIVAL_ON_OFF, "on_off", FORM_MAP, read_on_off, &on_off_shape,
            "Poisson during on times, nothing in off times."),
    ARRIVAL(ARRIVAL_MMPP, "mmpp", FORM_MAP, read_mmpp, &mmpp_shape,
            "Poisson at a rate that changes from state to state."),
    ARRIVAL(ARRIVAL_DIURNAL, "diurnal", FORM_MAP, read_diurnal, &diurnal_shape,
            "Poisson at a rate that rises and falls as a sine."),
    ARRIVAL(ARRIVAL_TRACE, "trace", FORM_MAP, trace_read, &trace_shape,
            "At the times of a file."),
};
/* clang-format on */
const size_t arrival_kind_count = ARRAY_LEN(arrival_kinds);

void arrival_read(struct check *check, const struct node *node, struct workload_entry *entry)
{
    if (!check_map(check, node)) {
        return;
    }
    const struct kind_shape *kind =
        kind_find(check, node, arrival_kinds, arrival_kind_count, "an arrival");
    if (!kind) {
        return;
    }
    entry->workload.arrival.kind = (enum arrival_kind)kind->kind;
    (void)shape_read(check, node, &kind->shape, entry);
}
