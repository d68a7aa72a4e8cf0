# validation.gp - latencies predicted for the measured scenarios against the measured ones, and
# their errors, with the interval that each measured sample supports.
#
#   file      validation.csv as `vgpusim validate -o DIR` writes it
#
# Errors are drawn as asinh(error): linear within a few percent, logarithmic beyond.
modes = ' '
size = ''
low = NaN
high = NaN
note(t) = t > 0 ? (low = low <= t ? low : t, high = high >= t ? high : t) : 0
array vms[8] = [0, 0, 0, 0, 0, 0, 0, 0]
is(metric) = strcol('metric') eq metric
count(mode) = (k = list_find(modes, mode), vms[k] = vms[k] + 1)
farthest = 0
far(e) = e == e ? (farthest = largest(farthest, abs(e))) : 0
shown(x) = is('latency_mean') || is('latency_p99')
stats file using (modes = list_add(modes, strcol('mode')), \
    shown(0) ? (note(ms(column('measured_ns'))), note(ms(column('predicted_ns'))), \
    far(column('error_percent'))) : 0, is('latency_mean') ? count(strcol('mode')) : 0) nooutput
mode_count = words(modes)
clear(x) = int(x) + 0x80000000
title_of(mode) = mode eq 'time_sliced' ? 'time-sliced' : mode eq 'mps' ? 'MPS' : \
    mode eq 'app' ? 'applications' : mode

of(k, metric, x) = is(metric) && strcol('mode') eq word(modes, k) ? x : NaN
measured(k, metric) = of(k, metric, ms(column('measured_ns')))
edge_low(metric) = is(metric) ? ms(column('measured_low_ns')) : NaN
edge_high(metric) = is(metric) ? ms(column('measured_high_ns')) : NaN
error(k, metric) = asinh(of(k, metric, column('error_percent')))
bound(k, metric, name) = asinh(of(k, metric, column(name)))

eval open_figure(960, 800)
set output output
set multiplot
if (!(high >= low)) {
    set title heading('Predicted and measured latency')
    eval no_data('nothing to compare')
} else {
    set label 1 heading('Predicted and measured latency') at screen 0.5,0.97 center
    set label 2 "Horizontal and lower bars: 95 % intervals; of the mean by batch means of the " \
        ."latencies (above) and of each job's error (below),\nof p99 by order statistics; none " \
        ."where the sample is too short or correlated. Upper vertical bars: predictions when " \
        ."submissions vary by 50 us." \
        at screen 0.5,0.035 center font small textcolor rgb '#505050'
    set samples 100
    set logscale x
    low = low * 0.7
    high = high * 1.4
    set xrange [low : high]
    metric_title(m) = m == 1 ? 'Mean latency' : 'p99 latency'
    metric_of(m) = m == 1 ? 'latency_mean' : 'latency_p99'
    do for [m=1:2] {
        metric = metric_of(m)
        set lmargin at screen (m == 1 ? 0.085 : 0.575)
        set rmargin at screen (m == 1 ? 0.485 : 0.975)
        # Both latencies.
        set tmargin at screen 0.88
        set bmargin at screen 0.445
        set logscale y
        set yrange [low : high]
        set format '%g'
        eval log_tics('x', low, high)
        eval log_tics('y', low, high)
        set xtics format ''
        unset xlabel
        if (m == 1) { set ylabel 'Predicted (ms)' offset 0.5 } else { unset ylabel }
        set title metric_title(m)
        if (m == 1) {
            set key inside left top Left reverse samplen 1 font small
        } else {
            unset key
        }
        plot '+' using 1:($1 * 0.95):($1 * 1.05) with filledcurves linecolor rgb '#DADADA' \
            title '± 5 %', x with lines linecolor rgb '#606060' linewidth 1 notitle, \
            for [k=1:mode_count] file \
            using (measured(k, metric) > 0 ? edge_low(metric) : NaN):(ms(column('predicted_ns'))): \
            (edge_high(metric) - edge_low(metric)):(0) with vectors nohead \
            linecolor rgb clear(hue(k)) linewidth 0.8 notitle, \
            for [k=1:mode_count] file using (measured(k, metric)): \
            (ms(column('predicted_low_ns'))):(0): \
            (ms(column('predicted_high_ns') - column('predicted_low_ns'))) with vectors nohead \
            linecolor rgb clear(hue(k)) linewidth 0.8 notitle, \
            for [k=1:mode_count] file using (measured(k, metric)):(ms(column('predicted_ns'))) \
            with points linecolor rgb hue(k) pointtype point(k) pointsize 0.45 notitle, \
            for [k=1:mode_count] NaN with points linecolor rgb hue(k) pointtype point(k) \
            pointsize 0.9 title sprintf('%s, %d VMs', title_of(word(modes, k)), vms[k])
        # Errors.
        unset title
        unset label 1
        unset label 2
        unset key
        set tmargin at screen 0.42
        set bmargin at screen 0.135
        unset logscale y
        reach = asinh(largest(farthest, 10) * 1.3)
        set yrange [-reach : reach]
        set ytics ('0' 0)
        do for [e in '1 5 20 100 1000'] {
            if (asinh(e + 0.) < reach) {
                set ytics add ('+'.e asinh(e + 0.), '−'.e -asinh(e + 0.))
            }
        }
        set xtics format '%g'
        set xlabel 'Measured (ms)'
        if (m == 1) { set ylabel 'Error (%)' offset 0.5 }
        plot '+' using 1:(asinh(-5)):(asinh(5)) with filledcurves linecolor rgb '#DADADA' notitle, \
            0 with lines linecolor rgb '#606060' linewidth 1 notitle, \
            for [k=1:mode_count] file using (measured(k, metric)): \
            (bound(k, metric, 'error_low_percent')):(0): \
            (bound(k, metric, 'error_high_percent') - bound(k, metric, 'error_low_percent')) \
            with vectors nohead linecolor rgb clear(hue(k)) linewidth 0.8 notitle, \
            for [k=1:mode_count] file using (measured(k, metric)):(error(k, metric)) \
            with points linecolor rgb hue(k) pointtype point(k) pointsize 0.45 notitle
    }
}
unset multiplot
