#!/usr/bin/env bash
# readme.sh [--write]: the README's table of options is that of app/cli/options.def. Repair: tests/lint/readme.sh --write
. "$(dirname "$0")/common.bash"
table() {
    printf '| option | default | what it is |\n|---|---|---|\n'
    sed 's/\\"/\x01/g' app/cli/options.def | awk -F'"' '/^OPTION\(/ {
        split($1, head, "[(,]"); gsub(/ /, "", head[2])
        printf "| `%s` | %s | %s |\n", head[2], $2 == "" ? "" : "`" $2 "`", $4
    }' | sed 's/\x01/"/g'
}
wanted=$(awk -v table="$(table)" '
    /^<!-- options -->$/ { print; print table; skip = 1; next }
    skip && /^\|/ { next }
    { skip = 0; print }' README.md)
if [ "${1-}" = --write ]; then
    printf '%s\n' "$wanted" >README.md
fi
said=$(diff <(printf '%s\n' "$wanted") README.md | head -6) || true
judge "README.md, options" "$said"
verdict
