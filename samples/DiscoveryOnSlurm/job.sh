#!/usr/bin/env bash
# The job: trains with the candidate in its folder, and puts the result into its place when it is whole.
set -euo pipefail
[ -f candidate.json ] || { echo "the folder of the candidate is not here: $PWD"; exit 1; }
"$1" candidate.json > result.part
mv result.part result.json
