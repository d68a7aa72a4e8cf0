-- Ready VMs take equal turns in the order in which they became ready.
summary = "equal turns, in Lua"
work_conserving = true

local queue, first, last = {}, 1, 0

local function put(vm)
    last = last + 1
    queue[last] = vm
end

function ready(vm, now)
    put(vm)
end

function pick(now)
    local vm
    repeat
        vm = queue[first]
        queue[first] = nil
        first = first + 1
    until vm
    return vm
end

function charge(vm, now, ran_ns, still_ready)
    if still_ready then
        put(vm)
    end
end

function leave(vm, now)
    for i = first, last do
        if queue[i] == vm then
            queue[i] = false
        end
    end
end
