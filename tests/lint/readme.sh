#!/usr/bin/env bash
# readme.sh [--write]: the README's tables of options are those of app/cli/options.def and app/hub/namespaces.def.
# Repair: tests/lint/readme.sh --write
. "$(dirname "$0")/common.bash"

# table <file> <macro>: its lines as a table; the text in quotes before the last is the default.
table() {
    printf '| option | default | what it is |\n|---|---|---|\n'
    sed 's/\\"/\x01/g' "$1" | awk -F'"' -v macro="^$2\\\\(" '$0 ~ macro {
        split($1, head, "[(,]"); gsub(/ /, "", head[2])
        printf "| `%s` | %s | %s |\n", head[2], $2 == "" ? "" : "`" $2 "`", $4
    }' | sed 's/\x01/"/g'
}
wanted=$(awk -v options="$(table app/cli/options.def OPTION)" -v channels="$(table app/hub/namespaces.def CHANNEL_OPTION)" '
    /^<!-- options -->$/ { print; print options; skip = 1; next }
    /^<!-- options of channels -->$/ { print; print channels; skip = 1; next }
    skip && /^\|/ { next }
    { skip = 0; print }' README.md)
if [ "${1-}" = --write ]; then
    printf '%s\n' "$wanted" >README.md
fi
said=$(diff <(printf '%s\n' "$wanted") README.md | head -6) || true
judge "README.md, options" "$said"
verdict
