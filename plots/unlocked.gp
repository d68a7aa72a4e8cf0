# Temperature of cards over time, for docs/unlocked-cards.md. Needs: folder, output.
set terminal svg size 900,450 font 'sans-serif,13' background 'white'
set output output
set datafile separator ','
set xlabel 'time (min)'
set ylabel 'temperature (C)'
set key outside right top
set grid ytics lc rgb '#dddddd'
set xrange [0:60]
set yrange [20:90]
file(name) = folder . '/' . name . '.csv'
minutes(ns) = ns / 60e9
plot file('hot') every 10::1 using (minutes($2)):3 with lines lw 2 lc rgb '#d55e00' \
         title 'GTX 1080, air of 45 C', \
     file('warm') every 10::1 using (minutes($2)):3 with lines lw 2 lc rgb '#e69f00' \
         title 'GTX 1080, air of 35 C', \
     file('cool') every 10::1 using (minutes($2)):3 with lines lw 2 lc rgb '#0072b2' \
         title 'GTX 1080, air of 25 C', \
     file('p40') every 10::1 using (minutes($2)):3 with lines lw 2 dt 2 lc rgb '#009e73' \
         title 'Tesla P40', \
     file('t4') every 10::1 using (minutes($2)):3 with lines lw 2 dt 3 lc rgb '#666666' \
         title 'Tesla T4'
