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

mutant() { # name, sed expression
  mkdir -p "$out/mutant"
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
}

mutants() {
  mutant "no barrier in the reduction of a row" '0,/^  barrier\(\);/{/^  barrier\(\);/d}'
  mutant "no barrier in the reduction of a sequence" '/countOfWarps\[thread/,/if \(thread == 0\)/{/^  barrier\(\);/d}'
  mutant "no tail" 's/if \(part == 0 && thread < vocabulary - vectors \* PerVector\)/if (part == 0 \&\& thread < head)/'
  mutant "a vector too many" 's/u32 vectors = \(vocabulary - head\) \/ PerVector;/u32 vectors = (vocabulary - head) \/ PerVector + 1;/'
  mutant "offsets of 32 bits" 's/\(u64\)row \* stride/(u32)(row * (u32)stride)/'
  mutant "a part that is left out" 's/for \(u32 part = lane; part < parts; part \+= 32\)/for (u32 part = lane; part < parts - 1; part += 32)/'
  mutant "parts that overlap" 's/return \{start, smaller\(start \+ each, count\)\};/return {start, smaller(start + each + 1, count)};/'
  mutant "what is before the vectors in every part" 's/if \(part == 0 && thread < vocabulary/if (thread < vocabulary/'
  mutant "parts of another row" 's/partials\[row \* parts \+ part\]/partials[part]/'
  mutant "squares that are not brought to a new maximum" 's/s\.extra = s\.extra \* factor \* factor;//'
  mutant "no barrier before the rows of other warps are counted" '/^  rowsOfWarps|    rowsOfWarps\[thread/,/for \(u32 warp/{/^  barrier\(\);/d}'
  mutant "rows that do not count are counted" 's/run\.before \+= labels\[row\] >= 0 \? 1 : 0;/run.before++;/'
  mutant "the other half of a scan" 's/\(thread & distance\) != 0/(thread \& distance) == 0/'
  mutant "no rescale" 's/s\.sum = s\.sum \* factor;//'
  mutant "a ladder of shuffles that is too short" 's/combine_lanes<E>\(s, 16\)/combine_lanes<E>(s, 8)/'
  mutant "a shuffle by half a warp" 's/combine<E>\(s, shuffle_xor\(s\.maximum, distance\)/if (thread_index() % 2 == 0) &/'
  mutant "a head beyond the row" 's/return head < vocabulary \? head : vocabulary;/return head;/'
  mutant "a running maximum that starts above rows of negative logits" 's/Lowest = -1e30f/Lowest = 0.0f/'
}

case "${1:-}" in
  --plain) plain ;;
  --sanitized) sanitized ;;
  --mutants) mutants ;;
  "") plain && sanitized && mutants ;;
  *) echo "run.sh [--plain|--sanitized|--mutants]" >&2 && exit 2 ;;
esac
