# Reads ctest -V, prints one line per test: name, cases passed, cases failed, its number in the log, ctest's verdict.
# A case is counted by the line its runner ends with: "unit: 3 passed, 0 failed" (CUnit, lint, fuzz) or node's
# "# pass 3" and "# fail 0" (its other reporter: "ℹ pass 3"). A test that counted nothing, or ended badly without a
# failed case, is one failure.
/^[0-9]+: [a-z]+: [0-9]+ passed, [0-9]+ failed$/ {
    n = substr($1, 1, length($1) - 1)
    good[n] += $3
    bad[n] += $5
}
/^[0-9]+: (#|ℹ) (pass|fail|cancelled) [0-9]+$/ {
    n = substr($1, 1, length($1) - 1)
    if ($3 == "pass")
        good[n] += $4
    else
        bad[n] += $4
}
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    match($0, /#[0-9]+/)
    n = substr($0, RSTART + 1, RLENGTH - 1)
    rest = substr($0, RSTART + RLENGTH + 2)
    split(rest, word, " ")
    verdict = rest
    sub(/^[^ ]+ *\.*/, "", verdict)
    sub(/ +[0-9.]+ sec.*$/, "", verdict)
    gsub(/[* ]/, "", verdict)
    if (good[n] + bad[n] == 0 || (verdict != "Passed" && bad[n] == 0))
        bad[n]++
    print word[1], good[n] + 0, bad[n] + 0, n, verdict
}
