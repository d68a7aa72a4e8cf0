#include "scenario/language.h"

/* clang-format off */
static const struct field schedule_fields[] = {
    { .name = "budget", .kind = FIELD_TIME, .offset = offsetof(struct vm_schedule, budget_ns),
      .min = 1, .max = HOUR, .word = "none",
      .doc = "Service granted per period; none: the weight's share of it." },
    { .name = "period", .kind = FIELD_TIME, .offset = offsetof(struct vm_schedule, period_ns),
      .min = 1, .max = HOUR, .word = "none",
      .doc = "Length of a period; none: what the policy uses, often 100ms." },
    { .name = "minimum", .kind = FIELD_SHARE,
      .offset = offsetof(struct vm_schedule, minimum_ppm), .min = 0, .max = PPM,
      .doc = "Least share of the engine." },
    { .name = "maximum", .kind = FIELD_SHARE,
      .offset = offsetof(struct vm_schedule, maximum_ppm), .min = 1, .max = PPM,
      .fallback = PPM, .doc = "Largest share of the engine." },
    { .name = "real_time", .kind = FIELD_BOOL,
      .offset = offsetof(struct vm_schedule, real_time),
      .doc = "Served ahead of the others by policies that know the class." },
};
/* clang-format on */

const struct shape schedule_shape = {
    .title = "A VM's schedule",
    .doc = "What a policy may want to know of a VM, beyond its weight.",
    .fields = schedule_fields,
    .field_count = ARRAY_LEN(schedule_fields),
};

void schedule_read(struct check *check, const struct node *node, void *target)
{
    struct vm_schedule *schedule = &((struct vm_entry *)target)->schedule;

    if (!shape_read(check, node, &schedule_shape, schedule)) {
        return;
    }
    if (schedule->minimum_ppm > schedule->maximum_ppm) {
        check_refuse(check, node->place, "%s has a minimum above its maximum",
                     check_subject(check));
    }
    if (schedule->budget_ns > 0 && schedule->period_ns > 0 &&
        schedule->budget_ns > schedule->period_ns) {
        check_refuse(check, node->place, "%s has a budget longer than its period",
                     check_subject(check));
    }
}
