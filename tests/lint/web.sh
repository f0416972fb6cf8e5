#!/usr/bin/env bash
# The page's own checks: strict types and its lint, as web/package.json names them.
. "$(dirname "$0")/common.bash"
if grep -qs '"lint":' web/package.json && [ -d web/node_modules ]; then
    rc=0
    said=$(cd web && npm run --silent lint 2>&1) || rc=$?
    if [ "$rc" = 0 ]; then said=; else said+=$'\n'"exit $rc"; fi
    judge "npm run lint" "$said"
else
    ok=1 # no page, or one built elsewhere
fi
verdict
