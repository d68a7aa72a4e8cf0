-- @NAME@.lua - one sentence: what this policy does.
--
-- As it stands, the VM that has had the least time for its weight goes first. Change what you
-- like, and run `sh test_@NAME@.sh`: it says whether the schedule is still the one you meant.
-- Times are whole nanoseconds; docs/adding-a-policy.md has all that a script may use.

summary = "least time for its weight first"

-- A claim that `compare` shows: the engine never idles while a VM has work.
work_conserving = true

-- From the scenario: policy: {script: @NAME@.lua, params: {turn: 4ms}}
local turn_ns = params.turn

-- What the policy remembers are its variables, and what it writes into the VMs' own tables.
local ready_vms = {}
local floor = 0 -- virtual time of the last VM picked; it never goes back

-- Optional: called once, before anything else. From here on vms and slice_ns are known.
function init()
    turn_ns = turn_ns or slice_ns
    for _, vm in ipairs(vms) do
        vm.vtime = 0 -- time that it has had, divided by its weight
    end
end

-- vm had no work, and now has. Answer true if the VM that runs should make way at once.
function ready(vm, now)
    vm.vtime = math.max(vm.vtime, floor) -- sleeping earns nothing
    table.insert(ready_vms, vm)
    return false
end

-- The engine is free, and some VM is ready: who has it, and for how long at most?
function pick(now)
    local best = 1
    for i = 2, #ready_vms do
        if ready_vms[i].vtime < ready_vms[best].vtime then
            best = i
        end
    end
    local vm = table.remove(ready_vms, best)
    floor = math.max(floor, vm.vtime)
    return vm, turn_ns
end

-- vm, which was picked last, has had the engine for ran_ns. Does it still have work?
function charge(vm, now, ran_ns, still_ready)
    vm.vtime = vm.vtime + ran_ns * 100 // vm.weight
    if still_ready then
        table.insert(ready_vms, vm)
    end
end

-- Optional: vm stops, and is not to be picked any more.
function leave(vm, now)
    for i, other in ipairs(ready_vms) do
        if other == vm then
            table.remove(ready_vms, i)
            return
        end
    end
end
