#!/usr/bin/env bash
# No file holds what only one machine, one moment or one registry knows, and none is too long to read.
. "$(dirname "$0")/common.bash"

# In two halves, for other searches.
open="\\b(TO""DO|FIX""ME|X""XX|HA""CK)\\b"
pause="\\b(u""sleep|nano""sleep|sleep)\\(|wait""ForTimeout|setTimeout\\((r|resolve|done)\\b"
machine='(^|[^A-Za-z0-9_.$}])/(work|farm|root|home/[a-z]+)/'
registry='https?://(reg|deb|mirror|security|snapshot)[a-z0-9-]*\.[a-z]|"resolved"[:]'

all=$(project_files '*')
files=$(grep -vE '\.(svg|png)$|^LICENSE$|^tests/fuzz/(corpus|regression)/' <<<"$all")
prose=$(grep -vE '^tests/lint/|^web/lint\.mjs$' <<<"$files") # these name what they look for
tests=$(grep -E '^tests/' <<<"$prose" || true)
code=$(grep -E '\.(c|h|ts|tsx|mjs|sql|css)$' <<<"$files" || true)

# look <files> <expression> <what it means>: one line for each line that matches.
look() {
    xargs -r -d '\n' grep -nHEI "$2" -- /dev/null <<<"$1" | cut -c1-160 | sed -E "s#^([^:]*):([0-9]+):#\1: $3, line \2: #" || true
}

found=$(
    look "$prose" "$registry" "names a package registry"
    look "$prose" "$machine" "path of one machine"
    look "$prose" "$open" "left open"
    look "$prose" '[[:blank:]]+$' "space at the end"
    look "$tests" "$pause" "a pause in a test hides a race: poll with a deadline"
    xargs -r -d '\n' wc -l <<<"$code" | awk '$2 != "total" && $1 > 1000 {print $2 ": " $1 " lines, at most 1000"}'
    xargs -r -d '\n' grep -LPz '\n\z' <<<"$code" | sed 's/$/: no newline at the end/' || true
    cut -d/ -f1 <<<"$all" | sort -u |
        grep -vE '^(app|third_party|web|db|tests|CMakeLists\.txt|README\.md|LICENSE|\..*)$' |
        sed 's/$/: does not belong to the top level/' || true
)
judge_all "$files" "$found"
verdict
