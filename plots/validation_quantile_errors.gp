# validation_quantile_errors.gp - where in the distribution the prediction errs: the error of
# each quantile of latency, over the VMs of a regime.
#
#   file      quantile_errors.csv as `vgpusim validate -o DIR` writes it
#
# Errors are drawn as asinh(error): linear within a few percent, logarithmic beyond.
array regime[16]
array vms[16]
regimes = 0
farthest = 10.
stats file using (column('percent') == 1 ? (regimes = regimes + 1, \
    regime[regimes] = strcol('regime'), vms[regimes] = column('vms')) : 0, \
    farthest = largest(farthest, largest(abs(column('error_p10_percent')), \
    abs(column('error_p90_percent'))))) nooutput
hue_of(name) = name[1:4] eq 'time' ? hue(1) : name[1:3] eq 'MPS' ? hue(2) : \
    name eq 'copy' ? hue(3) : hue(4)
clear(x) = int(x) + 0xB0000000
of(k, name) = strcol('regime') eq regime[k] ? asinh(column(name)) : NaN

across = regimes <= 2 ? 2 : regimes <= 6 ? 3 : 4
down = largest(1, int(ceil(real(regimes) / across)))
height = 130 + 235 * down
eval open_figure(960, height)
set output output
set multiplot
if (regimes == 0) {
    set title heading('Error along the distribution')
    eval no_data('nothing to compare')
} else {
    set label 1 heading('Error of the predicted latency along its distribution') \
        at screen 0.5,(1 - 22. / height) center
    set label 2 'Line: median over the VMs; band: from the 10 % to the 90 % quantile over them; grey: ± 5 %.' \
        at screen 0.5,(14. / height) center font small textcolor rgb '#505050'
    reach = asinh(farthest * 1.3)
    set xrange [0 : 100]
    set yrange [-reach : reach]
    set xtics ('0' 0, '25' 25, '50' 50, '75' 75, '99' 99) font small
    unset key
    wide = (1 - 0.09) / across
    do for [k=1:regimes] {
        column_of = (k - 1) % across
        row_of = (k - 1) / across
        set lmargin at screen 0.085 + column_of * wide
        set rmargin at screen 0.085 + (column_of + 1) * wide - 0.025
        set tmargin at screen 1 - (82. + 235 * row_of) / height
        set bmargin at screen 1 - (82. + 235 * row_of + 175) / height
        set title sprintf('%s, %d VM%s', regime[k], vms[k], vms[k] == 1 ? '' : 's') font small \
            offset 0,-0.6
        set ytics ((column_of == 0 ? '0' : '') 0) font small
        do for [e in '1 2 5 10 20 50 100 1000'] {
            if (asinh(e + 0.) < reach) {
                set ytics add ((column_of == 0 ? '+'.e : '') asinh(e + 0.), \
                    (column_of == 0 ? '−'.e : '') -asinh(e + 0.))
            }
        }
        if (column_of == 0) { set ylabel 'Error (%)' offset 0.5 } else { unset ylabel }
        if (k + across > regimes) {
            set xlabel 'Quantile (%)' offset 0,0.3
        } else {
            unset xlabel
        }
        plot '+' using 1:(asinh(-5)):(asinh(5)) with filledcurves linecolor rgb '#EBEBEB', \
            0 with lines linecolor rgb '#606060' linewidth 0.8, \
            file using (column('percent')):(of(k, 'error_p10_percent')): \
            (of(k, 'error_p90_percent')) with filledcurves linecolor rgb clear(hue_of(regime[k])), \
            file using (column('percent')):(of(k, 'error_median_percent')) with lines \
            linecolor rgb hue_of(regime[k]) linewidth 2
        unset label 1
        unset label 2
    }
}
unset multiplot
