# latency_percentiles.gp - latency quantiles of each VM, and how sure the last is.
file = dir.'/vms.csv'
array shade[4] = ['#A6CEE3', '#56A0D3', '#0072B2', '#003A5C']
array quantile[4] = ['50', '90', '95', '99']
shift(q) = 0.2 * (q - 2.5)
latency(q) = ms(column('latency_p'.quantile[q].'_ns'))
low99(x) = ms(column('latency_p99_low_ns'))
high99(x) = ms(column('latency_p99_high_ns'))

low = NaN
high = NaN
note(v) = v > 0 ? (low = low <= v ? low : v, high = high >= v ? high : v) : 0
intervals = 0
stats file using (sum [q=1:4] (note(latency(q)), 0), note(high99(0)), \
    high99(0) >= low99(0) ? intervals = intervals + 1 : 0, 1) nooutput

slanted = name_room(series_count, label_widest, 480)
eval open_figure(640, 400 + (slanted ? 4 * label_widest : 0))
set output output
set title heading('Latency percentiles')
set format y '%g'
set xrange [0.4 : series_count + 0.6]
set grid noxtics
eval name_tics(slanted)
do for [i=1:series_count:name_every(series_count)] {
    set xtics add (label(word(series, i)) i)
}
if (high >= low) {
    # Bars of very unlike lengths need a logarithmic axis, which then starts below the least.
    if (high > 30 * low) {
        set logscale y
        set yrange [decade(low * 0.9) : high * 1.1]
        eval log_tics('y', decade(low * 0.9), high * 1.1)
        set ylabel 'Latency (ms, logarithmic)'
    } else {
        set yrange [0 : high * 1.05]
        set ylabel 'Latency (ms)'
    }
    if (series_count <= 24) {
        plot for [q=1:4] file using ($0 + 1 + shift(q)):(latency(q)):(0.19) with boxes \
            linecolor rgb shade[q] title 'p'.quantile[q], \
            file using ($0 + 1 + shift(4)):(low99(0)):(0):(high99(0) - low99(0)) \
            with vectors heads size screen 0.007,90 linecolor rgb '#D55E00' linewidth 1.2 \
            title (intervals > 0 ? '95 % interval' : '')
    } else {
        # So many that one bar a VM is all there is room for: the shorter before the longer.
        plot for [q=4:1:-1] file using ($0 + 1):(latency(q)):(0.8) with boxes \
            linecolor rgb shade[q] title 'p'.quantile[q]
    }
} else {
    eval no_data('too few jobs for percentiles')
}
