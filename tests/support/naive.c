#include "support/naive.h"

#include "support/test.h"

#include <string.h>

enum { NOBODY = -1 };

/* A job that is under way. */
struct work {
    uint32_t stream;
    uint32_t number;
    nsec demand_ns;
    nsec left_ns;
    nsec came_ns;
};

struct stream_state {
    uint32_t next_job; /* The next to arrive. */
    nsec next_arrival; /* NSEC_MAX: none. */
    bool under_way;
    uint32_t waiting; /* Jobs that wait for the one under way. */
    uint32_t waiting_number[NAIVE_DONE_MAX];
    nsec waiting_demand[NAIVE_DONE_MAX];
};

struct vm_state {
    bool present;
    uint32_t number;
    struct stream_state streams[NAIVE_STREAMS_MAX];
    uint32_t work_count;
    struct work work[NAIVE_STREAMS_MAX];
    nsec slice_left; /* NAIVE_PRIORITY: of a slice that was cut; 0: none. */
};

struct naive {
    const struct naive_scenario *scenario;
    struct naive_result *result;
    nsec now;
    struct vm_state vms[NAIVE_VMS_MAX];

    /* The engine. */
    int running;      /* VM that has it, also while it is switched in. */
    int resident;     /* VM that was switched in last. */
    nsec ready_at;    /* End of the switch. */
    nsec switched_in; /* Of the resident; slices count from here. */
    nsec slice_end;   /* Of the stay. */
    bool must_go;     /* Its end has come; it waits for the end of a kernel. */
    bool was_cut;     /* It was asked to make way. */
    nsec ran;         /* In this stay. */

    /* VMs with work that wait, in the order of their turns. */
    int queue[NAIVE_VMS_MAX];
    int queue_length;

    /* Strict slots. */
    nsec slot_start, slot_end;
    int slot_owner;
    int slot_position;
    bool restart;
    bool refused; /* A switch did not fit into the rest of this slot. */
};

static bool has_slots(const struct naive *n)
{
    return n->scenario->policy == NAIVE_EQUAL_SHARE || n->scenario->policy == NAIVE_FIXED_SHARE;
}

static bool never_cuts(const struct naive *n)
{
    return n->scenario->policy == NAIVE_FIFO || n->scenario->policy == NAIVE_PRIORITY_NO_CUT;
}

static void queue_last(struct naive *n, int vm)
{
    n->queue[n->queue_length++] = vm;
}

static void queue_first(struct naive *n, int vm)
{
    memmove(&n->queue[1], &n->queue[0], (size_t)n->queue_length * sizeof(n->queue[0]));
    n->queue[0] = vm;
    n->queue_length++;
}

static void queue_remove(struct naive *n, int vm)
{
    int kept = 0;

    for (int i = 0; i < n->queue_length; i++) {
        if (n->queue[i] != vm) {
            n->queue[kept++] = n->queue[i];
        }
    }
    n->queue_length = kept;
}

/* ---------------------------------------------------------------- the end of a stay */

static void end_stay(struct naive *n)
{
    int vm = n->running;
    struct vm_state *own = &n->vms[vm];
    nsec granted = own->slice_left;

    n->running = NOBODY;
    own->slice_left = 0;
    if (own->work_count == 0) {
        return;
    }
    if (n->scenario->policy == NAIVE_PRIORITY && n->was_cut && granted > n->ran) {
        own->slice_left = granted - n->ran;
        queue_first(n, vm);
    } else {
        queue_last(n, vm);
    }
}

static bool at_preemption_point(const struct naive *n)
{
    const struct work *head = &n->vms[n->running].work[0];
    nsec done = head->demand_ns - head->left_ns;

    return n->scenario->kernel_ns == 0 || done % n->scenario->kernel_ns == 0;
}

static void end_slice_if_due(struct naive *n)
{
    if (n->running == NOBODY || n->now < n->ready_at) {
        return;
    }
    n->must_go = n->must_go || (n->now >= n->slice_end && !never_cuts(n));
    if (n->must_go && at_preemption_point(n)) {
        end_stay(n);
    }
}

/* ---------------------------------------------------------------- jobs */

/* A VM that was dry has work, after what happened before at this instant. */
static void became_ready(struct naive *n, int vm)
{
    int running = n->running;

    queue_last(n, vm);
    if (running == NOBODY || running == vm) {
        return;
    }
    if (n->scenario->policy == NAIVE_TURNS_KEEP &&
        n->now >= n->switched_in + n->scenario->slice_ns && n->slice_end == NSEC_MAX) {
        n->slice_end = n->now; /* It runs on an expired slice. */
    }
    if (n->scenario->policy == NAIVE_PRIORITY &&
        n->scenario->vms[vm].priority > n->scenario->vms[running].priority) {
        n->was_cut = true;
        n->slice_end = n->slice_end < n->now ? n->slice_end : n->now;
    }
}

/* keeps_ready: the VM's last phase ended at this very instant. */
static void begin_work(struct naive *n, int vm, uint32_t stream, uint32_t number, nsec demand)
{
    struct vm_state *own = &n->vms[vm];

    own->streams[stream].under_way = true;
    own->work[own->work_count++] = (struct work){
        .stream = stream,
        .number = number,
        .demand_ns = demand,
        .left_ns = demand,
        .came_ns = n->result->jobs[vm][number].arrival_ns,
    };
}

static void arrive(struct naive *n, int vm, uint32_t index)
{
    const struct naive_stream *stream = &n->scenario->vms[vm].streams[index];
    struct vm_state *own = &n->vms[vm];
    struct stream_state *state = &own->streams[index];
    uint32_t number = own->number++;
    nsec demand = stream->demands_ns[stream->think_ns >= 0 ? 0 : state->next_job];

    assert_true(number < NAIVE_DONE_MAX);
    n->result->jobs[vm][number] = (struct naive_job){ n->now, -1, -1 };
    n->result->job_count[vm] = own->number;
    state->next_job++;
    state->next_arrival = NSEC_MAX;
    if (stream->think_ns < 0 && state->next_job < stream->job_count) {
        state->next_arrival =
            n->scenario->vms[vm].start_ns + stream->arrivals_ns[state->next_job];
    }
    if (state->under_way) {
        state->waiting_number[state->waiting] = number;
        state->waiting_demand[state->waiting++] = demand;
        return;
    }
    begin_work(n, vm, index, number, demand);
    if (own->work_count == 1) {
        became_ready(n, vm);
    }
}

static void arrivals(struct naive *n)
{
    for (uint32_t vm = 0; vm < n->scenario->vm_count; vm++) {
        for (uint32_t i = 0; i < n->scenario->vms[vm].stream_count; i++) {
            while (n->vms[vm].present && n->vms[vm].streams[i].next_arrival == n->now) {
                arrive(n, (int)vm, i);
            }
        }
    }
}

static void end_work_if_done(struct naive *n)
{
    int vm = n->running;

    if (vm == NOBODY || n->now < n->ready_at || n->vms[vm].work[0].left_ns > 0) {
        return;
    }
    struct vm_state *own = &n->vms[vm];
    struct work done = own->work[0];
    struct stream_state *state = &own->streams[done.stream];
    const struct naive_stream *stream = &n->scenario->vms[vm].streams[done.stream];
    n->result->jobs[vm][done.number].end_ns = n->now;
    own->work_count--;
    memmove(&own->work[0], &own->work[1], own->work_count * sizeof(done));
    state->under_way = false;
    if (stream->think_ns >= 0) {
        state->next_arrival = n->now + stream->think_ns;
    }
    if (state->waiting > 0) {
        begin_work(n, vm, done.stream, state->waiting_number[0], state->waiting_demand[0]);
        state->waiting--;
        memmove(&state->waiting_number[0], &state->waiting_number[1],
                state->waiting * sizeof(state->waiting_number[0]));
        memmove(&state->waiting_demand[0], &state->waiting_demand[1],
                state->waiting * sizeof(state->waiting_demand[0]));
    }
    if (own->work_count == 0 || never_cuts(n)) {
        end_stay(n);
    }
}

/* ---------------------------------------------------------------- slots */

static uint32_t owners(const struct naive *n, int *ret_owners)
{
    uint32_t count = 0;

    for (uint32_t vm = 0; vm < n->scenario->vm_count; vm++) {
        if (n->vms[vm].present) {
            ret_owners[count++] = (int)vm;
        }
    }
    return count;
}

static void set_slot(struct naive *n, int position)
{
    int present[NAIVE_VMS_MAX];
    uint32_t count = owners(n, present);

    n->slot_position = position;
    n->slot_owner = position < (int)count ? present[position] : NOBODY;
    n->slot_start = n->now;
    n->slot_end = n->now + n->scenario->slice_ns;
    n->refused = false;
    n->restart = false;
    if (n->scenario->policy == NAIVE_EQUAL_SHARE && count == 0) {
        n->slot_end = NSEC_MAX; /* No VM, no slots. */
    }
}

static void next_slot_if_due(struct naive *n)
{
    int present[NAIVE_VMS_MAX];
    int count = (int)owners(n, present);

    if (n->now != n->slot_end) {
        return;
    }
    if (n->scenario->policy == NAIVE_FIXED_SHARE) {
        count = (int)n->scenario->slots;
    }
    set_slot(n, n->restart || count == 0 ? 0 : (n->slot_position + 1) % count);
}

/* A VM started or stopped: the rotation starts anew, at once if no slot has begun. */
static void vms_changed(struct naive *n)
{
    if (n->now == n->slot_start || n->slot_end == NSEC_MAX) {
        set_slot(n, 0);
        return;
    }
    n->restart = true;
    if (n->slot_owner != NOBODY && !n->vms[n->slot_owner].present) {
        n->slot_owner = NOBODY;
    }
}

/* ---------------------------------------------------------------- VMs */

static void stop_vm(struct naive *n, int vm)
{
    n->vms[vm].present = false;
    n->vms[vm].work_count = 0;
    n->vms[vm].slice_left = 0;
    queue_remove(n, vm);
    if (n->running == vm) {
        n->running = NOBODY; /* A switch that has begun goes on until ready_at. */
    }
}

static void start_vm(struct naive *n, uint32_t vm)
{
    const struct naive_vm *own = &n->scenario->vms[vm];

    n->vms[vm].present = true;
    for (uint32_t i = 0; i < own->stream_count; i++) {
        const struct naive_stream *stream = &own->streams[i];
        n->vms[vm].streams[i].next_arrival =
            stream->job_count > 0 ? n->now + stream->arrivals_ns[0] : NSEC_MAX;
    }
}

static void timers(struct naive *n)
{
    bool changed = false;

    for (uint32_t vm = 0; vm < n->scenario->vm_count; vm++) {
        if (n->vms[vm].present && n->scenario->vms[vm].stop_ns == n->now) {
            stop_vm(n, (int)vm);
            changed = true;
        }
    }
    for (uint32_t vm = 0; vm < n->scenario->vm_count; vm++) {
        if (n->scenario->vms[vm].start_ns == n->now) {
            start_vm(n, vm);
            changed = true;
        }
    }
    if (changed && has_slots(n)) {
        vms_changed(n);
    }
}

/* ---------------------------------------------------------------- the choice */

static int first_of_queue(const struct naive *n)
{
    int best = n->queue[0];

    for (int i = 1; i < n->queue_length; i++) {
        int vm = n->queue[i];
        if (n->scenario->policy == NAIVE_FIFO &&
            (n->vms[vm].work[0].came_ns < n->vms[best].work[0].came_ns ||
             (n->vms[vm].work[0].came_ns == n->vms[best].work[0].came_ns && vm < best))) {
            best = vm;
        }
        if ((n->scenario->policy == NAIVE_PRIORITY ||
             n->scenario->policy == NAIVE_PRIORITY_NO_CUT) &&
            n->scenario->vms[vm].priority > n->scenario->vms[best].priority) {
            best = vm;
        }
    }
    /* A VM on an expired slice lets any other that waits go first. */
    if (n->scenario->policy == NAIVE_TURNS_KEEP && best == n->resident && n->queue_length > 1 &&
        n->now >= n->switched_in + n->scenario->slice_ns) {
        best = n->queue[1];
    }
    return best;
}

static nsec slice_of(struct naive *n, int vm)
{
    nsec slice = n->scenario->slice_ns;

    if (n->scenario->policy == NAIVE_TURNS_WEIGHTED) {
        slice = slice * n->scenario->vms[vm].weight / 100;
        return slice > 0 ? slice : 1;
    }
    if (n->scenario->policy == NAIVE_PRIORITY) {
        slice = n->vms[vm].slice_left > 0 ? n->vms[vm].slice_left : slice;
        n->vms[vm].slice_left = slice;
    }
    return slice;
}

/* Gives the engine to a VM with work. */
static void dispatch(struct naive *n, int vm)
{
    bool switches = n->resident != vm && n->resident != NOBODY;
    nsec cost = 0;

    if (switches) {
        cost =
            n->vms[n->resident].work_count > 0 ? n->scenario->preempt_ns : n->scenario->idle_ns;
    }
    if (has_slots(n) && n->now + cost > n->slot_end) {
        n->refused = true;
        return;
    }
    bool fresh = n->resident != vm;
    if (vm != n->queue[0] && n->queue[0] == n->resident &&
        n->scenario->policy == NAIVE_TURNS_KEEP) {
        int expired = n->queue[0];
        queue_remove(n, expired);
        queue_last(n, expired);
    }
    queue_remove(n, vm);
    n->result->switch_ns += cost;
    n->running = vm;
    n->resident = vm;
    n->ready_at = n->now + cost;
    n->must_go = n->was_cut = false;
    n->ran = 0;
    nsec counted_from = switches && cost > 0 ? n->ready_at - n->scenario->restore_ns : n->now;
    if (fresh) {
        n->switched_in = counted_from;
    }
    n->slice_end = counted_from + slice_of(n, vm);
    if (n->scenario->policy == NAIVE_TURNS_KEEP && !fresh) {
        n->slice_end = n->switched_in + n->scenario->slice_ns;
        n->slice_end = n->slice_end > n->now ? n->slice_end : NSEC_MAX;
    }
    if (has_slots(n)) {
        n->slice_end = n->slot_end;
    }
}

static void choose(struct naive *n)
{
    if (n->running != NOBODY || n->now < n->ready_at || n->queue_length == 0) {
        return;
    }
    if (!has_slots(n)) {
        dispatch(n, first_of_queue(n));
    } else if (n->slot_owner != NOBODY && n->vms[n->slot_owner].work_count > 0 && !n->refused) {
        dispatch(n, n->slot_owner);
    }
}

static void advance(struct naive *n)
{
    if (n->running == NOBODY || n->now < n->ready_at) {
        return;
    }
    struct work *head = &n->vms[n->running].work[0];
    struct naive_job *job = &n->result->jobs[n->running][head->number];

    if (job->start_ns < 0) {
        job->start_ns = n->now;
    }
    head->left_ns--;
    n->ran++;
    n->result->service_ns[n->running]++;
}

void naive_run(const struct naive_scenario *scenario, struct naive_result *ret)
{
    struct naive n = { .scenario = scenario, .result = ret };

    memset(ret, 0, sizeof(*ret));
    n.running = n.resident = n.slot_owner = NOBODY;
    n.slot_end = scenario->policy == NAIVE_FIXED_SHARE ? scenario->slice_ns : NSEC_MAX;
    for (;; n.now++) {
        end_work_if_done(&n);
        if (n.now == scenario->duration_ns) {
            return;
        }
        arrivals(&n);
        end_slice_if_due(&n);
        if (has_slots(&n)) {
            next_slot_if_due(&n);
        }
        timers(&n);
        arrivals(&n); /* Of VMs that started now; one may cut who runs. */
        end_slice_if_due(&n);
        choose(&n);
        advance(&n);
    }
}
