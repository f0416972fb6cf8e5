#!/usr/bin/env bash
# The page's own checks: strict types and its lint, as web/package.json names them.
. "$(dirname "$0")/common.bash"
for script in lint test; do
    if grep -qs "\"$script\":" web/package.json && [ -d web/node_modules ]; then
        rc=0
        said=$(cd web && npm run --silent "$script" 2>&1) || rc=$?
        if [ "$rc" = 0 ]; then said=; else said+=$'\n'"exit $rc"; fi
        judge "npm run $script" "$said"
    fi
done
if [ $((ok + wrong)) = 0 ]; then ok=1; fi # no page yet
verdict
