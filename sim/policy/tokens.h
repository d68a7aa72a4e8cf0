/*
 * tokens.h - tokens that come at a rate and are used by running, one for each nanosecond.
 *
 * What token_bucket has to do as a policy and as a limiter. Amounts are in parts of a token,
 * TOKENS_WHOLE of them; a rate of TOKENS_WHOLE parts a nanosecond is that of running.
 */
#ifndef SIM_POLICY_TOKENS_H
#define SIM_POLICY_TOKENS_H

#include "base/units.h"

#define TOKENS_WHOLE INT64_C(1000000000)

struct tokens {
    wide parts; /* Negative: a debt. */
    nsec as_of_ns;
    int64_t rate; /* Parts a nanosecond, >= 0. */
};

/* How a rate is steered so that the measured use meets the limit. */
struct tokens_feedback {
    int64_t limit;     /* The use that is wanted, as a rate. */
    int64_t use;       /* What was used, likewise. */
    uint32_t gain_ppm; /* Of the difference that one step takes back. */
    nsec interval_ns;  /* Of the steps. */
    nsec burst_ns;     /* What the bucket holds. */
};

/* Brings the tokens up to now; a bucket holds burst_ns. */
void tokens_settle(struct tokens *tokens, nsec burst_ns, nsec now);

/* How long it takes, from as_of_ns, until `needed` parts are there: a multiple of poll_ns (1:
   any time), an hour at most; 0: now. */
nsec tokens_wait(const struct tokens *tokens, wide needed, nsec poll_ns);

/*
 * One step, as the watcher of HAMi-core does it (read): the difference of limit and use, at
 * least 5 points, times the gain, is added or taken off; more when the use is off by more than
 * half the limit. The rate stays between 0 and a full bucket an interval, or that of running
 * if that is more.
 */
void tokens_steer(struct tokens *tokens, const struct tokens_feedback *feedback);

/* Rounded down; both are at least 0. Most fit into 64 bits, which divide faster. */
static inline wide tokens_quotient(wide number, int64_t by)
{
    return number <= INT64_MAX ? (int64_t)number / by : number / by;
}

#endif
