#include "run/spatial.h"

#include "base/assert.h"
#include "run/inside.h"
#include "run/piece.h"
#include "run/sms.h"

/* ---------------------------------------------------------------- accounts */

static nsec counted(const struct spatial_client *c, nsec now, double *ret_carry)
{
    double amount = c->service_carry + c->service_rate * (double)(now - c->service_since_ns);
    nsec whole = (nsec)amount;

    *ret_carry = amount - (double)whole;
    return whole;
}

/* Counts a client's service up to `now`. */
static void count_service(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];

    if (c->head) {
        nsec whole = counted(c, now, &c->service_carry);
        s->service_ns[vm] += whole;
        run->streams[c->head->stream].service_ns += whole;
    }
    c->service_since_ns = now;
}

nsec spatial_running(const struct spatial *s, uint32_t vm, nsec now)
{
    double carry;

    return s->clients[vm].head ? counted(&s->clients[vm], now, &carry) : 0;
}

static void tell_stay(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];

    if (c->run_start_ns == NSEC_MAX) {
        return;
    }
    struct stay stay = {
        .engine = ENGINE_COMPUTE,
        .vm = vm,
        .switch_start_ns = c->run_start_ns,
        .run_start_ns = c->run_start_ns,
        .run_end_ns = now,
        .continued = c->last_end_ns == c->run_start_ns,
    };
    s->totals.stays++;
    RUN_TELL(run, stayed, &stay);
    run_drop_deaf(run);
    c->last_end_ns = now;
    c->run_start_ns = NSEC_MAX;
}

static void tell_dry(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    s->clients[vm].state = CLIENT_DRY;
    s->ready_since_ns[vm] = NSEC_MAX;
    s->ready_bits[vm / 64] &= ~(UINT64_C(1) << vm % 64);
    RUN_TELL(run, dry, ENGINE_COMPUTE, vm, now);
}

struct engine_totals spatial_totals(const struct spatial *s, nsec now)
{
    struct engine_totals totals = s->totals;

    totals.busy_ns += s->busy_since_ns != NSEC_MAX ? now - s->busy_since_ns : 0;
    return totals;
}

/* ---------------------------------------------------------------- kernels */

/* Works out which event is next. */
static void find_next(struct spatial *s)
{
    nsec first = soonest_time(&s->sms->next);

    s->next_vm = VM_NONE;
    for (uint32_t i = 0; i < s->order_count; i++) {
        uint32_t vm = s->order[i];
        nsec next = s->clients[vm].next_ns;
        if (next < first || (next == first && s->next_vm != VM_NONE && vm < s->next_vm)) {
            first = next;
            s->next_vm = vm;
        }
    }
    s->next = first < INSTANT_NEVER ? moment_at(first, MOMENT_END) : MOMENT_NEVER;
    if (s->is_due) {
        moment due = moment_at(s->due_ns, MOMENT_CHOICE);
        s->next = due < s->next ? due : s->next;
    }
}

static void make_due(struct spatial *s, nsec now)
{
    s->is_due = true;
    s->due_ns = now;
}

static void leave_order(struct spatial *s, uint32_t vm)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < s->order_count; i++) {
        if (s->order[i] != vm) {
            s->order[kept++] = s->order[i];
        }
    }
    s->order_count = kept;
}

/* The next kernel of the head's phase, which is now the youngest of all. */
static void begin_kernel(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];
    nsec kernel = piece_kernel(run, c->head);

    c->kernel_ns = kernel < c->head->remaining_ns ? kernel : c->head->remaining_ns;
    c->state = CLIENT_WAITING;
    c->next_ns = INSTANT_NEVER;
    s->order[s->order_count++] = vm;
    sms_begin(s, vm);
    make_due(s, now);
}

static void begin_phase(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];

    c->grid = &s->grids[s->first_grid[c->head->stream] + c->head->phase];
    begin_kernel(run, s, vm, now);
}

void spatial_put(struct run *run, struct spatial *s, struct flight *flight, nsec now)
{
    uint32_t vm = run->streams[flight->stream].vm;
    struct spatial_client *c = &s->clients[vm];

    flight->next = NULL;
    flight->ready_ns = now;
    flight->remaining_ns = flight->demands_ns[flight->phase];
    if (c->head) {
        c->tail->next = flight;
        c->tail = flight;
        return;
    }
    c->head = c->tail = flight;
    c->head_since_ns = now;
    if (s->completing != vm) {
        s->ready_since_ns[vm] = now;
        s->ready_bits[vm / 64] |= UINT64_C(1) << vm % 64;
        RUN_TELL(run, ready, ENGINE_COMPUTE, vm, now);
        begin_phase(run, s, vm, now);
        find_next(s);
    }
}

/* What the head's phase took alone on its SMs. No phase can be faster, but for rounding. */
static nsec alone_ns(const struct spatial_client *c, nsec now)
{
    nsec demand = c->head->demands_ns[c->head->phase];
    double alone = (double)demand * c->grid->stretch + 0.5;
    nsec span = now - c->head_since_ns;

    return alone < (double)span ? (nsec)alone : span;
}

static void end_phase(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];
    struct flight *flight = c->head;

    count_service(run, s, vm, now);
    c->service_rate = 0.0;
    leave_order(s, vm);
    make_due(s, now);
    tell_stay(run, s, vm, now);
    flight->queue_wait_ns += c->head_since_ns - flight->ready_ns;
    flight->stretch_ns += alone_ns(c, now) - flight->demands_ns[flight->phase];
    c->head = flight->next;
    c->head_since_ns = now;
    s->completing = vm;
    run_phase_done(run, flight, now);
    s->completing = VM_NONE;
    if (c->head) {
        begin_phase(run, s, vm, now);
    } else {
        tell_dry(run, s, vm, now);
    }
}

/* All work of the kernel is done. True if the phase is over. */
static bool end_kernel(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];
    nsec earliest = c->head_since_ns + c->head->demands_ns[c->head->phase];

    make_due(s, now);
    c->head->remaining_ns -= c->kernel_ns;
    if (c->head->remaining_ns > 0) {
        leave_order(s, vm);
        begin_kernel(run, s, vm, now);
        return false;
    }
    if (now < earliest) {
        c->state = CLIENT_ENDING;
        c->next_ns = earliest;
        return false;
    }
    end_phase(run, s, vm, now);
    return true;
}

/* What a client waited for has come. True if a phase is over. */
static bool client_event(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];

    c->next_ns = INSTANT_NEVER;
    make_due(s, now);
    if (c->state == CLIENT_ENDING) {
        end_phase(run, s, vm, now);
        return true;
    }
    sms_end_streams(s, vm, now);
    return !sms_is_busy(s, vm) && end_kernel(run, s, vm, now);
}

/* Blocks end. */
static void blocks_event(struct spatial *s, nsec now)
{
    make_due(s, now);
    sms_end(s, now);
}

/* ---------------------------------------------------------------- events */

/* From now on the engine is busy, or no longer. */
static void set_busy(struct spatial *s, bool is_busy, nsec now)
{
    if (is_busy && s->busy_since_ns == NSEC_MAX) {
        s->busy_since_ns = now;
    } else if (!is_busy && s->busy_since_ns != NSEC_MAX) {
        s->totals.busy_ns += now - s->busy_since_ns;
        s->busy_since_ns = NSEC_MAX;
    }
}

/* Notes the first blocks of phases, and from now on counts service at the new rates. */
static void settle_accounts(struct run *run, struct spatial *s, nsec now)
{
    bool is_busy = s->sms->blocks > 0;

    for (uint32_t i = 0; i < s->order_count; i++) {
        struct spatial_client *c = &s->clients[s->order[i]];
        double rate = sms_holds(s->sms, s->order[i]);
        if (c->state == CLIENT_RUNNING && c->run_start_ns == NSEC_MAX) {
            c->run_start_ns = now;
            c->head->start_ns = c->head->start_ns < now ? c->head->start_ns : now;
        }
        if (rate < c->service_rate || rate > c->service_rate) {
            count_service(run, s, s->order[i], now);
            c->service_rate = rate;
        }
    }
    set_busy(s, is_busy, now);
}

static void take_up(struct run *run, struct spatial *s, nsec now)
{
    s->is_due = false;
    sms_place(s, now);
    sms_set_speeds(s, now);
    settle_accounts(run, s, now);
}

void spatial_run(struct run *run, struct spatial *s, moment bound)
{
    bool is_over = false;

    do {
        nsec now = moment_time(s->next);
        run->event_count++;
        if (moment_class_of(s->next) == MOMENT_END && s->next_vm == VM_NONE) {
            blocks_event(s, now);
        } else if (moment_class_of(s->next) == MOMENT_END) {
            is_over = client_event(run, s, s->next_vm, now);
        } else {
            take_up(run, s, now);
        }
        find_next(s);
    } while (!is_over && s->next < bound);
}

void spatial_stop_vm(struct run *run, struct spatial *s, uint32_t vm, nsec now)
{
    struct spatial_client *c = &s->clients[vm];
    bool had_work = c->head != NULL;

    count_service(run, s, vm, now);
    c->service_rate = 0.0;
    tell_stay(run, s, vm, now);
    sms_clear(s, vm, now);
    leave_order(s, vm);
    for (struct flight *flight = c->head; flight;) {
        struct flight *next = flight->next;
        run_flight_lost(run, flight, false, now);
        flight = next;
    }
    c->head = c->tail = NULL;
    if (had_work) {
        tell_dry(run, s, vm, now);
        make_due(s, now);
        find_next(s);
    }
}

void spatial_finish(struct run *run, struct spatial *s, nsec now)
{
    for (uint32_t i = 0; i < s->order_count; i++) {
        tell_stay(run, s, s->order[i], now);
    }
}

/* ---------------------------------------------------------------- creation */

static void create_grids(struct run *run, struct spatial *s)
{
    uint32_t count = 0;

    s->first_grid = arena_take(&run->arena, run->stream_count, sizeof(uint32_t));
    for (uint32_t i = 0; i < run->stream_count; i++) {
        s->first_grid[i] = count;
        count += run->streams[i].workload->phase_count;
    }
    s->grids = arena_take(&run->arena, count, sizeof(s->grids[0]));
    for (uint32_t i = 0; i < run->stream_count; i++) {
        const struct stream *stream = &run->streams[i];
        for (uint32_t k = 0; k < stream->workload->phase_count; k++) {
            const struct phase *phase = &stream->workload->phases[k];
            if (phase->kind == PHASE_COMPUTE) {
                grid_init(&s->grids[s->first_grid[i] + k], &s->rules, phase,
                          s->clients[stream->vm].sms);
            }
        }
    }
}

struct spatial *spatial_create(struct run *run)
{
    struct spatial *s = arena_take(&run->arena, 1, sizeof(*s));
    uint32_t vms = run->vm_count;

    s->next = MOMENT_NEVER;
    s->busy_since_ns = NSEC_MAX;
    s->completing = VM_NONE;
    grid_rules_init(&s->rules, run->partition->device);
    s->clients = arena_take(&run->arena, vms, sizeof(s->clients[0]));
    s->order = arena_take(&run->arena, vms, sizeof(s->order[0]));
    s->ready_bits = arena_take(&run->arena, vms / 64 + 1, sizeof(uint64_t));
    s->ready_since_ns = arena_take(&run->arena, vms, sizeof(nsec));
    s->service_ns = &run->service_ns[(size_t)ENGINE_COMPUTE * vms];
    for (uint32_t vm = 0; vm < vms; vm++) {
        s->clients[vm].sms = grid_sms(s->rules.sms, run->partition->vms[vm].share_ppm);
        s->clients[vm].run_start_ns = NSEC_MAX;
        s->clients[vm].last_end_ns = -1;
        s->ready_since_ns[vm] = NSEC_MAX;
    }
    create_grids(run, s);
    s->sms = sms_create(&s->rules, vms, &run->arena);
    return s;
}
