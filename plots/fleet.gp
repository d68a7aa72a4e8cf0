# fleet.gp - how the GPUs of a fleet differ: their utilisation, and the latency of their jobs.
file = dir.'/gpus.csv'
curve_points = 400 # More cannot be seen. (A p99 is one of few values: the histogram's.)

gpus = 0
stats file using (gpus = gpus + 1) nooutput
low = NaN
high = NaN
note(ms_value) = ms_value > 0 ? (low = low <= ms_value ? low : ms_value, \
    high = high >= ms_value ? high : ms_value) : 0
if (gpus > 0) {
    stats file using (note(ms(column('latency_mean_ns'))), \
        note(ms(column('latency_p99_ns'))), 1) nooutput
}
every_row = largest(1, int(gpus / curve_points))

eval open_figure(640, 400)
set output output
set multiplot layout 1,2 title heading(sprintf('%d GPUs', gpus)) offset 0,-0.5
set lmargin 8
set rmargin 2
set tmargin 1.5

set xlabel 'Compute used (%)'
set ylabel 'GPUs'
set xrange [0:100]
set xtics 20
set yrange [0:*]
set boxwidth 2
if (gpus > 0) {
    plot file using (column('utilisation_percent')) bins=50 binrange [0:100] with boxes \
        linecolor rgb '#56B4E9' notitle
} else {
    eval no_data('no GPU')
}

set key inside right bottom
set ylabel 'Part of the GPUs at or below (%)'
set yrange [0:100]
if (low > 0) {
    set xlabel 'Latency of the jobs of a GPU (ms)'
    set logscale x
    set format x '%g'
    set xrange [low * 0.9 : high * 1.1]
    eval log_tics('x', low * 0.9, high * 1.1)
    set table $mean
    plot file using (ms(column('latency_mean_ns'))):(100. / gpus) smooth cumulative
    unset table
    set table $p99
    plot file using (ms(column('latency_p99_ns'))):(100. / gpus) smooth cumulative
    unset table
    eval use_arrays
    plot $mean using 1:2 every every_row with lines linecolor rgb hue(1) linewidth 2 \
        title 'mean', \
        $p99 using 1:2 with lines linecolor rgb hue(2) linewidth 2 title 'p99'
} else {
    eval no_data('no job finished')
}
unset multiplot
