# fairness_time.gp - Jain's index of each window, and below it who had the GPU.
file = dir.'/windows.csv'
gpus_most = 6
bins_most = 120

# The indices of the first GPUs, behind one another.
gpus = ' '
windows = 0
indices = 0
least = 1
note(j) = j >= 0 ? (least = smallest(least, j), indices = indices + 1) : 0
count(name) = name eq word(gpus, 1) ? windows = windows + 1 : 0
stats file using (strcol('vm') eq '' ? (gpus = list_add(gpus, strcol('gpu')), \
    count(strcol('gpu')), \
    note(column('jain'))) : 0, 1) nooutput
gpu = words(gpus) > 0 ? word(gpus, 1) : ''
gpu_count = smallest(words(gpus), gpus_most)

# Of the first GPU, whose VMs share a colour by their stems where they are many.
here = ' '
stats dir.'/vms.csv' using (strcol('gpu') eq gpu ? here = list_add(here, strcol('vm')) : 0, 1) \
    nooutput
group_name(vm) = words(here) > many ? stem(vm) : vm
groups = ' '
do for [vm in here] { groups = list_add(groups, group_name(vm)) }
group_count = largest(1, words(groups))
group_size(g) = sum [i=1:words(here)] (group_name(word(here, i)) eq word(groups, g))
group_label(g) = word(groups, g).(group_size(g) > 1 ? sprintf(' (%d)', group_size(g)) : '')

# Of a great many windows, several make one step. used[] holds the time of a group and of
# those below it; a row behind the last ends its step.
merged = largest(1, ceil(windows / (1. * bins_most)))
bins = (windows + merged - 1) / merged
array used[(bins + 1) * group_count]
array begin[bins + 1]
do for [i=1:|used|] { used[i] = 0 }
array name_at[words(here) + 1]
array group_at[words(here) + 1]
do for [i=1:|name_at|] { name_at[i] = ''; group_at[i] = 1 }
window = 0
bin = 0
position = 0
until = 0
open_window(start, end) = (bin = window / merged + 1, window % merged == 0 ? \
    begin[bin] = start / 1e9 : 0, window = window + 1, position = 0, until = end / 1e9)
# A VM stands at the same place in most windows, which saves looking it up.
find(vm) = (position = smallest(position + 1, |name_at|), name_at[position] eq vm ? 0 : \
    (name_at[position] = vm, group_at[position] = list_find(groups, group_name(vm))), \
    (bin - 1) * group_count + smallest(group_at[position], group_count))
add(cell, ns) = used[cell] = used[cell] + ns / 1e9
if (windows > 0) {
    stats file using (strcol('gpu') ne gpu ? 0 : strcol('vm') eq '' ? \
        open_window(column('start_ns'), column('end_ns')) : \
        add(find(strcol('vm')), column('service_ns')), 1) nooutput
    begin[bins + 1] = until
    do for [b=1:bins] {
        total = 0
        do for [g=1:group_count] {
            i = (b - 1) * group_count + g
            total = total + used[i]
            used[i] = 100 * total / (begin[b + 1] - begin[b])
        }
    }
    do for [g=1:group_count] {
        used[bins * group_count + g] = used[(bins - 1) * group_count + g]
    }
}

legend_most = 9
legend_count = group_count > legend_most ? legend_most - 1 : words(groups)
legend_rest = group_count > legend_count ? sprintf('and %d more', group_count - legend_count) : ''
widest = largest(4, strlen(legend_rest))
do for [g=1:legend_count] { widest = largest(widest, strlen(group_label(g))) }
do for [g=1:gpu_count] { widest = gpu_count > 1 ? largest(widest, strlen(word(gpus, g))) : widest }
eval open_figure(640, 560)
set output output
set multiplot
set lmargin at screen 0.14
set rmargin at screen 1 - (58. + 8.6 * widest) / 640
set tmargin at screen 0.88
set title heading('Fairness over time'.(words(gpus) > gpu_count ? \
    sprintf(' (%d of %d GPUs)', gpu_count, words(gpus)) : ''))
if (windows == 0) {
    eval no_data('the run is shorter than a window')
} else {
    set xrange [begin[1] : until]
    set bmargin at screen 0.62
    set ylabel "Jain's index"
    if (indices > 0) {
        set yrange [largest(0, floor((least - 0.02) * 10) / 10) : 1.005]
    } else {
        set yrange [0 : 1.005]
        set label 1 'no window in which two VMs were busy throughout' at graph 0.5,0.5 center
    }
    plot for [g=1:gpu_count] file using (strcol('vm') eq '' && strcol('gpu') eq word(gpus, g) \
        ? (column('start_ns') + column('end_ns')) / 2e9 : NaN):(column('jain')) \
        with linespoints linewidth 1.2 linecolor rgb hue(g) pointtype 7 \
        pointsize (windows > 150 ? 0.15 : 0.35) title (gpu_count > 1 ? word(gpus, g) : '')

    eval use_arrays
    unset title
    unset label 1
    set tmargin at screen 0.53
    set bmargin at screen 0.13
    set xlabel 'Simulated time (s)'
    set ylabel gpu_count > 1 ? 'Share of '.gpu.' (%)' : 'Share of the GPU (%)'
    set yrange [0:100]
    plot for [g=group_count:1:-1] used using (begin[int($1 - 1) / group_count + 1]):2 \
        every group_count::g - 1 with fillsteps linecolor rgb hue(g) notitle, \
        for [g=1:legend_count] NaN with boxes linecolor rgb hue(g) title group_label(g), \
        NaN with boxes linecolor rgb '#FFFFFF' title legend_rest
}
unset multiplot
