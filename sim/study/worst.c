#include "study/worst.h"

#include "base/assert.h"

#include <math.h>
#include <string.h>

enum { LATENCIES_SHOWN = 6 };

static double error_of(const struct validation_row *row)
{
    double error = fabs(row->predicted_ns[VALIDATE_MEAN] / row->measured_ns[VALIDATE_MEAN] - 1);

    return isfinite(error) ? error : 0;
}

static nsec latency_of(const struct measured_job *job)
{
    return job->end_ns - job->arrival_ns;
}

/* The arrival of the job that is furthest off. A closed client's jobs drift apart in time, but
   the same number has the same demand. */
static nsec worst_moment(const struct validation_detail *d)
{
    uint32_t count = d->predicted_count < d->measured->job_count ? d->predicted_count
                                                                 : d->measured->job_count;
    nsec most_ns = -1;
    nsec at_ns = 0;

    for (uint32_t i = 0; i < count; i++) {
        nsec off_ns = latency_of(&d->measured->jobs[i]) - latency_of(&d->predicted[i]);
        off_ns = off_ns < 0 ? -off_ns : off_ns;
        if (off_ns > most_ns) {
            most_ns = off_ns;
            at_ns = d->measured->jobs[i].arrival_ns;
        }
    }
    return at_ns;
}

static void choose_window(const struct validation *v, struct worst_case *c)
{
    const struct validation_row *row = &v->rows[c->row];
    double latency = fmax(row->measured_ns[VALIDATE_MEAN], row->predicted_ns[VALIDATE_MEAN]);
    nsec length_ns = (nsec)(latency * LATENCIES_SHOWN) + 1;

    assert(row->detail);
    c->from_ns = worst_moment(row->detail) - length_ns / 3;
    if (c->from_ns < 0) {
        c->from_ns = 0;
    }
    c->to_ns = c->from_ns + length_ns;
}

/* The scenario of a regime; false: the regime has no row. */
static bool worst_of(const struct validation *v, enum measured_regime regime,
                     struct worst_case *ret)
{
    double most = -1;
    uint32_t first = 0;

    for (uint32_t i = 0; i < v->row_count; i++) {
        if (strcmp(v->rows[i].scenario, v->rows[first].scenario) != 0) {
            first = i;
        }
        if (v->rows[i].regime == regime && error_of(&v->rows[i]) > most) {
            most = error_of(&v->rows[i]);
            *ret = (struct worst_case){ .first = first, .row = i };
        }
    }
    if (most < 0) {
        return false;
    }
    for (uint32_t i = ret->first;
         i < v->row_count && strcmp(v->rows[i].scenario, v->rows[ret->first].scenario) == 0;
         i++) {
        ret->vm_count++;
    }
    return true;
}

uint32_t worst_cases(const struct validation *v, struct worst_case *ret, uint32_t max)
{
    struct worst_case all[MEASURED_REGIMES];
    uint32_t count = 0;

    for (int regime = 0; regime < MEASURED_REGIMES; regime++) {
        struct worst_case found;
        if (!worst_of(v, (enum measured_regime)regime, &found)) {
            continue;
        }
        uint32_t place = count++;
        for (; place > 0 &&
               error_of(&v->rows[all[place - 1].row]) < error_of(&v->rows[found.row]);
             place--) {
            all[place] = all[place - 1];
        }
        all[place] = found;
    }
    count = count < max ? count : max;
    for (uint32_t i = 0; i < count; i++) {
        ret[i] = all[i];
        choose_window(v, &ret[i]);
    }
    return count;
}
