# tidy-text.awk - what no text file of ours may hold; run by check-tidy.sh.
#
# The words are written here so that this file, and the greps of others, do not find them.

function report(text) {
    printf "%s:%d: error: %s\n", FILENAME, FNR, text
    bad = 1
}

/[ \t\r]$/ { report("a space at the end of the line") }

/(^|[^A-Za-z])(FIXM[E]|TOD[O]|XX[X])([^A-Za-z]|$)/ {
    report("left to do: do it, or say in a sentence what is not done and why")
}

/\.\.\/share[d]/ || /(^|[^A-Za-z0-9.])\/wor[k]\// {
    report("a path that other machines lack")
}

# Hosts whose first name says that packages come from there.
/https?:\/\/(deb|registry|packages|proxy|mirrors?|pypi|npm|archive\.[a-z]+)\./ {
    report("the host of a package registry; name the package instead")
}

FILENAME ~ /\.sh$|^\.ci\// {
    wide = $0
    gsub(/[\200-\277]/, "", wide)
    if (length(wide) > 96) { report("the line is " length(wide) " columns wide, not 96") }
}

END { exit bad }
