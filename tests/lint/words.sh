#!/usr/bin/env bash
# No file holds what only one machine, one moment or one registry knows, and none is too long to read.
. "$(dirname "$0")/common.bash"

open="\\b(TO""DO|FIX""ME|X""XX|HA""CK)\\b" # in two halves, for other searches
machine='(^|[^A-Za-z0-9_.$}])/(work|farm|root|home/[a-z]+)/'
registry='https?://(reg|deb|mirror|security|snapshot)[a-z0-9-]*\.[a-z]|"resolved":'
pause='\b(usleep|nanosleep|sleep)\(|waitForTimeout|setTimeout\((r|resolve|done)\b'

# look <expression> <what it means>: adds the lines of $file that match to $found.
look() {
    local hits
    hits=$(grep -nEI "$1" "$file" | head -n 3 | cut -c1-120 | sed "s#^#$2, line #" || true)
    if [ -n "$hits" ]; then found+=$hits$'\n'; fi
}

while read -r file; do
    found=
    case $file in
    *.svg | *.png | LICENSE | tests/fuzz/corpus/* | tests/fuzz/regression/*) continue ;;
    esac
    case $file in
    tests/lint/* | web/lint.mjs) ;; # name what they look for
    *)
        look "$registry" "names a package registry"
        look "$machine" "path of one machine"
        look "$open" "left open"
        look '[[:blank:]]+$' "space at the end"
        ;;
    esac
    case $file in
    tests/lint/*) ;;
    tests/*) look "$pause" "a pause in a test hides a race: poll with a deadline" ;;
    esac
    case $file in
    *.c | *.h | *.ts | *.tsx | *.mjs | *.sql | *.css)
        lines=$(wc -l <"$file")
        if [ "$lines" -gt 1000 ]; then found+="$lines lines, at most 1000"$'\n'; fi
        if [ -n "$(tail -c 1 "$file")" ]; then found+="no newline at the end"$'\n'; fi
        ;;
    esac
    judge "$file" "$found"
done < <(project_files '*')

for name in $(project_files '*' | cut -d/ -f1 | sort -u); do
    case $name in
    app | third_party | web | db | tests | CMakeLists.txt | README.md | LICENSE | .*) judge "$name" "" ;;
    *) judge "$name" "does not belong to the top level" ;;
    esac
done
verdict
