#!/usr/bin/env bash
# cxx.sh BUILD: the headers of libwsmanager are C++ too (S12): a program in C++ can mount the manager.
. "$(dirname "$0")/common.bash"
view=$1/view/manager
for header in manager/ws_manager.h manager/ws_connection.h; do
    said=$(printf '#include "%s"\nint sizes(ws_manager *m) { return ws_manager_mode(m); }\n' "$header" |
        clang -x c++ -std=c++17 -Wall -Werror -fsyntax-only -I "$view" - 2>&1) || said=${said:-refused}
    judge "app/$header" "$said"
done
verdict
