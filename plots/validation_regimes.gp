# validation_regimes.gp - the absolute errors of all VMs, regime by regime, with their median
# and 95th percentile, and how far measurements that were made twice are apart.
#
#   file      validation.csv as `vgpusim validate -o DIR` writes it
#   dir       its folder, with regimes.csv
summary = dir.'/regimes.csv'
array regime[16]
array regime_vms[16]
array middle[32] # Of the means, then of p99.
array tail[32]
regimes = 0
widest = 0
least = 0.01 # Errors below it, in percent, are drawn there.
most = 1.
repeats = 0
is(metric) = strcol('metric') eq metric
add(name, vms) = (regimes = regimes + 1, regime[regimes] = name, regime_vms[regimes] = vms, \
    widest = largest(widest, strlen(name)))
keep(k) = (middle[k] = column('median_abs_error_percent'), \
    tail[k] = column('p95_abs_error_percent'))
stats summary using (is('latency_mean') ? add(strcol('regime'), column('vms')) : 0, \
    is('latency_mean') ? keep(regimes) : is('latency_p99') ? keep(regimes + 16) : 0, \
    most = largest(most, column('max_abs_error_percent')), \
    repeats = repeats + (column('repeated_vms') > 0)) nooutput

place(name) = (found = 0, sum [k=1:regimes] (found = found == 0 && regime[k] eq name ? k \
    : found, 0), regimes + 1 - found)
# Points of one regime are spread over its row so that none hides another.
spread(i) = 0.52 * (i * 0.6180339887 - floor(i * 0.6180339887) - 0.5)
level(metric) = is(metric) ? place(strcol('regime')) + spread($0) : NaN
size(x) = largest(abs(x), least)
hue_of(name) = name[1:4] eq 'time' ? hue(1) : name[1:3] eq 'MPS' ? hue(2) : \
    name eq 'copy' ? hue(3) : hue(4)
clear(x) = int(x) + 0x90000000

eval open_figure(960, 168 + 52 * largest(regimes, 1))
set output output
set multiplot
if (regimes == 0) {
    set title heading('Errors by regime')
    eval no_data('nothing to compare')
} else {
    explanation = 'A dot is a VM; thick stroke: median; thin stroke: 95th percentile.'."\n" \
        .'Δ: median spread of the prediction when submissions vary by 50 us' \
        .(repeats > 0 ? '; ×: median difference of measurements made twice.' : '.')
    titles = "set label 1 heading('Error of the predicted latency by regime') at screen 0.5, " \
        ."screen 1 - 22. / (168 + 52 * regimes) center; set label 2 explanation at screen " \
        ."0.5, screen 26. / (168 + 52 * regimes) center font small textcolor rgb '#505050'"
    set logscale x
    set xrange [least * 0.8 : largest(most, 100) * 1.3]
    set xtics (0.01, 0.1, 1, 10, 100, 1000)
    set yrange [0.5 : regimes + 0.5]
    set tmargin at screen 1 - 100. / (168 + 52 * regimes)
    set bmargin at screen 93. / (168 + 52 * regimes)
    set xlabel 'Absolute error (%)'
    unset key
    do for [m=1:2] {
        metric = m == 1 ? 'latency_mean' : 'latency_p99'
        set title m == 1 ? 'Mean latency' : 'p99 latency'
        set lmargin at screen (m == 1 ? 0.17 : 0.585)
        set rmargin at screen (m == 1 ? 0.475 : 0.89)
        set ytics scale 0 ('' 0)
        if (m == 1) {
            do for [k=1:regimes] {
                set ytics add (sprintf("%s\n%d VMs", regime[k], regime_vms[k]) regimes + 1 - k)
            }
        }
        set grid noytics xtics
        unset label
        eval m == 1 ? titles : ''
        do for [k=1:regimes] {
            set label 10 + k sprintf('%.2f  %.1f', middle[k + 16 * (m - 1)], \
                tail[k + 16 * (m - 1)]) at graph 1.03, first regimes + 1 - k left font small
        }
        set label 10 'median  p95' at graph 1.03, graph 1.06 left font small \
            textcolor rgb '#505050'
        again(x) = is(metric) && column('repeated_vms') > 0 ? \
            size(column('median_abs_repeat_percent')) : NaN
        stroke(name) = is(metric) ? size(column(name)) : NaN
        bottom(x) = place(strcol('regime')) - 0.36
        plot for [k=1:regimes:2] '+' using ($1):(k - 0.5):(k + 0.5) with filledcurves \
            linecolor rgb '#F4F4F4' notitle, \
            file using (size(column('error_percent'))):(level(metric)): \
            (clear(hue_of(strcol('regime')))) with points pointtype 7 pointsize 0.5 \
            linecolor rgb variable notitle, \
            summary using (stroke('p95_abs_error_percent')):(bottom(0)):(0):(0.72) \
            with vectors nohead linecolor rgb '#000000' linewidth 1 notitle, \
            summary using (stroke('median_abs_error_percent')):(bottom(0)):(0):(0.72) \
            with vectors nohead linecolor rgb '#000000' linewidth 2.4 notitle, \
            summary using (again(0)):(place(strcol('regime'))) with points pointtype 2 \
            pointsize 1.1 linewidth 2 linecolor rgb '#000000' notitle, \
            summary using (stroke('median_spread_percent')):(place(strcol('regime'))) \
            with points pointtype 8 pointsize 1.2 linewidth 1.6 linecolor rgb '#000000' notitle
    }
}
unset multiplot
