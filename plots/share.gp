# share.gp - the part of the GPU that each VM got, against the part that it was entitled to.
file = dir.'/vms.csv'

# Both are per VM and stand on the row of each of its workloads: the first is taken.
array achieved[vm_count]
array entitled[vm_count]
do for [i=1:vm_count] { achieved[i] = NaN; entitled[i] = NaN }
stats file using (i = list_find(vms, strcol('vm')), \
    achieved[i] = column('share_percent'), entitled[i] = column('entitled_percent'), 1) nooutput
top = 0
do for [i=1:vm_count] {
    top = largest(top, achieved[i])
    top = largest(top, entitled[i])
}
widest = list_widest(vms)
slanted = name_room(vm_count, widest, 480)

eval use_arrays
eval open_figure(640, 400 + (slanted ? 4 * widest : 0))
set output output
set title heading('Share of the GPU')
set ylabel 'Time on the compute engine (%)'
set xrange [0.4 : vm_count + 0.6]
set yrange [0 : top > 0 ? top * 1.12 : 100]
set grid noxtics
eval name_tics(slanted)
do for [i=1:vm_count:name_every(vm_count)] { set xtics add (word(vms, i) i) }
plot achieved using 1:2:(0.6) with boxes linecolor rgb '#56B4E9' title 'achieved', \
    entitled using ($1 - 0.42):2:(0.84):(0) with vectors nohead linecolor rgb '#000000' \
    linewidth 2 notitle, NaN with lines linecolor rgb '#000000' linewidth 2 title 'entitled'
