#!/usr/bin/env bash
# The schema for other programs, app/wire/client.proto, says what app/wire/protobuf.def does: messages, fields, numbers, types.
. "$(dirname "$0")/common.bash"

# One "message field number type" a line, a message alone on its own, in the order of the file.
table() {
    sed -nE 's/^MESSAGE\((\w+)\)$/\1/p; s/^FIELD\((\w+), (\w+), ([0-9]+), (.*)\)$/\1 \2 \3 \4/p' app/wire/protobuf.def |
        sed -E 's/ ONE\((\w+)\)$/ \1/; s/ LIST\((\w+)\)$/ repeated \1/; s/ MAP\((\w+)\)$/ map<string, \1>/
            s/ LIST_OF_TEXTS$/ repeated string/; s/ MAP_OF_TEXTS$/ map<string, string>/
            s/ TEXT$/ string/; s/ (RAW|PAYLOAD|BYTES)$/ bytes/; s/ (BOOL|S?U?INT(32|64))$/ \L\1/'
}
schema() {
    awk '/^message / { message = $2; print message }
        /^  / { sub(/;$/, ""); number = $NF; name = $(NF - 2); sub(/^ +/, ""); sub(/ [^ ]+ = [0-9]+$/, "")
            print message, name, number, $0 }' app/wire/client.proto
}
said=$(diff <(table) <(schema) | head -6) || true
judge "app/wire/client.proto" "$said"

# A number or a name is given once in a message.
said=$(table | awk 'NF > 1 && (seen[$1, $2]++ || seen[$1, $3]++) { print "twice: " $0 }')
judge "app/wire/protobuf.def" "$said"
verdict
