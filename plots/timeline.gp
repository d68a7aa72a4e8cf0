# timeline.gp - who ran when on the first GPU: a lane a VM, and within it a line an engine.
file = dir.'/timeline.csv'
shown = 60  # Stays on the busiest engine that the figure spans.
lanes_most = 40

gpus = ' '
engines = ' '
rows = 0
stats file using (gpus = list_add(gpus, strcol('gpu')), rows = rows + 1) nooutput
gpu = words(gpus) > 0 ? word(gpus, 1) : ''
here(x) = strcol('gpu') eq gpu ? x : NaN

# From the first switch to the end of so many stays on an engine; the most crowded decides.
begin = NaN
array stays[16]
do for [e=1:16] { stays[e] = 0 }
upto = NaN
last = 0
count(e) = (stays[e] = stays[e] + 1, stays[e] == shown && !(upto <= column('run_end_ns')) ? \
    upto = column('run_end_ns') : 0)
if (rows > 0) {
    stats file using (here(0) == 0 ? (engines = list_add(engines, strcol('engine')), \
        begin = begin <= column('switch_start_ns') ? begin : column('switch_start_ns'), \
        last = largest(last, column('run_end_ns')), \
        count(list_find(engines, strcol('engine')))) : 0, 1) nooutput
}
upto = upto > begin ? upto : last
inside(x) = column('switch_start_ns') < upto ? here(x) : NaN

# The VMs that ran within the span, in the order of vms.csv.
ran = ' '
if (rows > 0) {
    stats file using (inside(0) == 0 ? (ran = list_add(ran, strcol('vm')), 1) : 1) nooutput
}
lane_names = ' '
do for [vm in vms] {
    if (strstrt(ran, ' '.vm.' ') && words(lane_names) < lanes_most) {
        lane_names = lane_names.vm.' '
    }
}
lanes = words(lane_names)
engine_count = words(engines)

rest = words(ran) > lanes ? sprintf(' (%d of %d VMs)', lanes, words(ran)) : ''
rest = words(gpus) > 1 ? sprintf(' on %s, one of %d%s', gpu, words(gpus), rest) : rest
array engine_colour[6] = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#000000']
eval open_figure(640, 150 + largest(3, lanes) * (lanes > 12 ? 18 : 40))
set output output
set title heading('Who ran when'.rest)
if (lanes == 0) {
    eval no_data('nothing ran')
} else {
    since = floor(begin / 1e6)
    lane(vm) = lanes + 1 - list_find(lane_names, vm)
    known(x) = strstrt(lane_names, ' '.strcol('vm').' ') ? inside(x) : NaN
    of(e, x) = strcol('engine') eq word(engines, e) ? known(x) : NaN
    height = 0.84 / engine_count
    middle(e) = lane(strcol('vm')) + 0.42 - (e - 0.5) * height
    at(name) = ms(column(name)) - since

    set xlabel sprintf('Time after %.9g s (ms)', since / 1e3)
    set xrange [ms(begin) - since : ms(upto) - since]
    set yrange [0.4 : lanes + 0.6]
    set ytics scale 0 ()
    do for [i=1:lanes] { set ytics add (word(lane_names, i) lanes + 1 - i) }
    set grid xtics noytics
    do for [i=1:lanes - 1] {
        set arrow from graph 0,first i + 0.5 to graph 1,first i + 0.5 nohead \
            linecolor rgb '#E8E8E8' linewidth 0.8 back
    }
    plot for [e=1:engine_count] file using (of(e, at('run_start_ns'))):(middle(e)) \
        :(at('run_start_ns')):(at('run_end_ns')):(middle(e) - height / 2) \
        :(middle(e) + height / 2) with boxxyerror linecolor rgb engine_colour[(e - 1) % 6 + 1] \
        title word(engines, e), \
        for [e=1:engine_count] file using (column('switch_start_ns') < column('run_start_ns') \
        ? of(e, at('switch_start_ns')) : NaN):(middle(e)):(at('switch_start_ns')) \
        :(at('run_start_ns')):(middle(e) - height / 2):(middle(e) + height / 2) \
        with boxxyerror fillstyle solid 1 border linecolor rgb switch_colour linewidth 0.6 \
        notitle, \
        NaN with boxes linecolor rgb switch_colour title 'switch'
}
