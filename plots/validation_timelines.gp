# validation_timelines.gp - the worst predictions as timelines: who waited and who ran, measured
# beside predicted.
#
#   file      timelines.csv as `vgpusim validate -o DIR` writes it
CASES_MAX = 3
array name[CASES_MAX]
array worst[CASES_MAX]
array mean_of[2 * CASES_MAX] # Measured, predicted, in ms.
array from[CASES_MAX]
array to[CASES_MAX]
array vms[CASES_MAX]
array names[CASES_MAX]
do for [k=1:CASES_MAX] { vms[k] = 0; names[k] = ' ' }
cases = 0
note(k) = (name[k] = strcol('scenario'), \
    worst[k] = strcol('worst_vm'), mean_of[2 * k - 1] = ms(column('measured_mean_ns')), \
    mean_of[2 * k] = ms(column('predicted_mean_ns')), \
    from[k] = column('from_ns'), to[k] = column('to_ns'), cases = largest(cases, k), \
    vms[k] = largest(vms[k], column('place')), names[k] = list_add(names[k], strcol('vm')))
stats file using (note(int(column('case')))) nooutput

all = sum [k=1:CASES_MAX] (k <= cases ? vms[k] : 0)
row_px = 26
height = 92 + (cases > 0 ? sum [k=1:CASES_MAX] (k <= cases ? 92 + row_px * vms[k] : 0) : 100)
eval open_figure(960, height)
set output output
set multiplot
if (cases == 0) {
    set title heading('Worst predictions')
    eval no_data('nothing to compare')
} else {
    set label 1 heading('The worst predictions, as timelines') at screen 0.5,(1 - 22. / height) \
        center
    set label 2 'Thin: from submission to the start on the GPU; thick: from there to the end. In ms: ' \
        .'mean latency of the VM that is furthest off.' \
        at screen 0.5,(12. / height) center font small textcolor rgb '#505050'
    set style fill solid 1 border rgb 'white'
    unset key
    top = 62.
    do for [k=1:cases] {
        do for [s=1:2] {
            source = s == 1 ? 'measured' : 'predicted'
            scale = ms(to[k] - from[k]) > 2000 ? 1e9 : 1e6
            mine(x) = column('case') == k && strcol('source') eq source ? x : NaN
            inside(x) = smallest(largest((x - from[k]) / scale, 0), (to[k] - from[k]) / scale)
            level(x) = vms[k] + 1 - column('place')
            set lmargin at screen (s == 1 ? 0.105 : 0.555)
            set rmargin at screen (s == 1 ? 0.535 : 0.985)
            set tmargin at screen 1 - (top + 34) / height
            set bmargin at screen 1 - (top + 34 + row_px * vms[k]) / height
            set xrange [0 : (to[k] - from[k]) / scale]
            set yrange [0.4 : vms[k] + 0.6]
            set xtics auto
            set xlabel sprintf('Time since %.4g s (%s)', from[k] / 1e9, scale == 1e9 ? 's' : 'ms') \
                offset 0,0.4
            set ytics scale 0 ('' 0)
            if (s == 1) {
                do for [i=1:vms[k]] {
                    set ytics add (word(names[k], i) vms[k] + 1 - i)
                }
            }
            set title s == 1 ? sprintf('%s: measured, %s %.4g ms', name[k], worst[k], \
                mean_of[2 * k - 1]) : sprintf('predicted, %s %.4g ms (%+.1f %%)', worst[k], \
                mean_of[2 * k], 100 * (mean_of[2 * k] / mean_of[2 * k - 1] - 1)) font small
            plot file using (mine(inside(column('arrival_ns')))):(level(0)): \
                (inside(column('arrival_ns'))):(inside(column('start_ns'))): \
                (level(0) - 0.07):(level(0) + 0.07) with boxxyerror \
                linecolor rgb '#8C8C8C', \
                for [i=1:vms[k]] file using \
                (column('place') == i ? mine(inside(column('start_ns'))) : NaN):(level(0)): \
                (inside(column('start_ns'))):(inside(column('end_ns'))): \
                (level(0) - 0.33):(level(0) + 0.33) with boxxyerror linecolor rgb hue(i)
            unset label 1
            unset label 2
        }
        top = top + 92 + row_px * vms[k]
    }
}
unset multiplot
