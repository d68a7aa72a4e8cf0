-- prelude.lua - what a policy script sees: this environment and nothing else.
--
-- The same script must give the same schedule on every machine, and must not be able to wait
-- for anything. So there are no files, no clock, no modules, no address of anything, no order
-- that depends on addresses, and no library function that can take long within one call.
-- Times are whole nanoseconds.
local base, host = ...
local type, error, rawget, rawlen = base.type, base.error, base.rawget, base.rawlen
local select, next = base.select, base.next

-- Sees what is missing: a name that means nothing is an error, and says what to use instead.
local hints = {
    next = "is not there, its order would differ from run to run; use pairs or is_empty",
    print = "is not there; stop with error(...) to show a value",
    pcall = "is not there; a script that fails stops the run",
    vms = "is known from init() on, not while the script is read",
    ["math.random"] = "is not there; use random()",
    ["table.unpack"] = "is not there; use unpack",
}
hints.slice_ns, hints.slot_count = hints.vms, hints.vms
hints.xpcall = hints.pcall
for _, name in base.ipairs { "io", "os", "require", "dofile", "load", "loadfile", "package",
                             "debug", "coroutine" } do
    hints[name] = "is not there; a policy has no files, no clock and no modules"
end

local function strict(prefix)
    return {
        __index = function(_, name)
            if type(name) ~= "string" then
                return nil
            end
            error("'" .. prefix .. name .. "' " .. (hints[prefix .. name] or "is not defined"), 0)
        end,
    }
end

local env = {}

for _, name in base.ipairs { "assert", "error", "ipairs", "rawequal", "rawget", "rawlen",
                             "rawset", "select", "tonumber", "type", "getmetatable" } do
    env[name] = base[name]
end
env.random, env.head = host.random, host.head
env.never, env.USEC, env.MSEC, env.SEC = base.math.maxinteger, 1000, 1000000, 1000000000

function env.setmetatable(t, meta)
    if meta and (rawget(meta, "__gc") ~= nil or rawget(meta, "__mode") ~= nil) then
        error("a metatable with __gc or __mode is not allowed: when memory is collected must "
            .. "not matter", 0)
    end
    return base.setmetatable(t, meta)
end

function env.is_empty(t)
    return next(t) == nil
end

-- ------------------------------------------------------------------------------ in order

-- Sorts a list in place; equal items keep their order. Merging from the bottom up.
local function sort(list, less)
    local count = rawlen(list)
    local from, to, width = list, {}, 1
    less = less or function(a, b) return a < b end
    while width < count do
        for low = 1, count, 2 * width do
            local left, right = low, low + width
            local middle, high = right, low + 2 * width
            middle = middle <= count + 1 and middle or count + 1
            high = high <= count + 1 and high or count + 1
            right = middle
            for at = low, high - 1 do
                if left < middle and (right >= high or not less(from[right], from[left])) then
                    to[at] = from[left]
                    left = left + 1
                else
                    to[at] = from[right]
                    right = right + 1
                end
            end
        end
        from, to, width = to, from, 2 * width
    end
    if from ~= list then
        for i = 1, count do
            list[i] = from[i]
        end
    end
end

local ranks = { number = 1, string = 2, boolean = 3, table = 4 }

-- Numbers ascend, then texts, false, true, and VMs by index.
local function key_is_before(a, b)
    local first, second = ranks[type(a)], ranks[type(b)]
    if first ~= second then
        return first < second
    elseif first == 3 then
        return not a and b
    elseif first == 4 then
        return host.vm_index(a) < host.vm_index(b)
    end
    return a < b
end

local function check_key(key)
    local rank = ranks[type(key)]
    if not rank or rank == 4 and not host.vm_index(key) then
        error("pairs: a key is a " .. type(key) .. "; only numbers, texts, booleans and VMs "
            .. "have an order that is the same in every run", 0)
    end
end

-- Goes through a table in the order of its keys. What is set to nil on the way is left out.
function env.pairs(t)
    local keys, count, sorted = {}, 0, true
    for key in next, t do
        check_key(key)
        sorted = sorted and (count == 0 or key_is_before(keys[count], key))
        count = count + 1
        keys[count] = key
    end
    if not sorted then
        sort(keys, key_is_before)
    end
    local at = 0
    return function()
        while at < count do
            at = at + 1
            local value = rawget(t, keys[at])
            if value ~= nil then
                return keys[at], value
            end
        end
    end
end

-- ----------------------------------------------------------------------------- libraries

-- As Lua's own, but for what is no text: those would show addresses.
local function tostring(value)
    local kind = type(value)
    if kind == "table" and host.vm_index(value) then
        return host.vm_name(value)
    elseif kind == "table" or kind == "function" or kind == "userdata" then
        return "a " .. kind
    end
    return base.tostring(value)
end
env.tostring = tostring

local function format(text, ...)
    local values = { ... }
    local count = select("#", ...)
    if base.string.find(text, "%%[-+ #0-9.]*p") then
        error("format: %p shows an address, which differs from run to run", 0)
    end
    for i = 1, count do
        if type(values[i]) ~= "number" and type(values[i]) ~= "string" then
            values[i] = tostring(values[i])
        end
    end
    return base.string.format(text, base.table.unpack(values, 1, count))
end

env.string = { format = format }
for _, name in base.ipairs { "byte", "char", "len", "lower", "sub", "upper" } do
    env.string[name] = base.string[name]
end
base.getmetatable("").__index = base.setmetatable(env.string, strict "string.")

env.math = {}
for _, name in base.ipairs { "abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger",
                             "min", "mininteger", "modf", "sqrt", "tointeger", "type",
                             "ult" } do
    env.math[name] = base.math[name]
end
env.math.exp, env.math.log = host.exp, host.log
base.setmetatable(env.math, strict "math.")

env.table = { sort = sort, insert = host.insert, remove = host.remove }

function env.table.concat(list, between)
    return base.table.concat(list, between, 1, rawlen(list))
end
base.setmetatable(env.table, strict "table.")

function env.unpack(list, first, last)
    return base.table.unpack(list, first or 1, last or rawlen(list))
end

return base.setmetatable(env, strict "")
