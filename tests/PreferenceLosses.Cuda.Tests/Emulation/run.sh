#!/usr/bin/env bash
# Runs the source of the row kernels on the emulated grid: --plain (compiled as is), --sanitized (with address and undefined-behaviour sanitizers),
# --mutants (with bugs put in on purpose, each of which has to be noticed). Without an option, all of them.
set -euo pipefail
cd "$(dirname "$0")"
kernels=$(cd ../../../src/PreferenceLosses.Cuda/Kernels && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

compile() { # source, output, options…
  g++ -std=c++20 -O1 -ffp-contract=off -Wall -Wextra -Wno-unknown-pragmas -Wno-unused-function -DEMULATED -DLOGITS="\"$1\"" -I "$(dirname "$1")" -I "$kernels" -I . \
    "${@:3}" test_kernels.cpp -o "$2"
}

plain() {
  compile "$kernels/logits.cu" "$out/plain"
  "$out/plain"
}

sanitized() {
  compile "$kernels/logits.cu" "$out/sanitized" -g -fsanitize=address,undefined -fno-sanitize-recover=all
  ASAN_OPTIONS=detect_stack_use_after_return=0:detect_leaks=0 "$out/sanitized"
}

mutant() ( # name, sed expression; in a folder and a process of its own
  out=$(mktemp -d "$out/mutant.XXXX")
  mkdir "$out/mutant"
  sed -E "$2" "$kernels/logits.cu" >"$out/mutant/logits.cu"
  if cmp -s "$out/mutant/logits.cu" "$kernels/logits.cu"; then
    echo "mutant '$1': nothing was changed"
    return 1
  fi
  # Most show in the results; reading beside a row shows with the sanitizers.
  for flags in "-g0" "-fsanitize=address,undefined -fno-sanitize-recover=all"; do
    # shellcheck disable=SC2086
    compile "$out/mutant/logits.cu" "$out/mutant/test" -w $flags
    # With its own exit the subshell is who says that something crashed, into the log.
    if ! (ASAN_OPTIONS=detect_stack_use_after_return=0:detect_leaks=0 timeout 60 "$out/mutant/test"; exit $?) >"$out/mutant/log" 2>&1; then
      local why
      why=$(grep -m1 -iE 'failed|block|error' "$out/mutant/log" | cut -c1-110) || why="it crashed"
      echo "mutant '$1' was noticed: ${why#failed: }"
      return
    fi
  done
  echo "mutant '$1' was not noticed"
  return 1
)

# Two at once.
mutants() {
  local missed=0 running=0
  try() {
    mutant "$@" &
    running=$((running + 1))
    if [ "$running" -ge 2 ]; then one_is_done; fi
  }
  one_is_done() {
    wait -n || missed=1
    running=$((running - 1))
  }
  try "no barrier in the reduction of a row" '0,/^  barrier\(\);/{/^  barrier\(\);/d}'
  try "no barrier in the reduction of a sequence" '/countOfWarps\[thread/,/if \(thread == 0\)/{/^  barrier\(\);/d}'
  try "no tail" 's/if \(part == 0 && thread < vocabulary - vectors \* PerVector\)/if (part == 0 \&\& thread < head)/'
  try "a vector too many" 's/u32 vectors = \(vocabulary - head\) \/ PerVector;/u32 vectors = (vocabulary - head) \/ PerVector + 1;/'
  try "offsets of 32 bits" 's/\(u64\)row \* stride/(u32)(row * (u32)stride)/'
  try "a part that is left out" 's/for \(u32 part = lane; part < parts; part \+= 32\)/for (u32 part = lane; part < parts - 1; part += 32)/'
  try "parts that overlap" 's/return \{start, smaller\(start \+ each, count\)\};/return {start, smaller(start + each + 1, count)};/'
  try "what is before the vectors in every part" 's/if \(part == 0 && thread < vocabulary/if (thread < vocabulary/'
  try "parts of another row" 's/partials\[row \* parts \+ part\]/partials[part]/'
  try "squares that are not brought to a new maximum" 's/s\.extra = s\.extra \* factor \* factor;//'
  try "no barrier before the rows of other warps are counted" '/^  rowsOfWarps|    rowsOfWarps\[thread/,/for \(u32 warp/{/^  barrier\(\);/d}'
  try "rows that do not count are counted" 's/run\.before \+= labels\[row\] >= 0 \? 1 : 0;/run.before++;/'
  try "the other half of a scan" 's/\(thread & distance\) != 0/(thread \& distance) == 0/'
  try "no rescale" 's/s\.sum = s\.sum \* factor;//'
  try "a ladder of shuffles that is too short" 's/combine_lanes<E>\(s, 16\)/combine_lanes<E>(s, 8)/'
  try "a shuffle by half a warp" 's/combine<E>\(s, shuffle_xor\(s\.maximum, distance\)/if (thread_index() % 2 == 0) &/'
  try "a head beyond the row" 's/return head < vocabulary \? head : vocabulary;/return head;/'
  try "a running maximum that starts above rows of negative logits" 's/Lowest = -1e30f/Lowest = 0.0f/'
  while [ "$running" -gt 0 ]; do one_is_done; done
  [ "$missed" -eq 0 ]
}

case "${1:-}" in
  --plain) plain ;;
  --sanitized) sanitized ;;
  --mutants) mutants ;;
  "") plain && sanitized && mutants ;;
  *) echo "run.sh [--plain|--sanitized|--mutants]" >&2 && exit 2 ;;
esac
