#include "cli/measurements.h"

#include <stdio.h>

void measurements_tell_skipped(const struct measured_set *set, const char *device)
{
    for (uint32_t i = 0; i < set->skipped_count; i++) {
        fprintf(stderr, "skipped: %s was not measured on %s\n", set->skipped[i], device);
    }
}

void measurements_tell_refused(const struct validation *v)
{
    for (uint32_t i = 0; i < v->refused_count; i++) {
        const struct err *reason = &v->refused[i].reason;
        fprintf(stderr, "%s:%u:%u: left out: %s\n", reason->place.file, reason->place.line,
                reason->place.column, reason->text);
    }
}
