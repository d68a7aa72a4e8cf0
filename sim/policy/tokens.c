#include "policy/tokens.h"

#define STEP_MIN (TOKENS_WHOLE / 20) /* Least difference that feedback acts on. */
#define RATE_MAX (1000000 * TOKENS_WHOLE)

void tokens_settle(struct tokens *tokens, nsec burst_ns, nsec now)
{
    wide full = (wide)burst_ns * TOKENS_WHOLE;
    wide parts = tokens->parts + (wide)(now - tokens->as_of_ns) * tokens->rate;

    tokens->parts = parts < full ? parts : full;
    tokens->as_of_ns = now;
}

nsec tokens_wait(const struct tokens *tokens, wide needed, nsec poll_ns)
{
    wide missing = needed - tokens->parts;

    if (missing <= 0) {
        return 0;
    }
    wide wait =
        tokens->rate > 0 ? tokens_quotient(missing + tokens->rate - 1, tokens->rate) : HOUR;
    if (poll_ns > 1) {
        wait = tokens_quotient(wait + poll_ns - 1, poll_ns) * poll_ns;
    }
    return wait < HOUR ? (nsec)wait : HOUR;
}

static int64_t highest_rate(const struct tokens_feedback *feedback)
{
    wide full = (wide)feedback->burst_ns * TOKENS_WHOLE / feedback->interval_ns;

    full = full > TOKENS_WHOLE ? full : TOKENS_WHOLE;
    return (int64_t)(full < RATE_MAX ? full : RATE_MAX);
}

void tokens_steer(struct tokens *tokens, const struct tokens_feedback *feedback)
{
    int64_t limit = feedback->limit;
    int64_t use = feedback->use;
    int64_t off = use > limit ? use - limit : limit - use;
    int64_t most = highest_rate(feedback);

    off = off > STEP_MIN ? off : STEP_MIN;
    wide step = (wide)off * feedback->gain_ppm / PPM;
    if (off > limit / 2) {
        step = step * 2 * off / (limit + TOKENS_WHOLE / 100);
    }
    wide rate = tokens->rate + (use <= limit ? step : -step);
    tokens->rate = (int64_t)(rate < 0 ? 0 : rate > most ? most : rate);
}
