#!/usr/bin/env bash
# No file holds what only one machine, one moment or one registry knows, and none is too long to read.
. "$(dirname "$0")/common.bash"

# The words are put together here so that this file does not find itself.
open="\\b(TO""DO|FIX""ME|X""XX|HA""CK)\\b"
machine='(^|[^A-Za-z0-9_.$}])/(work|farm|root|home/[a-z]+)/'
registry='https?://(reg|deb|mirror|security|snapshot)[a-z0-9-]*\.[a-z]|"resolved":'
pause='\b(usleep|nanosleep|sleep)\(|waitForTimeout|setTimeout\((r|resolve|done)\b'

look() { grep -nEI "$1" "$2" | head -n 3 | sed "s#^#$3, line #" || true; }

while read -r file; do
    found=
    case $file in
    *.svg | *.png | LICENSE | tests/fuzz/corpus/* | tests/fuzz/regression/*) continue ;;
    esac
    found+=$(look "$registry" "$file" "names a package registry")
    found+=$(look "$machine" "$file" "path of one machine")
    case $file in
    *package-lock.json) ;;
    tests/lint/*) ;;
    *)
        found+=$(look "$open" "$file" "left open")
        found+=$(look '[[:blank:]]+$' "$file" "space at the end")
        ;;
    esac
    case $file in
    tests/lint/*) ;;
    tests/*) found+=$(look "$pause" "$file" "a pause in a test hides a race: poll with a deadline") ;;
    esac
    case $file in
    *.c | *.h | *.ts | *.tsx | *.mjs | *.sql | *.css)
        lines=$(wc -l <"$file")
        if [ "$lines" -gt 1000 ]; then found+="$lines lines, at most 1000"; fi
        if [ -n "$(tail -c 1 "$file")" ]; then found+="no newline at the end"; fi
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
