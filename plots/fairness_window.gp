# fairness_window.gp - Jain's index against the length of the window that it is taken over.
file = dir.'/fairness.csv'
gpus_most = 6

gpus = ' '
low = NaN
high = NaN
least = 1
note(w) = (gpus = list_add(gpus, strcol('gpu')), low = low <= w ? low : w, \
    high = high >= w ? high : w, least = smallest(least, column('jain_min')))
rows = 0
stats file using (rows = rows + 1) nooutput
if (rows > 0) {
    stats file using (column('jain_min') >= 0 ? note(column('window_ns') / 1e9) : 0, 1) nooutput
}
gpu_count = smallest(words(gpus), gpus_most)
of(g, x) = strcol('gpu') eq word(gpus, g) ? x : NaN
prefix(g) = gpu_count > 1 ? word(gpus, g).' ' : ''

eval open_figure(640, 400)
set output output
set title heading('Fairness by length of window'.(words(gpus) > gpu_count ? \
    sprintf(' (%d of %d GPUs)', gpu_count, words(gpus)) : ''))
if (gpu_count == 0) {
    eval no_data('no window in which two VMs were busy throughout')
} else {
    set logscale x
    set xrange [low * 0.9 : high * 1.1]
    set format '%g'
    eval log_tics('x', low * 0.9, high * 1.1)
    set yrange [largest(0, floor((least - 0.02) * 10) / 10) : 1.005]
    set xlabel 'Length of window (s)'
    set ylabel "Jain's index"
    plot for [g=1:gpu_count] file using (of(g, column('window_ns') / 1e9)) \
        :(column('jain_mean')) with linespoints linecolor rgb hue(g) linewidth 2 pointtype 7 \
        pointsize 0.7 title prefix(g).'mean', \
        for [g=1:gpu_count] file using (of(g, column('window_ns') / 1e9)) \
        :(column('jain_min')) with linespoints linecolor rgb hue(g) linewidth 1.5 dashtype 2 \
        pointtype 6 pointsize 0.7 title prefix(g).'minimum'
}
