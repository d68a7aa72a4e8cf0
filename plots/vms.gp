# vms.gp - the VMs of a result, for the figures that show VMs; comes after common.gp.
#
# Every series - a workload of a VM - in the order of vms.csv, shown under its VM's name if
# each VM has but one. Where there are many, those of one stem share a class: a colour and a
# legend entry.
many = 8
vms = ' '
series = ' '
stats dir.'/vms.csv' using (vms = list_add(vms, strcol('vm')), \
    series = list_add(series, strcol('vm').'/'.strcol('workload')), 1) nooutput
series_count = words(series)
vm_count = words(vms)
vm_of(s) = s[1:strstrt(s, '/') - 1]
label(s) = series_count == vm_count ? vm_of(s) : s
stem_of(s) = stem(vm_of(s)).(series_count == vm_count ? '' : s[strstrt(s, '/'):])
class_name(s) = series_count > many ? stem_of(s) : label(s)
classes = ' '
do for [s in series] { classes = list_add(classes, class_name(s)) }
class(s) = list_find(classes, class_name(s))
class_count = words(classes)
array class_size[class_count + 1]
do for [c=1:|class_size|] { class_size[c] = 0 }
do for [s in series] { c = class(s); class_size[c] = class_size[c] + 1 }
class_label(c) = word(classes, c).(class_size[c] > 1 ? sprintf(' (%d)', class_size[c]) : '')
# Of more classes than a legend has room for, the last entry counts the rest.
legend_most = 9
legend_count = class_count > legend_most ? legend_most - 1 : class_count
legend_rest = class_count > legend_count ? sprintf('and %d more', class_count - legend_count) : ''
class_widest = strlen(legend_rest)
do for [c=1:legend_count] { class_widest = largest(class_widest, strlen(class_label(c))) }

# Where a plot ends, as a part of the figure, so that the legend beside it fits.
right_of_plot(width) = 1 - (58. + 8.6 * largest(class_widest, 4)) / width

label_widest = 0
do for [s in series] { label_widest = largest(label_widest, strlen(label(s))) }
