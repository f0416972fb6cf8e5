#!/usr/bin/env bash
# tidy.sh BUILD [all]: clang-tidy on the .c files that changed since the last commit but one, or on all.
. "$(dirname "$0")/common.bash"
build=$1
changed() {
    { git diff --name-only --diff-filter=d HEAD~1 -- '*.c' '*.h' && git ls-files -o --exclude-standard -- '*.c'; } 2>/dev/null |
        sort -u || true
}
compiled=$(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json" | sed "s#^$PWD/##" | sort -u)
if [ "${2-}" = all ]; then
    files=$(grep -E '^(app|tests)/.*\.c$' <<<"$compiled" || true)
else
    # A header is judged through the file beside it.
    files=$(changed | sed 's/\.h$/.c/' | sort -u | grep -xF -f <(printf '%s\n' "$compiled") || true)
fi
if [ -z "$files" ]; then
    printf 'nothing to look at\n'
    ok=1
    verdict
    exit
fi
one() {
    said=$(clang-tidy --quiet -p "$1" "$2" 2>/dev/null) && printf 'good %s\n' "$2" ||
        printf '%s\nbad %s\n' "$said" "$2"
}
export -f one
report=$(xargs -P "$(nproc)" -I{} bash -c 'one "$0" "$1"' "$build" {} <<<"$files")
ok=$(grep -c '^good ' <<<"$report" || true)
wrong=$(grep -c '^bad ' <<<"$report" || true)
grep -v '^good ' <<<"$report" || true
verdict
