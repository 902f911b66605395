#!/usr/bin/env bash
# Adds up what the test runners said and ends with one plain line. A test that printed SKIPPED does not count as passed.
# usage: summary.sh RUST_LOG WEB_LOG STATUS_OF_THE_RUNS
set -euo pipefail
rust_log=$1 web_log=$2 status=$3

read -r passed failed ignored < <(
    sed -nE 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored.*/\1 \2 \3/p' "$rust_log" 2>/dev/null |
        awk '{ p += $1; f += $2; i += $3 } END { print p + 0, f + 0, i + 0 }'
)
skipped=$(grep -c '^SKIPPED ' "$rust_log" 2>/dev/null || true)
passed=$((passed - ${skipped:-0}))
ignored=$((ignored + ${skipped:-0}))

# vitest: "      Tests  2 failed | 41 passed (43)", perhaps in colour.
web=$(sed -E 's/\x1b\[[0-9;]*m//g' "$web_log" 2>/dev/null | grep -E '^ *Tests ' | tail -1 || true)
web_passed=$(grep -oE '[0-9]+ passed' <<<"$web" | grep -oE '[0-9]+' || echo 0)
web_failed=$(grep -oE '[0-9]+ failed' <<<"$web" | grep -oE '[0-9]+' || echo 0)

if ((passed == 0)); then
    echo 'no Rust test ran to its end: see the messages above' >&2
    status=1
fi
if ((status != 0 && failed + web_failed == 0)); then
    echo 'a build, a check or a lint failed: see the messages above' >&2
fi
echo "$((passed + web_passed)) passed, $((failed + web_failed)) failed, $ignored skipped"
((status == 0 && failed + web_failed == 0))
