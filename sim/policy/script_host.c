#include "policy/script_host.h"

#include "base/assert.h"
#include "base/embed.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOOK_STEP = 100000, /* Instructions between two looks at their number. */
    FRAMES_MAX = 200,   /* Looked through for the script's own. */
};

/* The script's chunk, as Lua names it, and as it begins a message. */
#define CHUNK          "=script"
#define CHUNK_PREFIX   "script:"
#define PRELUDE        "=prelude"
#define PRELUDE_PREFIX "prelude:"

struct script_host *script_host_of(lua_State *lua)
{
    struct script_host *host;

    memcpy(&host, lua_getextraspace(lua), sizeof(void *));
    return host;
}

/* -------------------------------------------------------------------------- failures */

/* The column in which a line begins to say something. */
static uint32_t first_column(const struct script_source *source, uint32_t line)
{
    const char *at = source->bytes;
    const char *end = at + source->size;
    uint32_t column = 1;

    for (uint32_t i = 1; i < line && at < end; i++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        at = stop ? stop + 1 : end;
    }
    for (; at < end && (*at == ' ' || *at == '\t'); at++) {
        column++;
    }
    return column;
}

static void set_place(struct script_host *host, int line)
{
    host->place.file = host->source->file;
    host->place.line = line > 0 ? (uint32_t)line : 0;
    host->place.column = line > 0 ? first_column(host->source, (uint32_t)line) : 0;
}

/* The line in which the script itself is; 0 if it is nowhere. Allocates nothing. */
static int current_line(lua_State *lua)
{
    lua_Debug frame;

    for (int level = 0; level < FRAMES_MAX && lua_getstack(lua, level, &frame); level++) {
        if (lua_getinfo(lua, "Sl", &frame) && strcmp(frame.source, CHUNK) == 0) {
            return frame.currentline;
        }
    }
    return 0;
}

__attribute__((format(printf, 2, 3))) static void note(struct script_host *host,
                                                       const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(host->text, sizeof(host->text), format, arguments);
    va_end(arguments);
}

/* What the script raised: "script:12: text" where Lua or error() put a place before it. */
static void note_message(struct script_host *host, const char *message)
{
    size_t prelude = strlen(PRELUDE_PREFIX);
    char *end;

    if (strncmp(message, PRELUDE_PREFIX, prelude) == 0) {
        (void)strtol(message + prelude, &end, 10); /* Ours; the script's line is known. */
        message = strncmp(end, ": ", 2) == 0 ? end + 2 : message;
    }
    if (strncmp(message, CHUNK_PREFIX, strlen(CHUNK_PREFIX)) == 0) {
        long line = strtol(message + strlen(CHUNK_PREFIX), &end, 10);
        if (end[0] == ':' && end[1] == ' ' && line > 0) {
            set_place(host, (int)line);
            message = end + 2;
        }
    }
    note(host, "%s", message);
}

/* Hears of every error but exhausted memory, while the stack is still as it was. */
static int on_error(lua_State *lua)
{
    struct script_host *host = script_host_of(lua);

    if (host->text[0] != '\0') {
        return 1; /* Noted where it was found. */
    }
    set_place(host, current_line(lua));
    switch (lua_type(lua, 1)) {
    case LUA_TSTRING:
        note_message(host, lua_tostring(lua, 1));
        break;
    case LUA_TNUMBER:
        note(host, "error %.14g", lua_tonumber(lua, 1));
        break;
    default:
        note(host, "it raised an error that is a %s, not a text", luaL_typename(lua, 1));
        break;
    }
    return 1;
}

static int on_panic(lua_State *lua)
{
    (void)lua;
    assert_never("Lua fails only where it is protected");
    return 0;
}

/* Counts instructions. */
static void on_count(lua_State *lua, lua_Debug *frame)
{
    struct script_host *host = script_host_of(lua);

    (void)frame;
    host->instructions += HOOK_STEP;
    if (host->instructions <= SCRIPT_INSTRUCTIONS) {
        return;
    }
    if (host->text[0] == '\0') {
        set_place(host, current_line(lua));
        note(host, "it has run more than %" PRId64 " instructions; does it loop for ever?",
             SCRIPT_INSTRUCTIONS);
    }
    lua_pushlightuserdata(lua, host);
    (void)lua_error(lua);
}

/* Lua's allocator. A refusal notes where the script is: once Lua raises it, that is gone. */
static void *change(void *context, void *old, size_t old_size, size_t size)
{
    struct script_host *host = context;
    void *block = script_pool_change(&host->pool, old, old ? old_size : 0, size);

    if (!block && size > 0 && host->lua) {
        set_place(host, current_line(host->lua));
    }
    return block;
}

static void note_memory(struct script_host *host)
{
    if (host->pool.is_spent) {
        note(host, "it has allocated %" PRId64 " MiB within one call; it may take no more",
             SCRIPT_ALLOCATIONS / MIB);
    } else {
        note(host, "it needs more than the %" PRId64 " MiB of memory that a script may have",
             SCRIPT_MEMORY / MIB);
    }
}

static void note_status(struct script_host *host, int status)
{
    host->failed = true;
    if (status == LUA_ERRMEM) {
        note_memory(host);
    } else if (host->text[0] == '\0') {
        note(host, "it failed, and could not even say why");
    }
    if (!host->place.file) {
        set_place(host, 0);
    }
}

void script_host_refuse(struct script_host *host, enum script_slot slot, const char *format,
                        ...)
{
    lua_Debug function;
    va_list arguments;

    host->failed = true;
    lua_pushvalue(host->lua, (int)slot);
    set_place(host, lua_getinfo(host->lua, ">S", &function) ? function.linedefined : 0);
    va_start(arguments, format);
    (void)vsnprintf(host->text, sizeof(host->text), format, arguments);
    va_end(arguments);
}

/* -------------------------------------------------------------------------- calls */

bool script_host_call(struct script_host *host, int arguments, int results)
{
    host->instructions = 0;
    host->pool.allowance = SCRIPT_ALLOCATIONS;
    int status = lua_pcall(host->lua, arguments, results, SCRIPT_HANDLER);
    if (status != LUA_OK) {
        note_status(host, status);
        lua_pop(host->lua, 1);
        return false;
    }
    return true;
}

bool script_host_run(struct script_host *host, lua_CFunction function, void *address,
                     int results)
{
    lua_pushcfunction(host->lua, function);
    lua_pushlightuserdata(host->lua, address);
    return script_host_call(host, 1, results);
}

/* -------------------------------------------------------------------------- loading */

/* Hands out a byte at a time, so that a mistake is where the reading stopped. */
struct reader {
    const struct script_source *source;
    size_t at;
    bool ended;
};

static const char *read_byte(lua_State *lua, void *context, size_t *ret_size)
{
    struct reader *reader = context;

    (void)lua;
    reader->ended = reader->at == reader->source->size;
    *ret_size = reader->ended ? 0 : 1;
    return reader->ended ? NULL : &reader->source->bytes[reader->at++];
}

/* Where the word of a message "... near 'word'" begins: it ends where reading stopped, or not
   long before. */
static size_t find_word(const struct reader *reader, const char *message)
{
    size_t end = reader->ended || reader->at == 0 ? reader->at : reader->at - 1;
    const char *near = strstr(message, " near '");
    size_t length = near ? strlen(near) - strlen(" near ''") : 0;

    for (size_t at = end; near && at >= length; at--) {
        const char *word = &reader->source->bytes[at - length];
        if (strncmp(word, near + strlen(" near '"), length) == 0) {
            return at - length;
        }
    }
    return end;
}

static void note_syntax(struct script_host *host, const struct reader *reader,
                        const char *message)
{
    const char *bytes = host->source->bytes;
    size_t at = find_word(reader, message);
    struct place place = { host->source->file, 1, 1 };

    const char *line = strstr(message, " near ") ? NULL : strstr(message, " at line ");

    for (size_t i = 0; i < at; i++) {
        place.column = bytes[i] == '\n' ? 1 : place.column + 1;
        place.line += bytes[i] == '\n';
    }
    note_message(host, message);
    if (line) {
        set_place(host, (int)strtol(line + strlen(" at line "), NULL, 10));
    } else {
        host->place = place;
    }
}

static void push_value(lua_State *lua, const struct script_value *value)
{
    switch (value->kind) {
    case SCRIPT_BOOL:
        lua_pushboolean(lua, value->integer != 0);
        return;
    case SCRIPT_INTEGER:
        lua_pushinteger(lua, value->integer);
        return;
    case SCRIPT_NUMBER:
        lua_pushnumber(lua, value->number);
        return;
    case SCRIPT_TEXT:
        lua_pushstring(lua, value->text);
        return;
    case SCRIPT_TABLE:
        break;
    }
    luaL_checkstack(lua, 4, "params nest too deeply");
    lua_newtable(lua);
    for (uint32_t i = 0; i < value->count; i++) {
        push_value(lua, &value->items[i]);
        if (value->items[i].key) {
            lua_setfield(lua, -2, value->items[i].key);
        } else {
            lua_rawseti(lua, -2, (lua_Integer)i + 1);
        }
    }
}

/* Pushes the environment that the prelude makes. */
static void push_variables(lua_State *lua)
{
    const struct embedded_file *prelude = embedded_find("sim/policy/prelude.lua");

    assert(prelude);
    luaL_requiref(lua, "_G", luaopen_base, 1);
    luaL_requiref(lua, "table", luaopen_table, 1);
    luaL_requiref(lua, "string", luaopen_string, 1);
    luaL_requiref(lua, "math", luaopen_math, 1);
    lua_settop(lua, 1);
    if (luaL_loadbufferx(lua, prelude->bytes, prelude->size, PRELUDE, "t") != LUA_OK) {
        (void)lua_error(lua);
    }
    lua_pushglobaltable(lua);
    script_library_push(lua);
    lua_call(lua, 2, 1);
}

/* Makes the script's variables, and runs its body with them. */
static int open_script(lua_State *lua)
{
    struct script_host *host = lua_touserdata(lua, 1);
    struct reader reader = { .source = host->source };

    push_variables(lua);
    push_value(lua, &host->source->params);
    lua_setfield(lua, 2, "params");
    if (lua_load(lua, read_byte, &reader, CHUNK, "t") != LUA_OK) {
        if (lua_isstring(lua, -1)) {
            note_syntax(host, &reader, lua_tostring(lua, -1));
        }
        return lua_error(lua);
    }
    lua_pushvalue(lua, 2);
    (void)lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 0);
    lua_settop(lua, 2);
    return 1;
}

bool script_host_open(struct script_host *host, const struct script_source *source,
                      void *memory, size_t size)
{
    *host = (struct script_host){ .source = source };
    script_pool_init(&host->pool, memory, size);
    host->pool.allowance = SCRIPT_ALLOCATIONS;
    lua_State *lua = lua_newstate(change, host);
    assert(lua);
    memcpy(lua_getextraspace(lua), &host, sizeof(void *));
    host->lua = lua;
    (void)lua_atpanic(lua, on_panic);
    lua_sethook(lua, on_count, LUA_MASKCOUNT, HOOK_STEP);
    lua_pushcfunction(lua, on_error);
    return script_host_run(host, open_script, host, 1);
}
