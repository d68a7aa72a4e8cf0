# breakdown.gp - where the mean latency of each VM went.
file = dir.'/vms.csv'
array part[5] = ['queue_wait', 'slice_wait', 'run', 'switch', 'host']
array part_label[5] = ['wait in queue', 'wait for slice', 'run', 'switch', 'host']
array part_colour[5] = ['#F0E442', '#E69F00', '#0072B2', '#D40000', '#999999']
amount(p) = ms(column(part[p].'_mean_ns'))
below(p) = p == 0 ? 0 : amount(p) + below(p - 1)

top = 0
stats file using (below(5) > top ? top = below(5) : 0, 1) nooutput
slanted = name_room(series_count, label_widest, 460)

eval open_figure(640, 400 + (slanted ? 4 * label_widest : 0))
set output output
set title heading('Where the mean latency goes')
set xrange [0.4 : series_count + 0.6]
set grid noxtics
eval name_tics(slanted)
do for [i=1:series_count:name_every(series_count)] {
    set xtics add (label(word(series, i)) i)
}
if (top > 0) {
    set yrange [0 : top * 1.08]
    set ylabel 'Mean latency (ms)'
    plot for [p=5:1:-1] file using ($0 + 1):(below(p)):($0 + 0.7):($0 + 1.3) \
        :(below(p - 1)):(below(p)) with boxxyerror linecolor rgb part_colour[p] \
        title part_label[p]
} else {
    eval no_data('no job was finished')
}
