# validation_quantiles.gp - the distribution of each VM's latency as predicted, against the
# measured one: quantile against quantile, regime by regime.
#
#   file      quantiles.csv as `vgpusim validate -o DIR` writes it
#   dir       its folder, with regimes.csv
array regime[16]
array vms[16]
regimes = 0
low = NaN
high = NaN
note(t) = t > 0 ? (low = low <= t ? low : t, high = high >= t ? high : t) : 0
# In the order of the table.
stats dir.'/regimes.csv' using (strcol('metric') eq 'latency_mean' ? (regimes = regimes + 1, \
    regime[regimes] = strcol('regime'), vms[regimes] = column('vms')) : 0) nooutput
stats file using (note(ms(column('measured_ns'))), note(ms(column('predicted_ns')))) nooutput
hue_of(name) = name[1:4] eq 'time' ? hue(1) : name[1:3] eq 'MPS' ? hue(2) : \
    name eq 'copy' ? hue(3) : hue(4)
clear(x) = int(x) + 0x60000000
of(k, x) = strcol('regime') eq regime[k] ? x : NaN
at(k, p, x) = column('percent') == p ? of(k, x) : NaN

across = regimes <= 2 ? 2 : regimes <= 6 ? 3 : 4
down = largest(1, int(ceil(real(regimes) / across)))
height = 130 + 235 * down
eval open_figure(960, height)
set output output
set multiplot
if (regimes == 0) {
    set title heading('Distribution of latency')
    eval no_data('nothing to compare')
} else {
    low = low * 0.7
    high = high * 1.4
    set label 1 heading('Distribution of latency, predicted against measured') \
        at screen 0.5,(1 - 22. / height) center
    set label 2 'A curve is a VM, from its 1 % to its 99 % quantile; circles: medians; grey: ± 20 %.' \
        at screen 0.5,(14. / height) center font small textcolor rgb '#505050'
    set logscale xy
    set xrange [low : high]
    set yrange [low : high]
    set xtics 10 font small
    set ytics 10 font small
    set mxtics 1
    set format '%g'
    unset key
    set samples 50
    wide = (1 - 0.085) / across
    do for [k=1:regimes] {
        column_of = (k - 1) % across
        row_of = (k - 1) / across
        set lmargin at screen 0.075 + column_of * wide
        set rmargin at screen 0.075 + (column_of + 1) * wide - 0.02
        set tmargin at screen 1 - (82. + 235 * row_of) / height
        set bmargin at screen 1 - (82. + 235 * row_of + 180) / height
        set title sprintf('%s, %d VM%s', regime[k], vms[k], vms[k] == 1 ? '' : 's') font small \
            offset 0,-0.6
        if (column_of == 0) {
            set ylabel 'Predicted (ms)' offset 0.5
            set ytics format '%g'
        } else {
            unset ylabel
            set ytics format ''
        }
        if (k + across > regimes) {
            set xlabel 'Measured (ms)' offset 0,0.3
            set xtics format '%g'
        } else {
            unset xlabel
            set xtics format ''
        }
        plot '+' using 1:($1 * 0.8):($1 * 1.2) with filledcurves linecolor rgb '#E4E4E4', \
            x with lines linecolor rgb '#606060' linewidth 0.8, \
            file using (of(k, ms(column('measured_ns')))):(ms(column('predicted_ns'))) \
            with lines linecolor rgb clear(hue_of(regime[k])) linewidth 1.2, \
            file using (at(k, 50, ms(column('measured_ns')))):(ms(column('predicted_ns'))) \
            with points pointtype 6 pointsize 0.35 linewidth 0.7 linecolor rgb hue_of(regime[k])
        unset label 1
        unset label 2
    }
}
unset multiplot
