# compare.gp - variants of a scenario side by side: the slowest hundredth of each VM's jobs, and
# fairness against it.
#
#   file      compare.csv as `vgpusim compare` writes it
#   name[]    what the variants are called (name_count of them), because gnuplot reads a quoted
#             text only up to its first comma; without it, what the file says up to there
array subject[40]
subject_count = 0
variant_count = 0
row_count = 0
note_subject(name) = (subject_count = subject_count + 1, subject[subject_count] = name)
is(measure) = stringcolumn('measure') eq measure
stats file using (row_count = row_count + 1, is('jain') ? (variant_count = variant_count + 1, 1) \
    : is('latency_p99_ns') && variant_count == 0 && subject_count < 40 ? \
    (note_subject(stringcolumn('subject')), 1) : 0) nooutput
array variant[variant_count]
# Every variant has the same rows, one variant after the other.
number(x) = int(column(0) * variant_count / row_count) + 1
stats file using (variant[number(0)] = stringcolumn('variant'), 1) nooutput
variant_widest = 0
do for [k=1:variant_count] {
    if (exists('name_count')) { variant[k] = name[k] }
    if (strlen(variant[k]) > 44) { variant[k] = variant[k][1:20].'..'.variant[k][strlen(variant[k])-21:*] }
    variant_widest = largest(variant_widest, strlen(variant[k]))
}

# Where a variant stands: at the top is the first.
width = 0.8 / subject_count
offset(s) = 0.4 - width * (s - 0.5)
row(s) = is('latency_p99_ns') && stringcolumn('subject') eq subject[s]
level(s) = row(s) ? variant_count + 1 - number(0) + offset(s) : NaN
tail(s) = row(s) ? ms(column('mean')) : NaN

least = NaN
most = NaN
stats file using (is('latency_p99_ns') && column('mean') > 0 ? (v = ms(column('mean')), \
    least = least <= v ? least : v, most = most >= v ? most : v, 1) : 0) nooutput

eval open_figure(variant_widest > 24 ? 1100 : 900, \
    190 + 30 * variant_count * (subject_count > 1 ? 1.3 : 1))
set output output
set multiplot layout 1,2 title heading('The same arrivals under each variant')
set key outside top center horizontal
set lmargin 5 + variant_widest
set yrange [0.4 : variant_count + 0.6]
set ytics scale 0 ()
# A tic's label is a format, so a per cent sign stands for itself only when written twice.
doubled(s) = (at = strstrt(s, '%'), at == 0 ? s : s[1:at] . '%' . doubled(s[at+1:*]))
do for [k=1:variant_count] {
    set ytics add (doubled(sprintf('%s  %d', variant[k], k)) variant_count + 1 - k)
}
set grid noytics
# With one subject its name goes without a key.
of_whom = subject_count > 1 ? '' : ' of '.subject[1]
if (subject_count == 1) { unset key }
set xlabel 'p99 latency'.of_whom.' (ms)'
if (most > 30 * least) {
    set logscale x
    set xrange [decade(least * 0.9) : most * 1.2]
    set xlabel 'p99 latency'.of_whom.' (ms, logarithmic)'
    eval most * 1.2 > 500 * decade(least * 0.9) ? "set xtics 10" : \
        log_tics("x", decade(least * 0.9), most * 1.2)
} else {
    set xrange [0 : most * 1.08]
    set xtics nice(most / 3)
}
floor_ms = most > 30 * least ? decade(least * 0.9) : 0
set style fill solid 1 noborder
plot for [s=1:subject_count] file using (tail(s)):(level(s)):(floor_ms):(tail(s)): \
    (level(s) - width / 2):(level(s) + width / 2) with boxxyerror linecolor rgb hue(s) \
    title subject[s], \
    for [s=1:subject_count] file using (tail(s)):(level(s)):(row(s) ? ms(column('low')) : NaN): \
    (row(s) ? ms(column('high')) : NaN) with xerrorbars pointtype 0 linecolor rgb '#303030' \
    notitle

# Fair and quick is at the top left. A variant's fairness stands behind its latencies.
unset logscale
set lmargin 9
set rmargin 4
least = NaN
most = NaN
unfair = 1
stats file using (is('latency_p99_ns') && stringcolumn('subject') eq subject[1] && \
    column('mean') > 0 ? (v = ms(column('mean')), least = least <= v ? least : v, \
    most = most >= v ? most : v, 1) : is('jain') && column('mean') < unfair ? \
    (unfair = column('mean'), 1) : 0) nooutput
# No more of the axis than there are points for.
bottom = floor(unfair * 10 - 0.5) / 10.
bottom = bottom < 0 ? 0 : bottom
set yrange [bottom : 1 + (1 - bottom) / 20]
set ytics auto
tic = bottom < 0.6 ? 0.2 : 0.1
set ytics 1 - tic * floor((1 - bottom) / tic + 0.01), tic, 1 scale 0.6
set grid xtics ytics
set xlabel 'p99 latency of '.subject[1].' (ms)'
if (most > 5 * least) {
    set logscale x
    set xrange [least * 0.8 : most * 1.3]
    set xtics auto
    set xlabel 'p99 latency of '.subject[1].' (ms, logarithmic)'
    if (most > 30 * least) { eval log_tics('x', decade(least * 0.9), most * 1.3) }
} else {
    set xrange [0 : most * 1.15]
    set xtics nice(most / 4)
}
set ylabel "Jain's index over all VMs" offset 1
last = NaN
first_tail(x) = is('latency_p99_ns') && stringcolumn('subject') eq subject[1] ? \
    (last = ms(column('mean')), NaN) : is('jain') ? last : NaN
set offsets graph 0.05, graph 0.1, 0, 0
unset key
set label 1 'numbers: the variants on the left' at graph 0.98, graph 0.04 right font small \
    textcolor rgb '#606060'
# Variants that fall together have their numbers around the common point.
side(k) = is('jain') && int(number(0)) % 4 == k ? column('mean') : NaN
array right[4] = [1.2, 0, -1.2, 0]
array up[4] = [0, 0.9, 0, -0.9]
plot file using (first_tail(0)):(is('jain') ? column('mean') : NaN) with points pointtype 7 \
    pointsize 1.1 linecolor rgb hue(1), \
    for [k=1:4] file using (first_tail(0)):(side(k - 1)):(sprintf('%d', number(0))) \
    with labels center offset right[k], up[k] font small textcolor rgb '#303030'
unset multiplot
