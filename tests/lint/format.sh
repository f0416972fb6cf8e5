#!/usr/bin/env bash
# C is laid out as .clang-format says. Repair: clang-format -i FILE.
. "$(dirname "$0")/common.bash"
while read -r file; do
    judge "$file" "$(clang-format --style=file --dry-run "$file" 2>&1 | grep -m 3 'warning:' | cut -d: -f2-4)"
done < <(project_files '*.c' '*.h')
verdict
