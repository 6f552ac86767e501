#!/usr/bin/env bash
# The committed PTX of the row kernels is what their source compiles to, byte for byte. With --write it is written.
set -euo pipefail
cd "$(dirname "$0")/../src/PreferenceLosses.Cuda/Kernels"

compile() {
  clang-16 -x cuda --cuda-device-only --cuda-gpu-arch=sm_80 --cuda-feature=+ptx70 -nocudainc -nocudalib \
    -S -O3 -std=c++17 -Wall -Wextra -Werror logits.cu -o -
}

if [ "${1:-}" = "--write" ]; then
  compile >logits.ptx
else
  compile | cmp - logits.ptx
  echo "logits.ptx is what logits.cu compiles to"
fi
