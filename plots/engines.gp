# engines.gp - what each engine did with its time.
file = dir.'/engines.csv'
array part[4] = ['run', 'run and lost', 'switch', 'idle with work']
array part_colour[4] = ['#0072B2', '#CC79A7', '#D40000', '#E69F00']
# Lost is a part of busy, and wasted of idle.
span(x) = column('busy_ns') + column('switch_ns') + column('idle_ns')
spent(p) = p == 1 ? column('busy_ns') - column('lost_ns') : p == 2 ? column('lost_ns') : \
    p == 3 ? column('switch_ns') : column('wasted_ns')
below(p) = p == 0 ? 0 : below(p - 1) + 100. * spent(p) / span(0)

# Engines that were never used are left out.
gpus = ' '
names = ' '
row = 0
stats file using (gpus = list_add(gpus, strcol('gpu')), column('busy_ns') > 0 ? \
    names = names.strcol('gpu').'/'.strcol('engine').' ' : 0, 1) nooutput
count = words(names)
name(i) = words(gpus) > 1 ? word(names, i) : word(names, i)[strstrt(word(names, i), '/') + 1:]
widest = 0
do for [i=1:count] { widest = largest(widest, strlen(name(i))) }
slanted = name_room(count, widest, 480)

eval open_figure(640, 400 + (slanted ? 4 * widest : 0))
set output output
set title heading('What the engines did')
if (count == 0) {
    eval no_data('no engine was used')
} else {
    at(x) = column('busy_ns') > 0 ? list_find(names, strcol('gpu').'/'.strcol('engine')) : NaN
    set xrange [0.4 : count + 0.6]
    set yrange [0:100]
    set ylabel 'Part of the time (%)'
    set grid noxtics
    eval name_tics(slanted)
    do for [i=1:count:name_every(count)] { set xtics add (name(i) i) }
    plot for [p=4:1:-1] file using (at(0)):(below(p)):(at(0) - 0.3):(at(0) + 0.3) \
        :(below(p - 1)):(below(p)) with boxxyerror linecolor rgb part_colour[p] title part[p]
}
