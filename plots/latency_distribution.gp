# latency_distribution.gp - which part of the jobs was done within a time, and the tail.
rows = 0
stats dir.'/distribution.csv' using (rows = rows + 1) nooutput

# One reading of the file: the buckets of all series behind one another, kind[] being their
# class. Before the first of a series comes a gap, and then its edge with no job done. Of a
# great many, those are left out that would move a curve by less than its width.
array edge[rows + 2 * series_count + 1]
array done[|edge|]
array kind[|edge|]
n = 0
now = ''
tail = 100
fastest = NaN
slowest = NaN
finest = series_count > 32 ? 1 : 0.3
put(c, ns, percent) = (n = n + 1, edge[n] = ms(ns), done[n] = percent, kind[n] = c)
start(name, ns) = (now = name, put(class(name), NaN, NaN), put(kind[n], ns, 0), \
    fastest = fastest <= ms(ns) ? fastest : ms(ns))
keep(percent) = rows < 4000 || done[n] == 0 || percent > 100 - 1e-6 \
    || percent - done[n] > finest || 100 - percent < 0.93 * (100 - done[n])
add(ns, percent) = (keep(percent) ? put(kind[n], ns, percent) : 0, \
    tail = percent < 100 - 1e-6 ? smallest(tail, 100 - percent) : tail, \
    slowest = slowest >= ms(ns) ? slowest : ms(ns))
if (rows > 0) {
    stats dir.'/distribution.csv' using (name = strcol('vm').'/'.strcol('workload'), \
        name eq now ? 0 : start(name, column('latency_ns')), \
        add(column('latency_ns'), column('cumulative_percent')), 1) nooutput
}

# Colours and dashes begin anew after 32 classes.
looks = smallest(32, class_count)
is_of(c, k) = k <= n && (kind[k] - 1) % 32 + 1 == c

eval use_arrays
eval open_figure(640, 600)
set output output
set multiplot
set lmargin at screen 0.14
set rmargin at screen right_of_plot(640)
set logscale x
set format '%g'
thin = series_count > many ? 1 : 2

if (rows == 0) {
    set title heading('Distribution of latency')
    eval no_data('no job was finished')
} else {
    set xrange [fastest * 0.9 : slowest * 1.1]
    eval log_tics('x', fastest * 0.9, slowest * 1.1)

    set title heading('Distribution of latency')
    set tmargin at screen 0.88
    set bmargin at screen 0.53
    set ylabel 'Jobs done within (%)'
    set yrange [0:100]
    plot for [c=1:looks] edge using 2:(is_of(c, $1) ? done[$1] : NaN) with steps linewidth thin \
        linecolor rgb hue(c) dashtype dash(c) notitle, \
        for [c=1:legend_count] NaN with lines linewidth 2 linecolor rgb hue(c) \
        dashtype dash(c) title class_label(c), \
        NaN with lines linecolor rgb '#FFFFFF' title legend_rest

    # Where curves are few, each ends where the slowest job ended it.
    end = series_count > many ? NaN : 1e-6
    unset title
    unset key
    set tmargin at screen 0.47
    set bmargin at screen 0.12
    set xlabel 'Latency (ms)'
    set ylabel 'Jobs slower than (%)'
    set logscale y
    set yrange [smallest(largest(decade(tail), 1e-4), 10) : 100]
    slower(k) = done[k] > 100 - 1e-6 ? end : 100 - done[k]
    plot for [c=1:looks] edge using 2:(is_of(c, $1) ? slower($1) : NaN) with steps \
        linewidth thin linecolor rgb hue(c) dashtype dash(c) notitle
}
unset multiplot
