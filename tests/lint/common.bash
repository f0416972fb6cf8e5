# What the checks share. A check prints what is wrong, one "file: reason" a line, and ends with
# "lint: N passed, N failed", in files looked at.
set -euo pipefail
ok=0
wrong=0

# The files of the project that match the patterns: known to git or new, not ignored.
project_files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files -co --exclude-standard -- "$@" | sort -u | while read -r file; do
            if [ -f "$file" ]; then printf '%s\n' "$file"; fi
        done
    else
        find . -path ./build -prune -o -name node_modules -prune -o -name .git -prune -o -type f -print | sed 's#^\./##' |
            while read -r file; do
                for pattern in "$@"; do
                    # shellcheck disable=SC2053
                    if [[ $file == $pattern ]]; then printf '%s\n' "$file"; fi
                done
            done
    fi
}

# judge <file> <output of a search>: no output is good.
judge() {
    if [ -z "$2" ]; then
        ok=$((ok + 1))
    else
        wrong=$((wrong + 1))
        sed -e '/^$/d' -e "s#^#$1: #" <<<"$2" | head -n 20
    fi
}

# judge_all <files> <findings>: each file is good or, when a finding begins with its name, not.
judge_all() {
    local files=0 bad=0
    if [ -n "$1" ]; then files=$(wc -l <<<"$1"); fi
    if [ -n "$2" ]; then
        bad=$(cut -d: -f1 <<<"$2" | sort -u | wc -l)
        awk -F: 'n[$1]++ < 20' <<<"$2"
    fi
    ok=$((ok + (files > bad ? files - bad : 0)))
    wrong=$((wrong + bad))
}

verdict() {
    printf 'lint: %d passed, %d failed\n' "$ok" "$wrong"
    [ "$wrong" = 0 ]
}
