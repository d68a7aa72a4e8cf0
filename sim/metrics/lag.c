#include "metrics/lag.h"

#include "base/assert.h"
#include "engine/heap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lag_vm {
    double demanded_ns; /* What has arrived. */
    double finish;      /* Virtual time at which GPS has served all of it. */
    nsec served_ns;     /* What it really received, up to its last stay. */
    bool is_present;
    bool was_judged;
    struct lag_extremes extremes;
};

/* What happened, but has not been given to GPS yet. */
struct lag_event {
    enum { LAG_DEMANDED, LAG_JOINED, LAG_LEFT } kind;
    uint32_t vm;
    nsec demand_ns;
    nsec now;
};

struct lag {
    const struct partition *partition;
    nsec warmup_ns;
    nsec duration_ns;
    bool is_warm;         /* The end of warm-up has been passed. */
    double now;           /* Of GPS. */
    double virtual_now;   /* Advances by time / weights of those with work in GPS. */
    uint64_t weight_sum;  /* Those weights. */
    struct heap *backlog; /* VMs with work in GPS, by finish. */
    struct lag_vm *vms;
    struct lag_event *events; /* Owned; a queue in a growing array. */
    size_t event_first;
    size_t event_count; /* From the beginning of the array. */
    size_t event_capacity;
    struct arena arena;
};

/* -------------------------------------------------------------------------- the ideal */

/* Finish times are not negative, and the bits of such doubles are in their order. */
static int64_t key_of(double finish)
{
    int64_t key;

    memcpy(&key, &finish, sizeof(key));
    return key;
}

static double weight_of(const struct lag *lag, uint32_t vm)
{
    return (double)lag->partition->vms[vm].weight;
}

static void run_dry(struct lag *lag, uint32_t vm)
{
    heap_remove(lag->backlog, vm);
    lag->weight_sum -= lag->partition->vms[vm].weight;
    if (lag->weight_sum == 0) {
        lag->virtual_now = 0; /* Small numbers are more exact. */
    }
}

/* Lets GPS serve up to `now`. */
static void serve(struct lag *lag, nsec now)
{
    while (lag->backlog->count > 0) {
        uint32_t first = heap_first(lag->backlog);
        double weights = (double)lag->weight_sum;
        double left = (lag->vms[first].finish - lag->virtual_now) * weights;
        if (lag->now + left > (double)now) {
            lag->virtual_now += ((double)now - lag->now) / weights;
            break;
        }
        lag->now += left;
        lag->virtual_now = lag->vms[first].finish;
        run_dry(lag, first);
    }
    lag->now = (double)now;
}

/* What GPS has served a VM, up to its present. */
static double ideal(const struct lag *lag, uint32_t vm)
{
    const struct lag_vm *own = &lag->vms[vm];

    return heap_has(lag->backlog, vm)
               ? own->demanded_ns - (own->finish - lag->virtual_now) * weight_of(lag, vm)
               : own->demanded_ns;
}

static void demand(struct lag *lag, uint32_t vm, nsec demand_ns)
{
    struct lag_vm *own = &lag->vms[vm];
    double length = (double)demand_ns / weight_of(lag, vm);

    if (demand_ns == 0) {
        return;
    }
    own->demanded_ns += (double)demand_ns;
    if (heap_has(lag->backlog, vm)) {
        own->finish += length;
    } else {
        own->finish = lag->virtual_now + length;
        lag->weight_sum += lag->partition->vms[vm].weight;
    }
    heap_put(lag->backlog, vm, key_of(own->finish));
}

/* -------------------------------------------------------------------------- judging */

/* Compares a VM that has received so much with GPS at its present. */
static void judge(struct lag *lag, uint32_t vm, nsec served_ns)
{
    struct lag_vm *own = &lag->vms[vm];
    double behind = ideal(lag, vm) - (double)served_ns;

    if (!own->was_judged || behind > own->extremes.behind_ns) {
        own->extremes.behind_ns = behind;
    }
    if (!own->was_judged || behind < own->extremes.ahead_ns) {
        own->extremes.ahead_ns = behind;
    }
    own->was_judged = true;
}

static void judge_all(struct lag *lag)
{
    for (uint32_t vm = 0; vm < lag->partition->vm_count; vm++) {
        if (lag->vms[vm].is_present) {
            judge(lag, vm, lag->vms[vm].served_ns);
        }
    }
}

static void happen(struct lag *lag, const struct lag_event *event)
{
    struct lag_vm *own = &lag->vms[event->vm];

    switch (event->kind) {
    case LAG_DEMANDED:
        demand(lag, event->vm, event->demand_ns);
        break;
    case LAG_JOINED:
        own->is_present = true;
        break;
    case LAG_LEFT:
        if (event->now >= lag->warmup_ns) {
            judge(lag, event->vm, own->served_ns);
        }
        own->is_present = false;
        if (heap_has(lag->backlog, event->vm)) {
            run_dry(lag, event->vm);
        }
        break;
    }
}

/* Brings GPS to `now` with what happened up to then. */
static void advance(struct lag *lag, nsec now)
{
    while (lag->event_first < lag->event_count) {
        const struct lag_event *event = &lag->events[lag->event_first];
        if (event->now > now) {
            break;
        }
        serve(lag, event->now);
        happen(lag, event);
        lag->event_first++;
    }
    serve(lag, now);
}

/* Passes the end of warm-up, if it lies before `now`. */
static void warm_up(struct lag *lag, nsec now)
{
    if (!lag->is_warm && lag->warmup_ns <= now) {
        advance(lag, lag->warmup_ns);
        judge_all(lag);
        lag->is_warm = true;
    }
}

/* -------------------------------------------------------------------------- listening */

static void put(struct lag *lag, struct lag_event event)
{
    if (lag->event_first > lag->event_capacity / 2) {
        lag->event_count -= lag->event_first;
        memmove(lag->events, &lag->events[lag->event_first],
                lag->event_count * sizeof(lag->events[0]));
        lag->event_first = 0;
    }
    if (lag->event_count == lag->event_capacity) {
        lag->event_capacity = 2 * lag->event_capacity + 64;
        lag->events = realloc(lag->events, lag->event_capacity * sizeof(lag->events[0]));
        if (!lag->events) {
            out_of_memory();
        }
    }
    lag->events[lag->event_count++] = event;
}

static void on_demanded(void *context, enum engine_kind engine, uint32_t vm, nsec demand_ns,
                        nsec now)
{
    if (engine == ENGINE_COMPUTE) {
        put(context, (struct lag_event){ LAG_DEMANDED, vm, demand_ns, now });
    }
}

static void on_joined(void *context, uint32_t vm, nsec now)
{
    put(context, (struct lag_event){ LAG_JOINED, vm, 0, now });
}

static void on_left(void *context, uint32_t vm, nsec now)
{
    put(context, (struct lag_event){ LAG_LEFT, vm, 0, now });
}

static void on_stayed(void *context, const struct stay *stay)
{
    struct lag *lag = context;
    struct lag_vm *own = &lag->vms[stay->vm];

    if (stay->engine != ENGINE_COMPUTE) {
        return;
    }
    warm_up(lag, stay->run_start_ns);
    if (lag->is_warm) {
        advance(lag, stay->run_start_ns);
        judge(lag, stay->vm, own->served_ns);
    } else if (lag->warmup_ns <= stay->run_end_ns) {
        nsec before = lag->warmup_ns - stay->run_start_ns;
        own->served_ns += before;
        warm_up(lag, stay->run_end_ns);
        own->served_ns -= before;
    }
    own->served_ns += stay->run_end_ns - stay->run_start_ns;
    if (lag->is_warm) {
        advance(lag, stay->run_end_ns);
        judge(lag, stay->vm, own->served_ns);
    }
}

/* -------------------------------------------------------------------------- life */

struct lag *lag_create(const struct partition *partition, nsec warmup_ns, nsec duration_ns)
{
    struct lag *lag = calloc(1, sizeof(*lag));

    if (!lag) {
        out_of_memory();
    }
    arena_init(&lag->arena);
    lag->partition = partition;
    lag->warmup_ns = warmup_ns;
    lag->duration_ns = duration_ns;
    lag->vms = arena_take(&lag->arena, partition->vm_count, sizeof(lag->vms[0]));
    lag->backlog = arena_take(&lag->arena, 1, heap_size(partition->vm_count));
    heap_init(lag->backlog, partition->vm_count);
    return lag;
}

void lag_free(struct lag *lag)
{
    if (lag) {
        free(lag->events);
        arena_fini(&lag->arena);
        free(lag);
    }
}

void lag_listen(struct lag *lag, struct probe *ret)
{
    *ret = (struct probe){
        .context = lag,
        .joined = on_joined,
        .left = on_left,
        .demanded = on_demanded,
        .stayed = on_stayed,
    };
}

const struct lag_extremes *lag_summarise(struct lag *lag, struct arena *results)
{
    uint32_t count = lag->partition->vm_count;
    struct lag_extremes *extremes = arena_take(results, count, sizeof(extremes[0]));

    warm_up(lag, lag->duration_ns);
    advance(lag, lag->duration_ns);
    judge_all(lag);
    for (uint32_t vm = 0; vm < count; vm++) {
        extremes[vm] =
            lag->vms[vm].was_judged ? lag->vms[vm].extremes : (struct lag_extremes){ NAN, NAN };
    }
    return extremes;
}
