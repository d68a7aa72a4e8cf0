/* script_library.c - the functions of a script's environment that are written in C. */
#include "engine/exact.h"
#include "policy/script_host.h"

#include <lauxlib.h>
#include <lua.h>

/* random(): a number between 0 and 1. random(n): one of 1..n. Of the policy's own stream. */
static int library_random(lua_State *lua)
{
    const struct script_host *host = script_host_of(lua);

    if (!host->policy) {
        return luaL_error(lua,
                          "random() is there from init() on, not while the script is read");
    }
    if (lua_gettop(lua) == 0) {
        lua_pushnumber(lua, rng_uniform(host->policy->rng));
    } else {
        lua_Integer bound = luaL_checkinteger(lua, 1);
        luaL_argcheck(lua, bound > 0, 1, "it must be at least 1");
        lua_pushinteger(lua, 1 + (lua_Integer)rng_below(host->policy->rng, (uint64_t)bound));
    }
    return 1;
}

/* head(vm): the job at the head of its queue, or nil. */
static int library_head(lua_State *lua)
{
    const struct script_host *host = script_host_of(lua);
    uint32_t index = script_host_vm(host, lua, 1);
    struct job_view job;

    luaL_argcheck(lua, index != VM_NONE, 1, "it is no VM");
    if (policy_head(host->policy, &host->policy->vms[index], &job)) {
        script_host_push_job(lua, &job);
    } else {
        lua_pushnil(lua);
    }
    return 1;
}

/* The index of a VM, from 1; nothing for other values. */
static int library_vm_index(lua_State *lua)
{
    uint32_t index = script_host_vm(script_host_of(lua), lua, 1);

    if (index == VM_NONE) {
        lua_pushnil(lua);
    } else {
        lua_pushinteger(lua, (lua_Integer)index + 1);
    }
    return 1;
}

static int library_vm_name(lua_State *lua)
{
    const struct script_host *host = script_host_of(lua);

    lua_pushstring(lua, host->policy->vms[script_host_vm(host, lua, 1)].name);
    return 1;
}

/* A position in a list of `count`, from 1. */
static lua_Integer position(lua_State *lua, int argument, lua_Integer count)
{
    lua_Integer at = luaL_checkinteger(lua, argument);

    if (at < 1 || at > count) {
        luaL_error(lua, "there is no position %I in a list of %I", (LUAI_UACINT)at,
                   (LUAI_UACINT)count);
    }
    return at;
}

/* insert(list, value) or insert(list, position, value). Like remove, it looks at the list's
   own items only, so it cannot take longer than the list is. */
static int library_insert(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argcheck(lua, lua_gettop(lua) == 2 || lua_gettop(lua) == 3, 2,
                  "it takes a list, perhaps a position, and a value");
    lua_Integer count = (lua_Integer)lua_rawlen(lua, 1);
    lua_Integer at = lua_gettop(lua) == 2 ? count + 1 : position(lua, 2, count + 1);

    for (lua_Integer i = count; i >= at; i--) {
        lua_rawgeti(lua, 1, i);
        lua_rawseti(lua, 1, i + 1);
    }
    lua_rawseti(lua, 1, at);
    return 0;
}

/* remove(list) or remove(list, position): the value that was there. */
static int library_remove(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, 1);
    if (count == 0 && lua_isnoneornil(lua, 2)) {
        lua_pushnil(lua);
        return 1;
    }
    lua_Integer at = lua_isnoneornil(lua, 2) ? count : position(lua, 2, count);

    lua_rawgeti(lua, 1, at);
    for (lua_Integer i = at; i < count; i++) {
        lua_rawgeti(lua, 1, i + 1);
        lua_rawseti(lua, 1, i);
    }
    lua_pushnil(lua);
    lua_rawseti(lua, 1, count);
    return 1;
}

static int library_exp(lua_State *lua)
{
    double x = luaL_checknumber(lua, 1);

    luaL_argcheck(lua, x >= -700.0 && x <= 700.0, 1, "it must be between -700 and 700");
    lua_pushnumber(lua, exact_exp(x));
    return 1;
}

static int library_log(lua_State *lua)
{
    double x = luaL_checknumber(lua, 1);

    luaL_argcheck(lua, x >= 1e-300 && x <= 1e300, 1, "it must be between 1e-300 and 1e300");
    lua_pushnumber(lua, exact_log(x));
    return 1;
}

void script_library_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        { "random", library_random },
        { "head", library_head },
        { "vm_index", library_vm_index },
        { "vm_name", library_vm_name },
        { "insert", library_insert },
        { "remove", library_remove },
        { "exp", library_exp },
        { "log", library_log },
        { NULL, NULL },
    };

    luaL_newlib(lua, functions);
}
