/*
 * limit_quota.c - a VM runs for at most its share of a sliding window.
 *
 * The maximum of KubeShare and Gemini (source read; sim/policy/quota_window.c is their whole
 * scheduler), as a limiter inside the VM. When the share of the window is used up, the VM waits
 * until a `quota` of it has come free.
 *
 * The window moves on in hundredths of its length, and a hundredth that has partly left it
 * counts in full: so the bound holds for every window, wherever it begins.
 *
 * Bound: in any time of one window a VM gets at most share * window, and one piece that cannot
 * be cut. tests/policy/test_limiter.c checks it.
 */
#include "policy/limiter.h"

#include "base/assert.h"

enum { PARTS = 100, KEPT = PARTS + 1 };

struct quota_params {
    uint32_t share_ppm;
    nsec window_ns;
    nsec quota_ns;
};

/* clang-format off */
static const struct field fields[] = {
    { .name = "share", .kind = FIELD_SHARE, .offset = offsetof(struct quota_params, share_ppm),
      .required = true, .min = 1, .max = PPM,
      .doc = "Of each window, what the VM may use." },
    { .name = "window", .kind = FIELD_TIME, .offset = offsetof(struct quota_params, window_ns),
      .min = PARTS, .max = DAY, .fallback = 10 * SEC,
      .doc = "Over which time use is counted." },
    { .name = "quota", .kind = FIELD_TIME, .offset = offsetof(struct quota_params, quota_ns),
      .min = 1, .max = DAY, .fallback = 250 * MSEC,
      .doc = "What must have come free of it for the VM to start again, or all of it if that "
             "is less." },
};
/* clang-format on */
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct quota_params) };

struct quota {
    bool is_open;        /* It may run until nothing is left. */
    int64_t part;        /* The present one; from it and those before it, KEPT are counted. */
    nsec used_ns;        /* Sum of the parts. */
    nsec parts_ns[KEPT]; /* By part, modulo KEPT. */
};

static const struct quota_params *params_of(const struct limiter *l)
{
    return l->params;
}

static nsec part_length(const struct limiter *l)
{
    return (params_of(l)->window_ns + PARTS - 1) / PARTS;
}

/* What a window has for the VM. */
static nsec whole(const struct limiter *l)
{
    wide whole = (wide)params_of(l)->window_ns * params_of(l)->share_ppm / PPM;

    return whole > 1 ? (nsec)whole : 1;
}

static void quota_start(struct limiter *l, nsec now)
{
    *(struct quota *)l->state = (struct quota){ .is_open = true, .part = now / part_length(l) };
}

/* Moves the window on to the part of now. */
static void move(struct limiter *l, nsec now)
{
    struct quota *s = l->state;
    int64_t part = now / part_length(l);

    for (int i = 0; s->part < part && i < KEPT; i++) {
        nsec *first = &s->parts_ns[++s->part % KEPT];
        s->used_ns -= *first;
        *first = 0;
    }
    s->part = part;
}

static struct allowance quota_ask(struct limiter *l, nsec now)
{
    struct quota *s = l->state;
    nsec quota_ns = params_of(l)->quota_ns < whole(l) ? params_of(l)->quota_ns : whole(l);

    move(l, now);
    nsec left = whole(l) - s->used_ns;
    s->is_open = s->is_open ? left > 0 : left >= quota_ns;
    if (!s->is_open) {
        int64_t part = s->part;
        while (left < quota_ns && part < s->part + KEPT) {
            left += s->parts_ns[++part % KEPT]; /* The oldest, which gives way to it. */
        }
        assert(left >= quota_ns);
        return (struct allowance){ .next_ns = part * part_length(l) };
    }
    nsec ahead = (s->part + 1) * part_length(l) - now;
    return (struct allowance){ .run_ns = left < ahead ? left : ahead };
}

static void quota_used(struct limiter *l, nsec ran_ns, nsec now)
{
    struct quota *s = l->state;

    for (nsec from = now - ran_ns; from < now;) {
        move(l, from);
        nsec end = (s->part + 1) * part_length(l);
        nsec to = end < now ? end : now;
        s->parts_ns[s->part % KEPT] += to - from;
        s->used_ns += to - from;
        from = to;
    }
}

static uint32_t quota_share(const void *own)
{
    return ((const struct quota_params *)own)->share_ppm;
}

const struct limiter_ops limiter_quota = {
    .name = "quota",
    .summary = "the VM runs for at most its share of a sliding window",
    .about =
        "The VM runs until it has used its share of the last window, and again when a quota "
        "of that has come free. In any time of one window it gets at most share * window, "
        "and one piece of work that cannot be cut. The maximum of KubeShare and Gemini.",
    .params = &params,
    .state_size = sizeof(struct quota),
    .start = quota_start,
    .ask = quota_ask,
    .used = quota_used,
    .share_ppm = quota_share,
};
