/* script_serve.c - a script gets an engine: what it sees of VMs and jobs. */
#include "policy/script_host.h"

#include <lauxlib.h>

static void set_integer(lua_State *lua, const char *key, lua_Integer value)
{
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, key);
}

static void set_share(lua_State *lua, const char *key, uint32_t ppm)
{
    lua_pushnumber(lua, (lua_Number)ppm / (lua_Number)PPM);
    lua_setfield(lua, -2, key);
}

static void push_vm(lua_State *lua, const struct vm *vm)
{
    lua_createtable(lua, 0, 16);
    set_integer(lua, "index", (lua_Integer)vm->index + 1);
    lua_pushstring(lua, vm->name);
    lua_setfield(lua, -2, "name");
    set_integer(lua, "weight", vm->weight);
    set_integer(lua, "priority", vm->priority);
    set_integer(lua, "budget_ns", vm->schedule.budget_ns);
    set_integer(lua, "period_ns", vm->schedule.period_ns);
    set_share(lua, "minimum", vm->schedule.minimum_ppm);
    set_share(lua, "maximum", vm->schedule.maximum_ppm);
    lua_pushboolean(lua, vm->schedule.real_time);
    lua_setfield(lua, -2, "real_time");
    set_integer(lua, "memory_bytes", vm->memory_bytes);
    set_integer(lua, "start_ns", vm->start_ns);
    set_integer(lua, "stop_ns", vm->stop_ns);
}

void script_host_push_job(lua_State *lua, const struct job_view *job)
{
    lua_createtable(lua, 0, 9);
    lua_pushboolean(lua, job->returns_at_once);
    lua_setfield(lua, -2, "returns_at_once");
    set_integer(lua, "arrival_ns", job->arrival_ns);
    set_integer(lua, "ready_ns", job->ready_ns);
    set_integer(lua, "submitted_ns", job->submitted_ns);
    set_integer(lua, "order", (lua_Integer)job->order);
    set_integer(lua, "deadline_ns", job->deadline_ns);
    set_integer(lua, "kernel_ns", job->kernel_ns);
    if (job->demand_ns >= 0) {
        set_integer(lua, "demand_ns", job->demand_ns);
        set_integer(lua, "remaining_ns", job->remaining_ns);
    }
}

size_t script_host_vm_places(uint32_t vm_count)
{
    size_t places = 4;

    while (places < 2 * (size_t)vm_count) {
        places *= 2;
    }
    return places;
}

/* Where the search for a table's place begins: tables lie at multiples of 16. */
static size_t first_place(const struct script_host *host, const void *table)
{
    return (size_t)((uintptr_t)table / POOL_STEP * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
           host->vm_mask;
}

static void put_vm(struct script_host *host, const void *table, uint32_t index)
{
    size_t at = first_place(host, table);

    while (host->vms[at].table) {
        at = (at + 1) & host->vm_mask;
    }
    host->vms[at] = (struct script_vm){ table, index };
}

uint32_t script_host_vm(const struct script_host *host, lua_State *lua, int at)
{
    const void *table = lua_type(lua, at) == LUA_TTABLE ? lua_topointer(lua, at) : NULL;

    if (!table || !host->policy) {
        return VM_NONE;
    }
    for (size_t i = first_place(host, table); host->vms[i].table; i = (i + 1) & host->vm_mask) {
        if (host->vms[i].table == table) {
            return host->vms[i].index;
        }
    }
    return VM_NONE;
}

/* Gives the script a second list of the VMs: what it does to that changes nothing here. */
static void push_vms(lua_State *lua, struct script_host *host)
{
    const struct policy *p = host->policy;

    lua_createtable(lua, (int)p->vm_count, 0);
    lua_createtable(lua, (int)p->vm_count, 0);
    for (uint32_t i = 0; i < p->vm_count; i++) {
        push_vm(lua, &p->vms[i]);
        put_vm(host, lua_topointer(lua, -1), i);
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, -3, (lua_Integer)i + 1);
        lua_rawseti(lua, -3, (lua_Integer)i + 1);
    }
}

bool script_push_function(lua_State *lua, int table, const char *name)
{
    lua_pushstring(lua, name);
    if (lua_rawget(lua, table) == LUA_TFUNCTION) {
        return true;
    }
    lua_pop(lua, 1);
    return false;
}

/* Leaves the VMs and the script's functions on the stack, as enum script_slot has them. */
static int serve(lua_State *lua)
{
    static const char *const names[] = {
        "join", "leave", "arrived", "ready", "pick", "charge"
    };
    struct script_host *host = lua_touserdata(lua, 1);

    push_vms(lua, host);
    lua_setfield(lua, 2, "vms");
    lua_pushinteger(lua, host->policy->quantum_ns);
    lua_setfield(lua, 2, "slice_ns");
    lua_pushinteger(lua, host->policy->slot_count);
    lua_setfield(lua, 2, "slot_count");
    if (script_push_function(lua, 2, "init")) {
        lua_call(lua, 0, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!script_push_function(lua, 2, names[i])) {
            lua_pushnil(lua);
        }
    }
    return 1 + (int)ARRAY_LEN(names);
}

bool script_host_serve(struct script_host *host, struct policy *policy, struct script_vm *vms)
{
    host->policy = policy;
    host->vms = vms;
    host->vm_mask = script_host_vm_places(policy->vm_count) - 1;
    lua_pushcfunction(host->lua, serve);
    lua_pushlightuserdata(host->lua, host);
    lua_pushvalue(host->lua, SCRIPT_VARIABLES);
    return script_host_call(host, 2, 1 + SCRIPT_CHARGE - SCRIPT_VMS);
}
