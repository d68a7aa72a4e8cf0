/*
 * script.c - a policy whose operations are functions of a Lua script.
 *
 * What a script answers is checked here, so that the message can point into it; what only the
 * run knows (whether a VM has work) run/ checks, as for every policy. Once a call has failed,
 * the script is not called again, and pick answers with what the run cannot carry out.
 */
#include "policy/script.h"

#include "base/assert.h"
#include "policy/script_host.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SUMMARY_MAX = 60, PICK_RESULTS = 4 };

/* The state of a script's policy: the memory of its interpreter comes last. */
struct script {
    struct script_host host;
    bool *present; /* By VM. */
};

static size_t aligned(size_t size)
{
    return (size + 63) / 64 * 64;
}

static size_t memory_size(uint32_t vm_count)
{
    return (size_t)SCRIPT_MEMORY + vm_count * (size_t)KIB;
}

static size_t script_state_size(uint32_t vm_count)
{
    return aligned(sizeof(struct script)) + aligned(vm_count * sizeof(bool)) +
           aligned(script_host_vm_places(vm_count) * sizeof(struct script_vm)) +
           memory_size(vm_count);
}

/* -------------------------------------------------------------------------- calls */

/* Tells the run what failed, the first time. */
static void fail(struct policy *p, const char *call, nsec now)
{
    struct script_host *host = &((struct script *)p->state)->host;

    host->failed = true;
    assert(p->failure);
    if (p->failure->kind == ERR_NONE) {
        (void)err_set(p->failure, ERR_RUN, "at %" PRId64 " ns in %s: %s", now, call,
                      host->text);
        p->failure->place = host->place;
    }
}

__attribute__((format(printf, 4, 5))) static void
refuse(struct policy *p, enum script_slot slot, nsec now, const char *format, ...)
{
    struct script_host *host = &((struct script *)p->state)->host;
    va_list arguments;
    char text[sizeof(host->text)];

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    script_host_refuse(host, slot, "%s", text);
    fail(p, slot == SCRIPT_PICK ? "pick" : "ready", now);
}

/* Pushes a function, if the script has it, and its VM and `now`. */
static bool begin(struct policy *p, enum script_slot slot, const struct vm *vm, nsec now)
{
    const struct script_host *host = &((struct script *)p->state)->host;
    lua_State *lua = host->lua;

    if (host->failed) {
        return false;
    }
    lua_pushvalue(lua, (int)slot);
    if (vm) {
        (void)lua_rawgeti(lua, SCRIPT_VMS, (lua_Integer)vm->index + 1);
    }
    lua_pushinteger(lua, now);
    return true;
}

static bool has(const struct policy *p, enum script_slot slot)
{
    const struct script_host *host = &((const struct script *)p->state)->host;

    return !host->failed && lua_type(host->lua, (int)slot) == LUA_TFUNCTION;
}

static void script_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct script *script = p->state;

    script->present[vm->index] = true;
    if (has(p, SCRIPT_JOIN) && begin(p, SCRIPT_JOIN, vm, now) &&
        !script_host_call(&script->host, 2, 0)) {
        fail(p, "join", now);
    }
}

static void script_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct script *script = p->state;

    script->present[vm->index] = false;
    if (has(p, SCRIPT_LEAVE) && begin(p, SCRIPT_LEAVE, vm, now) &&
        !script_host_call(&script->host, 2, 0)) {
        fail(p, "leave", now);
    }
}

/* What arrived() is called with. */
struct arrival_call {
    uint32_t vm;
    const struct job_view *job;
    nsec now;
};

static int call_arrived(lua_State *lua)
{
    const struct arrival_call *call = lua_touserdata(lua, 1);

    lua_pushvalue(lua, 2);
    (void)lua_rawgeti(lua, 3, (lua_Integer)call->vm + 1);
    lua_pushinteger(lua, call->now);
    script_host_push_job(lua, call->job);
    lua_call(lua, 3, 0);
    return 0;
}

static void script_arrived(struct policy *p, const struct vm *vm, const struct job_view *job,
                           nsec now)
{
    struct script_host *host = &((struct script *)p->state)->host;
    struct arrival_call call = { vm->index, job, now };

    if (host->failed) {
        return;
    }
    /* A job is a new table, so even the preparation may fail. */
    lua_pushcfunction(host->lua, call_arrived);
    lua_pushlightuserdata(host->lua, &call);
    lua_pushvalue(host->lua, SCRIPT_ARRIVED);
    lua_pushvalue(host->lua, SCRIPT_VMS);
    if (!script_host_call(host, 3, 0)) {
        fail(p, "arrived", now);
    }
}

static enum preempt script_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct script_host *host = &((struct script *)p->state)->host;
    lua_State *lua = host->lua;
    enum preempt verdict = PREEMPT_NO;

    if (!begin(p, SCRIPT_READY, vm, now)) {
        return PREEMPT_NO;
    }
    if (!script_host_call(host, 2, 1)) {
        fail(p, "ready", now);
        return PREEMPT_NO;
    }
    if (lua_type(lua, -1) == LUA_TSTRING && strcmp(lua_tostring(lua, -1), "kill") == 0) {
        verdict = PREEMPT_KILL;
    } else if (lua_isboolean(lua, -1)) {
        verdict = lua_toboolean(lua, -1) ? PREEMPT_ASK : PREEMPT_NO;
    } else if (!lua_isnil(lua, -1)) {
        refuse(p, SCRIPT_READY, now,
               "it returned a %s; it must return nothing, true (the VM that runs makes way) or "
               "'kill'",
               lua_typename(lua, lua_type(lua, -1)));
    }
    lua_settop(lua, SCRIPT_CHARGE);
    return verdict;
}

static void script_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                          nsec now)
{
    struct script_host *host = &((struct script *)p->state)->host;
    lua_State *lua = host->lua;

    if (!begin(p, SCRIPT_CHARGE, vm, now)) {
        return;
    }
    lua_pushinteger(lua, used->ran_ns);
    lua_pushboolean(lua, used->still_ready);
    lua_pushinteger(lua, used->switched_in_ns);
    lua_pushinteger(lua, used->jobs_done);
    lua_pushinteger(lua, used->lost_ns);
    if (!script_host_call(host, 7, 0)) {
        fail(p, "charge", now);
    }
}

/* -------------------------------------------------------------------------- choosing */

/* A time that pick returned; `absent` for nil. */
static bool read_time(struct policy *p, int at, nsec absent, nsec now, nsec *ret)
{
    static const char *const names[] = { "a length, its second value",
                                         "an end, its third value" };
    lua_State *lua = ((struct script *)p->state)->host.lua;
    const char *name = names[at - SCRIPT_CHARGE - 2];
    int is_whole = 0;

    if (lua_isnil(lua, at)) {
        *ret = absent;
        return true;
    }
    if (lua_type(lua, at) == LUA_TNUMBER) {
        *ret = lua_tointegerx(lua, at, &is_whole);
        if (!is_whole) {
            refuse(p, SCRIPT_PICK, now,
                   "it returned %s, of %.9g; times are whole nanoseconds, and // divides so",
                   name, lua_tonumber(lua, at));
        }
        return is_whole != 0;
    }
    refuse(p, SCRIPT_PICK, now, "it returned %s, that is a %s; a time is a number", name,
           lua_typename(lua, lua_type(lua, at)));
    return false;
}

static bool read_until(struct policy *p, int at, nsec now, struct slice *slice)
{
    static const char *const words[] = {
        [UNTIL_DRY] = "dry", [UNTIL_JOB_END] = "job", [UNTIL_KERNEL_END] = "kernel"
    };
    lua_State *lua = ((struct script *)p->state)->host.lua;
    const char *word = lua_type(lua, at) == LUA_TSTRING ? lua_tostring(lua, at) : NULL;

    if (lua_isnil(lua, at)) {
        return true;
    }
    for (size_t i = 0; word && i < ARRAY_LEN(words); i++) {
        if (strcmp(word, words[i]) == 0) {
            slice->until = (enum until)i;
            return true;
        }
    }
    if (word && strcmp(word, "drop") == 0) {
        slice->drop_head = true;
        return true;
    }
    refuse(p, SCRIPT_PICK, now,
           "it returned a fourth value that is %s; it must be 'dry', 'job', 'kernel' or 'drop'",
           word ? word : lua_typename(lua, lua_type(lua, at)));
    return false;
}

/* The VM that pick returned; NULL in *ret is nobody. */
static bool read_vm(struct policy *p, int at, nsec now, const struct vm **ret)
{
    const struct script *script = p->state;
    lua_State *lua = script->host.lua;
    uint32_t index = script_host_vm(&script->host, lua, at);

    if (index != VM_NONE && script->present[index]) {
        *ret = &p->vms[index];
        return true;
    }
    if (index != VM_NONE) {
        refuse(p, SCRIPT_PICK, now, "it returned %s, which is not there %s", p->vms[index].name,
               now < p->vms[index].start_ns ? "yet" : "any more");
        return false;
    }
    if (lua_isnil(lua, at)) {
        *ret = NULL;
        return true;
    }
    refuse(p, SCRIPT_PICK, now,
           "it returned a %s that is no VM; it must return one of vms, or nil",
           lua_typename(lua, lua_type(lua, at)));
    return false;
}

static bool read_slice(struct policy *p, nsec now, struct slice *slice)
{
    const int at = SCRIPT_CHARGE + 1;

    if (!read_vm(p, at, now, &slice->vm) ||
        !read_time(p, at + 1, p->quantum_ns, now, &slice->length_ns) ||
        !read_time(p, at + 2, NSEC_MAX, now, &slice->end_ns) ||
        !read_until(p, at + 3, now, slice)) {
        return false;
    }
    if (!slice->vm && slice->end_ns == NSEC_MAX) {
        refuse(p, SCRIPT_PICK, now,
               "it returned no VM; then it must return an end, its third value");
    } else if (!slice->vm && slice->drop_head) {
        refuse(p, SCRIPT_PICK, now, "it returned no VM whose job could be dropped");
    } else if (slice->length_ns <= 0) {
        refuse(p, SCRIPT_PICK, now,
               "it returned a length of %" PRId64 " ns; it must be above 0", slice->length_ns);
    } else if (slice->end_ns <= now) {
        refuse(p, SCRIPT_PICK, now, "it returned an end of %" PRId64 " ns, which is not ahead",
               slice->end_ns);
    } else {
        return true;
    }
    return false;
}

static struct slice script_pick(struct policy *p, nsec now)
{
    static const struct slice impossible = { .vm = NULL };
    struct script_host *host = &((struct script *)p->state)->host;
    struct slice slice = { .vm = NULL };

    if (!begin(p, SCRIPT_PICK, NULL, now)) {
        return impossible;
    }
    if (!script_host_call(host, 1, PICK_RESULTS)) {
        fail(p, "pick", now);
        return impossible;
    }
    bool is_good = read_slice(p, now, &slice);
    lua_settop(host->lua, SCRIPT_CHARGE);
    return is_good ? slice : impossible;
}

/* -------------------------------------------------------------------------- beginnings */

static int give_up(const struct script_host *host, const char *call, struct err *err)
{
    (void)err_set(err, ERR_SCENARIO, "%s%s", call, host->text);
    err->place = host->place;
    return -1;
}

static int script_init(struct policy *p, struct err *err)
{
    struct script *script = p->state;
    char *at = (char *)p->state + aligned(sizeof(*script));

    script->present = (bool *)at;
    at += aligned(p->vm_count * sizeof(bool));
    struct script_vm *vms = (struct script_vm *)(void *)at;
    at += aligned(script_host_vm_places(p->vm_count) * sizeof(struct script_vm));
    if (!script_host_open(&script->host, p->params, at, memory_size(p->vm_count))) {
        return give_up(&script->host, "", err);
    }
    if (!script_host_serve(&script->host, p, vms)) {
        return give_up(&script->host, "in init: ", err);
    }
    return 0;
}

/* What a script says of itself. */
struct declaration {
    char summary[SUMMARY_MAX + 1];
    bool work_conserving;
    bool needs_demand;
    bool has_arrived;
    const char *missing; /* A function that it must have; NULL: none. */
    const char *wrong;   /* A variable of the wrong kind; NULL: none. */
};

static bool read_flag(lua_State *lua, const char *name, struct declaration *ret)
{
    lua_pushstring(lua, name);
    int type = lua_rawget(lua, 2);

    if (type != LUA_TNIL && type != LUA_TBOOLEAN) {
        ret->wrong = name;
    }
    return lua_toboolean(lua, -1) != 0;
}

static int read_declaration(lua_State *lua)
{
    static const char *const required[] = { "ready", "pick", "charge" };
    struct declaration *ret = lua_touserdata(lua, 1);

    ret->work_conserving = read_flag(lua, "work_conserving", ret);
    ret->needs_demand = read_flag(lua, "needs_demand", ret);
    ret->has_arrived = script_push_function(lua, 2, "arrived");
    for (size_t i = 0; i < ARRAY_LEN(required); i++) {
        if (!script_push_function(lua, 2, required[i]) && !ret->missing) {
            ret->missing = required[i];
        }
    }
    lua_pushliteral(lua, "summary");
    int type = lua_rawget(lua, 2);
    const char *summary = type == LUA_TSTRING ? lua_tostring(lua, -1) : "a script";
    if ((type != LUA_TNIL && type != LUA_TSTRING) || strlen(summary) > SUMMARY_MAX) {
        ret->wrong = "summary";
    } else {
        memcpy(ret->summary, summary, strlen(summary) + 1);
    }
    return 0;
}

static int declare(struct script_host *host, struct declaration *ret, struct err *err)
{
    lua_pushcfunction(host->lua, read_declaration);
    lua_pushlightuserdata(host->lua, ret);
    lua_pushvalue(host->lua, SCRIPT_VARIABLES);
    if (!script_host_call(host, 2, 0)) {
        return give_up(host, "", err);
    }
    const struct place whole = { .file = host->source->file };
    if (ret->missing) {
        return err_at(err, whole, "the script has no function %s%s", ret->missing,
                      strcmp(ret->missing, "pick") == 0 ? "(now)" : "(vm, now)");
    }
    if (ret->wrong) {
        return err_at(err, whole, "%s must be %s", ret->wrong,
                      strcmp(ret->wrong, "summary") == 0 ? "a text of at most 60 bytes"
                                                         : "true or false");
    }
    return 0;
}

static const struct policy_ops blank = {
    .about = "A policy that the user brought as a Lua script.",
    .state_size = script_state_size,
    .init = script_init,
    .join = script_join,
    .leave = script_leave,
    .ready = script_ready,
    .pick = script_pick,
    .charge = script_charge,
};

int script_load(const struct script_source *source, struct arena *arena,
                const struct policy_ops **ret, struct err *err)
{
    struct declaration declaration = { .summary = "" };
    struct script_host host;
    struct arena scratch;

    arena_init(&scratch);
    void *memory = arena_take(&scratch, 1, memory_size(0));
    int status = script_host_open(&host, source, memory, memory_size(0))
                     ? declare(&host, &declaration, err)
                     : give_up(&host, "", err);
    arena_fini(&scratch);
    if (status == 0) {
        struct policy_ops *ops = arena_take(arena, 1, sizeof(*ops));
        *ops = blank;
        ops->name = source->name;
        ops->summary = arena_string(arena, declaration.summary);
        ops->work_conserving = declaration.work_conserving;
        ops->needs_demand = declaration.needs_demand;
        ops->arrived = declaration.has_arrived ? script_arrived : NULL;
        *ret = ops;
    }
    return status;
}

bool script_is(const struct policy_ops *ops)
{
    return ops->pick == script_pick;
}
