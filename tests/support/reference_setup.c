#include "support/reference.h"

#include <stdlib.h>

bool reference_is_strict(const struct reference_setup *setup)
{
    return setup->policy == REFERENCE_EQUAL_SHARE || setup->policy == REFERENCE_FIXED_SHARE;
}

int64_t reference_slice_ns(const struct reference_setup *setup, uint32_t vm)
{
    switch (setup->policy) {
    case REFERENCE_ROUND_ROBIN:
    case REFERENCE_BEST_EFFORT:
        return setup->slice_ns;
    case REFERENCE_WEIGHTED_ROUND_ROBIN:
        return setup->slice_ns * setup->vms[vm].weight / 100;
    default:
        return INT64_MAX / 2;
    }
}

int64_t reference_phase_ns(const struct reference_workload *workload, uint32_t job,
                           uint32_t phase)
{
    bool own = workload->clients == 0 && workload->phase_count == 1;
    return own ? workload->demand_ns[job] : workload->phase_ns[phase];
}

int64_t reference_demand_ns(const struct reference_workload *workload, uint32_t job)
{
    int64_t sum_ns = 0;

    for (uint32_t i = 0; i < workload->phase_count; i++) {
        bool on_engine = workload->places[i] != REFERENCE_HOST;
        sum_ns += on_engine ? reference_phase_ns(workload, job, i) : 0;
    }
    return sum_ns;
}

/* Those that ended by their end, then the others by arrival; ties by VM, then number. */
static int compare_rows(const void *left, const void *right)
{
    const struct reference_row *a = left;
    const struct reference_row *b = right;
    int64_t a_ns = a->end_ns < 0 ? a->arrival_ns : a->end_ns;
    int64_t b_ns = b->end_ns < 0 ? b->arrival_ns : b->end_ns;

    if ((a->end_ns < 0) != (b->end_ns < 0)) {
        return a->end_ns < 0 ? 1 : -1;
    }
    if (a_ns != b_ns) {
        return a_ns < b_ns ? -1 : 1;
    }
    if (a->vm != b->vm) {
        return a->vm < b->vm ? -1 : 1;
    }
    return (a->number > b->number) - (a->number < b->number);
}

void reference_sort(struct reference_row *rows, uint32_t count)
{
    qsort(rows, count, sizeof(*rows), compare_rows);
}
