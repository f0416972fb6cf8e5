#!/usr/bin/env bash
# The page's own checks: strict types and its lint, as web/package.json names them.
. "$(dirname "$0")/common.bash"
for script in lint test; do
    if grep -qs "\"$script\":" web/package.json && [ -d web/node_modules ]; then
        judge "npm run $script" "$(cd web && npm run --silent "$script" 2>&1 || echo "exit $?")"
    fi
done
if [ $((ok + wrong)) = 0 ]; then ok=1; fi
verdict
