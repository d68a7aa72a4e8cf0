# validation.gp - latencies predicted for the measured scenarios, against the measured ones.
#
# By hand: gnuplot -e "file='validation.csv'" plots/common.gp plots/validation.gp
modes = ' '
metrics = ' '
rows = 0
low = NaN
high = NaN
note(t) = t > 0 ? (low = low <= t ? low : t, high = high >= t ? high : t) : 0
edge = 20.  # Errors beyond it, in percent, are counted at the edge of the histogram.
bin = 1.
stats file using (modes = list_add(modes, strcol('mode')), \
    metrics = list_add(metrics, strcol('metric')), note(ms(column('measured_ns'))), \
    note(ms(column('predicted_ns'))), rows = rows + 1) nooutput

mode_count = words(modes)
metric_count = words(metrics)
of(k, x) = strcol('mode') eq word(modes, k) ? x : NaN
part(k, q, x) = strcol('metric') eq word(metrics, q) ? of(k, x) : NaN
array open_mark[4] = [6, 4, 8, 12]

# The histogram of each mode, in parts of its own values.
bins = int(2 * edge / bin)
array size[mode_count + 1]
array part_of[(mode_count + 1) * bins]
array within[mode_count + 1]
do for [k=1:|size|] { size[k] = 0; within[k] = 0 }
do for [i=1:|part_of|] { part_of[i] = 0 }
slot(x) = int(smallest(largest(floor((x + edge) / bin), 0), bins - 1)) + 1
# Only the first metric (the mean) is counted: others of the same VMs would count them again.
add(k, x) = x == x ? (size[k] = size[k] + 1, within[k] = within[k] + (abs(x) <= 5), \
    part_of[(k - 1) * bins + slot(x)] = part_of[(k - 1) * bins + slot(x)] + 1) : 0
of_first(x) = strcol('metric') eq word(metrics, 1) ? x : NaN
stats file using (add(list_find(modes, strcol('mode')), of_first(column('error_percent'))), 1) nooutput
highest = 0
do for [i=1:|part_of|] {
    k = (i - 1) / bins + 1
    part_of[i] = size[k] > 0 ? 100. * part_of[i] / size[k] : 0
    highest = largest(highest, part_of[i])
}

eval open_figure(960, 480)
set output output
set multiplot
set tmargin at screen 0.86
set bmargin at screen 0.15
if (rows == 0 || !(high >= low)) {
    set title heading('Predicted and measured latency')
    eval no_data('nothing to compare')
} else {
    set title heading('Predicted and measured latency')
    set lmargin at screen 0.09
    set rmargin at screen 0.47
    set logscale xy
    set format '%g'
    set xrange [low * 0.7 : high * 1.4]
    set yrange [low * 0.7 : high * 1.4]
    eval log_tics('x', low, high)
    eval log_tics('y', low, high)
    set xlabel 'Measured (ms)'
    set ylabel 'Predicted (ms)'
    set key inside left top Left reverse samplen 1 font small
    set samples 100
    plot '+' using 1:($1 * 0.95):($1 * 1.05) with filledcurves linecolor rgb '#E0E0E0' \
        title '± 5 %', x with lines linecolor rgb '#606060' linewidth 1 notitle, \
        for [k=1:mode_count] for [q=1:metric_count] file \
        using (part(k, q, ms(column('measured_ns')))):(ms(column('predicted_ns'))) \
        with points linecolor rgb hue(k) pointtype open_mark[(q - 1) % 4 + 1] pointsize 0.6 \
        linewidth 1 notitle, \
        for [q=1:metric_count] NaN with points linecolor rgb '#000000' \
        pointtype open_mark[(q - 1) % 4 + 1] pointsize 0.8 title word(metrics, q)

    eval use_arrays
    unset logscale
    unset key
    set lmargin at screen 0.57
    set rmargin at screen 0.97
    set xrange [-edge : edge]
    set yrange [0 : largest(highest, 1) * 1.25]
    set ytics autofreq
    unset ylabel
    unset xlabel
    set grid noytics
    unset ytics
    set border 1
    set arrow from -5,graph 0 to -5,graph 1 nohead linecolor rgb '#909090' dashtype 2
    set arrow from 5,graph 0 to 5,graph 1 nohead linecolor rgb '#909090' dashtype 2
    height = 0.71 / largest(1, mode_count)
    do for [k=1:mode_count] {
        set tmargin at screen 0.86 - (k - 1) * height
        set bmargin at screen 0.86 - k * height + 0.02
        set label 1 word(modes, k) at graph 0.01,0.85 font small textcolor rgb hue(k)
        set label 2 size[k] > 0 ? sprintf('%.0f %% within 5 %%', 100. * within[k] / size[k]) : '' \
            at graph 0.99,0.85 right font small
        if (k == 1) { set title 'Errors of '.word(metrics, 1).' by mode' } else { unset title }
        if (k == mode_count) {
            set xtics 5 format '%g'
            set xlabel sprintf('Error (%%; beyond %g at the edge)', edge)
        } else {
            set xtics 5 format ''
        }
        plot part_of using (((int($1) - 1) % bins + 0.5) * bin - edge):2:(bin * 0.92) \
            every ::(k - 1) * bins::k * bins - 1 with boxes linecolor rgb hue(k) notitle
    }
}
unset multiplot
