#!/usr/bin/env bash
# C is laid out as .clang-format says. Repair: clang-format -i FILE.
. "$(dirname "$0")/common.bash"
command -v clang-format >/dev/null || { echo "no clang-format"; exit 1; }
files=$(project_files '*.c' '*.h')
found=$(xargs -r -d '\n' -n 30 -P "$(nproc)" clang-format --style=file --dry-run <<<"$files" 2>&1 |
    grep 'warning:' | cut -d: -f1-3 | sed 's/$/: not as .clang-format says/' || true)
judge_all "$files" "$found"
verdict
