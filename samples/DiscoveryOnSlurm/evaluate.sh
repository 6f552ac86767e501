#!/usr/bin/env bash
# An evaluator for `preference-losses discover run --evaluator`: submits a job to Slurm, waits for it, and prints what it found.
# The candidate comes on standard input; nothing of it becomes an argument, a variable or the name of a file.
#
#   JOBS     a folder that all nodes see; ./jobs if not set
#   TRAIN    what the job runs, with the candidate's file as its argument; train.py beside this file if not set
#   SBATCH_… the site's choices, as sbatch reads them from the environment: SBATCH_PARTITION, SBATCH_GPUS, SBATCH_TIMELIMIT, …
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${JOBS:-jobs}"
folder=$(mktemp -d "$(cd "${JOBS:-jobs}" && pwd)/candidate.XXXXXXXX")
cat > "$folder/candidate.json"

# Every call of a client has an end: without its controller, or with a drained node, Slurm waits.
id=$(timeout 60 sbatch --parsable --job-name=preference-losses --chdir="$folder" --output="$folder/job.log" \
  "$here/job.sh" "${TRAIN:-$here/train.py}")
id=${id%%;*}
echo "job $id in $folder" >&2

# This script may be killed, when the search is cancelled or out of patience; the job must not go on then. The watcher has no
# parent that could take it along, and cancels a job that has ended without any effect.
(setsid bash -c 'while kill -0 "$0" 2> /dev/null; do sleep 1; done; timeout 60 scancel "$1"' $$ "$id" < /dev/null > /dev/null 2>&1 &)

# After a while Slurm forgets jobs that have ended, which is an end too.
state=PENDING
while [[ $state =~ ^(PENDING|CONFIGURING|RUNNING|SUSPENDED|COMPLETING|REQUEUED|RESIZING|STAGE_OUT|UNKNOWN)$ ]]; do
  sleep "${POLL_SECONDS:-5}"
  if described=$(timeout 60 scontrol --oneliner show job "$id" 2>&1); then
    [[ $described =~ JobState=([A-Z_]+) ]] && state=${BASH_REMATCH[1]}
  elif [[ $described == *"Invalid job id"* ]]; then
    state=FORGOTTEN
  else
    state=UNKNOWN # The controller does not answer; it may come back, and how long that may take is the caller's choice.
  fi
done

# What counts is the result, which the job renames into its place as its last act: a job can be COMPLETED, with exit status 0,
# without ever having run (a node without the control groups that it is configured for).
for _ in 1 2 3 4 5; do
  [ -s "$folder/result.json" ] && break
  sleep 1 # A file system over a network shows it a little later.
done
if [ ! -s "$folder/result.json" ]; then
  echo "job $id ended as $state and left no result; the end of $folder/job.log:" >&2
  tail -n 20 "$folder/job.log" >&2 || true
  exit 1
fi
tail -n 1 "$folder/result.json"
