function ready(vm, now) end
function charge(vm, now) end
