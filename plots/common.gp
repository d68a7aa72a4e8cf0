# common.gp - what all figures share; vgpusim feeds it to gnuplot before each of them.
#
# By hand: gnuplot -e "dir='results/NAME'" plots/common.gp plots/timeline.gp
#
#   dir       folder of results whose CSV files are read
#   subtitle  second line of the title: scenario, policy, seed
#   format    svg, png or pdf
#   output    file to write
if (!exists('dir')) { dir = '.' }
if (!exists('subtitle')) { subtitle = '' }
if (!exists('format')) { format = 'svg' }
if (!exists('output')) { output = 'figure.'.format }

set encoding utf8
set decimalsign '.'
set datafile separator comma
set datafile columnheaders
set datafile missing ''
# To plot arrays instead of files: gnuplot looks for headers in them too.
use_arrays = 'unset datafile columnheaders; set datafile separator whitespace'

# A figure of so many CSS pixels; PNG has twice as many, so that it prints sharply.
font = 'DejaVu Sans'
open_figure(width, height) = \
    format eq 'png' ? sprintf("set terminal pngcairo noenhanced size %d,%d font '%s,10.5' " \
        ."fontscale 2 linewidth 2 pointscale 2 background rgb 'white'", \
        2 * width, 2 * height, font) : \
    format eq 'pdf' ? sprintf("set terminal pdfcairo noenhanced size %.2fin,%.2fin " \
        ."font '%s,10' linewidth 1.5 pointscale 0.6 background rgb 'white'", \
        width / 96., height / 96., font) : \
    sprintf("set terminal svg noenhanced size %d,%d font '%s,14' linewidth 1.2 " \
        ."background rgb 'white'", width, height, font)
small = font.(format eq 'svg' ? ',12' : ',9')
heading(text) = text.(subtitle eq '' ? '' : "\n".subtitle)

# Okabe and Ito's colours, which colour-blind readers can tell apart; later rounds of the
# eight differ by dashes. Yellow is too pale for lines on white.
array colour[8] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000, \
                   0x8B6D00]
array mark[8] = [7, 5, 9, 11, 13, 6, 4, 8]
hue(i) = colour[(int(i) - 1) % 8 + 1]
dash(i) = (int(i) - 1) / 8 % 4 + 1
point(i) = mark[(int(i) - 1) % 8 + 1]
switch_colour = '#D40000'
faint = '#BBBBBB'

set border 3 linecolor rgb '#404040'
set tics nomirror out scale 0.6
set grid linecolor rgb '#DDDDDD' linewidth 0.8 dashtype 1
set style fill solid 1 noborder
set bars 0.4
set key outside right top Left reverse samplen 1.6

# Lists of names are strings with a blank before and after each name.
list_add(list, name) = strstrt(list, ' '.name.' ') ? list : list.name.' '
list_find(list, name) = words(list[1:strstrt(list, ' '.name.' ')]) + 1
list_widest(list) = (widest = 0, sum [i=1:words(list)] \
    (widest = strlen(word(list, i)) > widest ? strlen(word(list, i)) : widest, 0), widest)

# The name without its number: desktop12 is one of desktop.
is_digit(c) = strstrt('0123456789', c) > 0
stem(name) = strlen(name) > 1 && is_digit(name[strlen(name):]) ? \
    stem(name[1:strlen(name) - 1]) : name

# The next of 1, 2, 5, 10, 20, ... that is not below x.
decade(x) = 10 ** floor(log10(x) + 1e-9)
nice(x) = x / decade(x) <= 1 + 1e-6 ? decade(x) : x / decade(x) <= 2 ? 2 * decade(x) : \
    x / decade(x) <= 5 ? 5 * decade(x) : 10 * decade(x)
largest(a, b) = a > b ? a : b
smallest(a, b) = a < b ? a : b

ms(ns) = ns / 1e6

# Tics for a logarithmic axis from a to b: decades, or 1, 2, 5, 10, ..., or even steps.
tic_list(axis, a, b, step) = (tics = '', sum [k=0:12] (value = step * (ceil(a / step) + k), \
    tics = value > b ? tics : tics.sprintf('%s%g', tics eq '' ? '' : ',', value), 0), \
    'set '.axis.'tics ('.tics.')')
log_tics(axis, a, b) = b / a > 2000 ? 'set '.axis.'tics 10' : \
    b / a < 6 ? tic_list(axis, a, b, nice((b - a) / 8)) : \
    (tics = '', sum [k=-6:9] (tics = tics.sprintf('%s%g,%g,%g', tics eq '' ? '' : ',', \
    10. ** k, 2 * 10. ** k, 5 * 10. ** k), 0), 'set '.axis.'tics ('.tics.')')

# In place of a figure for which there are no data.
no_data(text) = "unset border; unset tics; unset key; unset xlabel; unset ylabel; unset grid; " \
    ."unset logscale; set xrange [0:1]; set yrange [0:1]; " \
    ."set label 99 '".text."' at graph 0.5,0.5 center; plot NaN notitle; unset label 99"

# Names below bars that stand at 1, 2, ...: slanted where they would touch, and of a great
# many only some. A string to eval, for a list of `count` names in labels[].
name_room(count, widest, room) = 8.6 * (widest + 1) * count > room
name_every(count) = ceil(count / 18.)
name_tics(slanted) = 'set xtics '.(slanted ? 'rotate by 40 right' : 'norotate').' scale 0 ()'
