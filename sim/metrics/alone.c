#include "metrics/alone.h"

#include "base/assert.h"

#include <math.h>

struct alone_metrics alone_compare(const double *together_ns, const double *alone_ns,
                                   uint32_t n)
{
    struct alone_metrics m = { 0 };
    double least = INFINITY;
    double sum = 0;

    assert(n > 0);
    for (uint32_t i = 0; i < n; i++) {
        assert(together_ns[i] > 0 && alone_ns[i] > 0);
        double slowdown = together_ns[i] / alone_ns[i];
        m.slowdown_max = fmax(m.slowdown_max, slowdown);
        least = fmin(least, slowdown);
        m.stp += 1 / slowdown;
        sum += slowdown;
    }
    m.unfairness = m.slowdown_max / least;
    m.antt = sum / n;
    m.harmonic = n / sum;
    return m;
}
