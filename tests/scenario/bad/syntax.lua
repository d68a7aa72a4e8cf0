function ready(vm, now)
    queue[#queue + 1 = vm
end
