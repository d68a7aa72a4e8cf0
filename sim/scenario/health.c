/* health.c - `thermal:` and `faults:` of a GPU. */
#include "base/quantity.h"
#include "scenario/language.h"
#include "scenario/value.h"

#include <string.h>

const char *const thermal_words[] = { "auto", "off", "device", NULL };
enum { WORD_AUTO, WORD_OFF, WORD_DEVICE };

/* -------------------------------------------------------------------------------- thermal */

static void read_clocks(struct check *check, const struct node *node, void *target)
{
    struct thermal *thermal = target;
    struct err err;

    if (node->kind != NODE_LIST || node->count == 0 || node->count > THERMAL_CLOCKS_MAX) {
        check_refuse_value(check, node, "it must be a list of 1 to %d shares",
                           THERMAL_CLOCKS_MAX);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *item = node->items[i];
        size_t before = check_enter_item(check, i);
        int64_t ppm = 0;
        if (check_text(check, item)) {
            int64_t most = i == 0 ? PPM : (int64_t)thermal->clocks_ppm[i - 1] - 1;
            if (quantity_read_share(item->text, &ppm, &err)) {
                check_refuse_value(check, item, "%s", err.text);
            } else if (ppm < PPM / 100 || ppm > most || (i == 0 && ppm != PPM)) {
                check_refuse_value(check, item,
                                   "clocks fall from 100%% on, each below the one before it, "
                                   "and none is below 1%%");
            }
        }
        thermal->clocks_ppm[i] = (uint32_t)ppm;
        check_leave(check, before);
    }
    thermal->clock_count = node->count;
}

/* clang-format off */
#define THERMAL(member) offsetof(struct thermal, member)
static const struct field thermal_fields[] = {
    { .name = "idle_power", .kind = FIELD_POWER, .offset = THERMAL(idle_mw),
      .min = 0, .max = 100000000, .doc = "What it draws when its compute engine idles." },
    { .name = "load_power", .kind = FIELD_POWER, .offset = THERMAL(load_mw), .required = true,
      .min = 1, .max = 100000000, .fallback = 1,
      .doc = "The same when that is always busy, at full clock." },
    { .name = "resistance", .kind = FIELD_RESISTANCE, .offset = THERMAL(resistance),
      .required = true, .min = 1, .max = 1000000000, .fallback = 1,
      .doc = "From the chip to the air: so many degrees warmer for each watt." },
    { .name = "time_constant", .kind = FIELD_TIME, .offset = THERMAL(time_constant_ns),
      .required = true, .min = MSEC, .max = 30 * DAY, .fallback = SEC,
      .doc = "After this time, 63 % of the way to the steady temperature are done." },
    { .name = "ambient", .kind = FIELD_TEMPERATURE, .offset = THERMAL(ambient),
      .min = 0, .max = 200000, .fallback = 25000, .doc = "Temperature of the air." },
    { .name = "initial", .kind = FIELD_TEMPERATURE, .offset = THERMAL(initial),
      .min = 0, .max = 200000, .word = "ambient", .word_value = THERMAL_AMBIENT,
      .fallback = THERMAL_AMBIENT, .doc = "Temperature of the chip at time 0." },
    { .name = "limit", .kind = FIELD_TEMPERATURE, .offset = THERMAL(limit), .required = true,
      .min = 1, .max = 200000, .fallback = 1,
      .doc = "At this temperature or above it the clock goes down a step." },
    { .name = "hysteresis", .kind = FIELD_TEMPERATURE, .offset = THERMAL(hysteresis),
      .min = 0, .max = 100000, .fallback = 2000,
      .doc = "So far below the limit the clock goes up a step again." },
    { .name = "interval", .kind = FIELD_TIME, .offset = THERMAL(interval_ns),
      .min = MSEC, .max = HOUR, .fallback = SEC, .doc = "Between two such decisions." },
    { .name = "exponent", .kind = FIELD_NUMBER, .offset = THERMAL(exponent),
      .min = 0, .max = 10000000, .fallback = 2000000,
      .doc = "Power above idle goes as the clock to this power." },
};
static const struct member thermal_members[] = {
    { .name = "clocks", .form = FORM_SHARES, .read = read_clocks,
      .absent = "the device's, else 100% to 50% in steps of 5%",
      .doc = "Steps of the clock, falling from 100%." },
};
/* clang-format on */

const struct shape thermal_shape = {
    .title = "How warm a GPU gets",
    .doc = "Of a device whose figures the catalogue has (`vgpusim explain` names their "
           "sources), only what differs.",
    .fields = thermal_fields,
    .field_count = ARRAY_LEN(thermal_fields),
    .members = thermal_members,
    .member_count = ARRAY_LEN(thermal_members),
};

static void set_usual_clocks(struct thermal *thermal)
{
    for (uint32_t ppm = PPM; ppm >= PPM / 2; ppm -= PPM / 20) {
        thermal->clocks_ppm[thermal->clock_count++] = ppm;
    }
}

static bool use_device(struct check *check, struct gpu_entry *gpu)
{
    return gpu->catalogue &&
           catalogue_thermal(check->catalogue, gpu->catalogue->device.name, &gpu->thermal);
}

static void read_word(struct check *check, const struct node *node, struct gpu_entry *gpu)
{
    static const struct field word = { .kind = FIELD_CHOICE, .choices = thermal_words };
    int choice = WORD_OFF;

    if (!value_read(check, node, &word, &choice)) {
        return;
    }
    gpu->thermal_given = choice != WORD_AUTO;
    if (choice == WORD_DEVICE && !use_device(check, gpu)) {
        check_refuse(check, node->place,
                     "%s is device; the catalogue (thermal.csv) has no such figures of %s",
                     check_subject(check), gpu->device.name ? gpu->device.name : "the device");
    }
}

void thermal_read(struct check *check, const struct node *node, void *target)
{
    struct gpu_entry *gpu = target;

    if (node->kind == NODE_TEXT) {
        read_word(check, node, gpu);
        return;
    }
    gpu->thermal_given = true;
    if (use_device(check, gpu)) {
        (void)shape_change(check, node, &thermal_shape, &gpu->thermal);
    } else {
        (void)shape_read(check, node, &thermal_shape, &gpu->thermal);
        if (gpu->thermal.clock_count == 0) {
            set_usual_clocks(&gpu->thermal);
        }
    }
    gpu->thermal.is_on = true;
    if (gpu->thermal.load_mw < gpu->thermal.idle_mw) {
        check_refuse(check, node->place, "%s has an idle_power above its load_power",
                     check_subject(check));
    }
}

/* --------------------------------------------------------------------------------- faults */

/* clang-format off */
#define FAULTS(member) offsetof(struct faults, member)
#define MEAN(key, at, text)                                                                    \
    { .name = (key), .kind = FIELD_TIME, .offset = FAULTS(at), .min = SEC, .guess = "d",       \
      .max = 36500 * DAY, .word = "never", .doc = (text) }
static const struct field fault_fields[] = {
    MEAN("silent", silent_ns, "Mean time between memory errors that nobody notices: without "
         "ECC."),
    MEAN("detected", detected_ns, "Mean time between errors that cost the job that runs."),
    MEAN("reset", reset_ns, "Mean time between resets of the GPU, which cost all jobs in "
         "flight of all VMs."),
    { .name = "away", .kind = FIELD_TIME, .offset = FAULTS(away_ns), .min = 1, .max = 30 * DAY,
      .fallback = 30 * SEC, .doc = "How long the GPU is away after a reset." },
};
/* clang-format on */

const struct shape faults_shape = {
    .title = "How often a GPU fails",
    .doc = "Times between faults are exponential.",
    .fields = fault_fields,
    .field_count = ARRAY_LEN(fault_fields),
};

void faults_read(struct check *check, const struct node *node, void *target)
{
    (void)shape_read(check, node, &faults_shape, &((struct gpu_entry *)target)->faults);
}

/* ------------------------------------------------------------------------------- together */

void health_finish(struct check *check, const struct node *node, struct gpu_entry *gpu)
{
    const struct node *thermal = node_find(node, "thermal");
    const struct node *faults = node_find(node, "faults");
    bool is_whole = gpu->mig_count == 0 && !node_find(node, "mig");
    bool is_mps = gpu->sharing.mode == SHARING_MPS;

    if (!gpu->thermal_given && is_whole && !is_mps && gpu->card && gpu->card->passes_for) {
        (void)use_device(check, gpu);
    }
    if (thermal && gpu->thermal.is_on && (!is_whole || is_mps)) {
        check_refuse(check, thermal->place,
                     "%s.thermal is not modelled %s; leave it out, or say off",
                     check_subject(check), is_whole ? "under mode: mps" : "with 'mig'");
    }
    if (faults && faults_any(&gpu->faults) && !is_whole) {
        check_refuse(check, faults->place, "%s.faults are not modelled with 'mig'",
                     check_subject(check));
    } else if (faults && is_mps && (gpu->faults.silent_ns > 0 || gpu->faults.detected_ns > 0)) {
        check_refuse(check, faults->place,
                     "%s.faults: under mode: mps only resets are modelled, as one client's "
                     "error ends all of them",
                     check_subject(check));
    }
}
