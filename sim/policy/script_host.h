/*
 * script_host.h - one interpreter of a script, fenced in. Internal to script.c.
 *
 * Every call into Lua is protected, and what has failed once is never called again. On Lua's
 * stack lie, from the bottom: the function that hears of errors, the script's variables, and
 * (once it serves an engine) the VMs and the script's functions.
 */
#ifndef SIM_POLICY_SCRIPT_HOST_H
#define SIM_POLICY_SCRIPT_HOST_H

#include "policy/script.h"
#include "policy/script_pool.h"

#include <lua.h>

/* Places on Lua's stack. */
enum script_slot {
    SCRIPT_HANDLER = 1,
    SCRIPT_VARIABLES,
    SCRIPT_VMS,
    SCRIPT_JOIN,
    SCRIPT_LEAVE,
    SCRIPT_ARRIVED,
    SCRIPT_READY,
    SCRIPT_PICK,
    SCRIPT_CHARGE,
};

/* Which VM a Lua table is: open addressing by the table's address. */
struct script_vm {
    const void *table; /* NULL: free. */
    uint32_t index;
};

struct script_host {
    lua_State *lua;
    const struct script_source *source;
    struct script_pool pool;
    int64_t instructions; /* Of the present call, in steps of the hook. */
    bool failed;
    struct place place;    /* Of the failure: in the script, line 0 if that is not known. */
    char text[320];        /* What failed. */
    struct policy *policy; /* NULL while the script is only read. */
    struct script_vm *vms; /* Borrowed; vm_mask + 1 places. */
    size_t vm_mask;
};

/* Makes an interpreter in `memory` and runs the script's body. Whether that went well. */
bool script_host_open(struct script_host *host, const struct script_source *source,
                      void *memory, size_t size);

/* Places that a table of so many VMs needs. */
size_t script_host_vm_places(uint32_t vm_count);

/* Gives the script its engine and calls its init. `vms` is zeroed, of script_host_vm_places,
   and lives as long as the host. */
bool script_host_serve(struct script_host *host, struct policy *policy, struct script_vm *vms);

/* Calls what lies below `arguments` values on the stack's top; `results` values replace them
   all. False, and nothing on top, if it fails. */
bool script_host_call(struct script_host *host, int arguments, int results);

/* Calls a C function in which Lua may fail, with an address as its argument. */
bool script_host_run(struct script_host *host, lua_CFunction function, void *address,
                     int results);

/* Notes a failure at the head of the function in that slot. */
__attribute__((format(printf, 3, 4))) void
script_host_refuse(struct script_host *host, enum script_slot slot, const char *format, ...);

/* The index of the VM whose table lies there; VM_NONE if it is none. */
uint32_t script_host_vm(const struct script_host *host, lua_State *lua, int at);

/* Pushes a variable of the table at that place if it is a function; whether it is. */
bool script_push_function(lua_State *lua, int table, const char *name);

/* Pushes a job as the script sees it. */
void script_host_push_job(lua_State *lua, const struct job_view *job);

/* The interpreter that a Lua state belongs to. */
struct script_host *script_host_of(lua_State *lua);

/* Pushes a table with the functions of the prelude that are written in C. */
void script_library_push(lua_State *lua);

#endif
