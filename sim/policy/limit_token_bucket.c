/*
 * limit_token_bucket.c - a VM runs while it has tokens, which come at its share.
 *
 * The limiter of container GPU sharing as it is: inside the VM, beneath whatever slices the
 * GPU. A token is a nanosecond of running; they come at `share`, and `burst` of them can be
 * saved up. A VM runs until none is left; then it looks again after multiples of `poll`, and
 * goes on when it has tokens for a `tick` (or a full bucket). Work that cannot be cut leaves a
 * debt.
 *
 * With `feedback` the rate is steered so that the measured use meets the share (tokens.h). Use
 * is measured over `samples` intervals, because the counters that HAMi reads look back a second
 * or so; while they lag behind, a bucket that is refilled quickly is refilled too much.
 *
 * Bound: without feedback a VM gets at most burst + share * t in any time t, and one piece that
 * cannot be cut. tests/policy/test_limiter.c checks it.
 */
#include "policy/limiter.h"
#include "policy/tokens.h"

enum { SAMPLES_MAX = 64 };

struct bucket_params {
    uint32_t share_ppm;
    nsec burst_ns;
    nsec tick_ns;
    nsec poll_ns;
    nsec feedback_ns; /* 0: off. */
    uint32_t gain_ppm;
    uint32_t samples;
};

/* clang-format off */
static const struct field fields[] = {
    { .name = "share", .kind = FIELD_SHARE, .offset = offsetof(struct bucket_params, share_ppm),
      .required = true, .min = 1, .max = PPM,
      .doc = "Of the engine's time, what the VM may use." },
    { .name = "burst", .kind = FIELD_TIME, .offset = offsetof(struct bucket_params, burst_ns),
      .min = 1, .max = 1000 * SEC, .fallback = 10 * MSEC,
      .doc = "Service that it can save up." },
    { .name = "tick", .kind = FIELD_TIME, .offset = offsetof(struct bucket_params, tick_ns),
      .min = 1, .max = 1000 * SEC, .fallback = 1 * MSEC,
      .doc = "When it had none left, the service that it must have saved up to go on, or the "
             "burst if that is less." },
    { .name = "poll", .kind = FIELD_TIME, .offset = offsetof(struct bucket_params, poll_ns),
      .min = 1, .max = 100 * SEC, .fallback = 1,
      .doc = "How often it looks again when it has none left; 10ms in HAMi." },
    { .name = "feedback", .kind = FIELD_TIME,
      .offset = offsetof(struct bucket_params, feedback_ns),
      .min = 100 * USEC, .max = 100 * SEC, .fallback = 0, .word = "off", .word_value = 0,
      .doc = "How often the rate is steered by measured use; 120ms in HAMi." },
    { .name = "gain", .kind = FIELD_SHARE, .offset = offsetof(struct bucket_params, gain_ppm),
      .min = 1, .max = 100 * PPM, .fallback = 100000,
      .doc = "Part of the difference that one step of the feedback takes back." },
    { .name = "samples", .kind = FIELD_COUNT, .offset = offsetof(struct bucket_params, samples),
      .min = 1, .max = SAMPLES_MAX, .fallback = 1,
      .doc = "Over how many intervals of the feedback use is measured." },
};
/* clang-format on */
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct bucket_params) };

struct bucket {
    struct tokens tokens;
    bool is_open;          /* It may run until none is left. */
    nsec next_feedback_ns; /* NSEC_MAX: never. */
    uint32_t sample;       /* The present one. */
    nsec used_ns[SAMPLES_MAX];
    nsec used_sum_ns;
};

static const struct bucket_params *params_of(const struct limiter *l)
{
    return l->params;
}

static void bucket_start(struct limiter *l, nsec now)
{
    const struct bucket_params *own = params_of(l);

    *(struct bucket *)l->state = (struct bucket){
        .tokens = { .parts = (wide)own->burst_ns * TOKENS_WHOLE,
                    .as_of_ns = now,
                    .rate = (int64_t)own->share_ppm * (TOKENS_WHOLE / PPM) },
        .is_open = true,
        .next_feedback_ns = own->feedback_ns > 0 ? now + own->feedback_ns : NSEC_MAX,
    };
}

/* An interval of the feedback is over. */
static void feed_back(struct limiter *l)
{
    const struct bucket_params *own = params_of(l);
    struct bucket *s = l->state;
    const struct tokens_feedback feedback = {
        .limit = (int64_t)own->share_ppm * (TOKENS_WHOLE / PPM),
        .use = (int64_t)((wide)s->used_sum_ns * TOKENS_WHOLE /
                         ((wide)own->samples * own->feedback_ns)),
        .gain_ppm = own->gain_ppm,
        .interval_ns = own->feedback_ns,
        .burst_ns = own->burst_ns,
    };

    tokens_settle(&s->tokens, own->burst_ns, s->next_feedback_ns);
    tokens_steer(&s->tokens, &feedback);
    s->next_feedback_ns += own->feedback_ns;
    s->sample = (s->sample + 1) % own->samples;
    s->used_sum_ns -= s->used_ns[s->sample];
    s->used_ns[s->sample] = 0;
}

/* Brings everything up to now. */
static void settle(struct limiter *l, nsec now)
{
    const struct bucket_params *own = params_of(l);
    struct bucket *s = l->state;

    while (s->next_feedback_ns <= now) {
        wide full = (wide)own->burst_ns * TOKENS_WHOLE;
        int64_t rate = s->tokens.rate;
        feed_back(l);
        if (s->used_sum_ns == 0 && s->tokens.rate == rate && s->tokens.parts == full) {
            /* Nothing changes any more while the VM does not run. */
            nsec steps = (now - s->next_feedback_ns) / own->feedback_ns;
            s->next_feedback_ns += steps > 0 ? steps * own->feedback_ns : 0;
        }
    }
    tokens_settle(&s->tokens, own->burst_ns, now);
}

static struct allowance bucket_ask(struct limiter *l, nsec now)
{
    const struct bucket_params *own = params_of(l);
    struct bucket *s = l->state;
    nsec tick_ns = own->tick_ns < own->burst_ns ? own->tick_ns : own->burst_ns;

    settle(l, now);
    s->is_open = s->is_open && s->tokens.parts > 0;
    if (!s->is_open) {
        nsec wait_ns = tokens_wait(&s->tokens, (wide)tick_ns * TOKENS_WHOLE, own->poll_ns);
        if (wait_ns > 0) {
            nsec next = now + wait_ns;
            return (struct allowance){
                .next_ns = next < s->next_feedback_ns ? next : s->next_feedback_ns,
            };
        }
        s->is_open = true;
    }
    wide run = NSEC_MAX;
    if (s->tokens.rate < TOKENS_WHOLE) {
        int64_t loss = TOKENS_WHOLE - s->tokens.rate;
        run = tokens_quotient(s->tokens.parts + loss - 1, loss);
    }
    wide ahead = s->next_feedback_ns == NSEC_MAX ? NSEC_MAX : s->next_feedback_ns - now;
    return (struct allowance){ .run_ns = (nsec)(run < ahead ? run : ahead) };
}

static void bucket_used(struct limiter *l, nsec ran_ns, nsec now)
{
    struct bucket *s = l->state;
    nsec from = now - ran_ns;

    settle(l, from);
    while (from < now) {
        nsec to = now < s->next_feedback_ns ? now : s->next_feedback_ns;
        s->tokens.parts -= (wide)(to - from) * TOKENS_WHOLE;
        s->used_ns[s->sample] += to - from;
        s->used_sum_ns += to - from;
        from = to;
        settle(l, from);
    }
}

static uint32_t bucket_share(const void *own)
{
    return ((const struct bucket_params *)own)->share_ppm;
}

const struct limiter_ops limiter_token_bucket = {
    .name = "token_bucket",
    .summary = "the VM runs while it has tokens, which come at its share",
    .about =
        "The VM runs while it has tokens, which come at its share; running uses them up, and "
        "a burst of them can be saved. In any time t it gets at most burst + share * t, and "
        "one piece of work that cannot be cut. The limiter of container GPU sharing; with "
        "feedback, that of HAMi-core.",
    .params = &params,
    .state_size = sizeof(struct bucket),
    .start = bucket_start,
    .ask = bucket_ask,
    .used = bucket_used,
    .share_ppm = bucket_share,
};
