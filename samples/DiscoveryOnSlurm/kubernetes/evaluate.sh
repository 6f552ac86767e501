#!/usr/bin/env bash
# TEMPLATE, NEVER RUN: an evaluator for `preference-losses discover run --evaluator` whose trainings are jobs of Kubernetes. Read it, adapt it,
# and try it with one candidate before you leave it alone. It needs kubectl with the right to make and delete jobs and config maps, and an
# image (IMAGE) that has your training as /train, which reads /candidate/candidate.json and prints the scores as its last line.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The name is ours: nothing of the candidate is in it.
name=preference-losses-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
candidate=$(mktemp)
trap 'rm -f "$candidate"; kubectl delete job,configmap "$name" --ignore-not-found --wait=false > /dev/null' EXIT
trap 'exit 1' INT TERM
cat > "$candidate"

kubectl create configmap "$name" --from-file=candidate.json="$candidate" > /dev/null
sed -e "s|@NAME@|$name|g" -e "s|@IMAGE@|${IMAGE:?the image with your training}|g" "$here/job.yaml" | kubectl apply -f - > /dev/null

# Either condition ends the wait; how long that may take is --evaluator-hours.
until [ -n "$(kubectl get job "$name" -o jsonpath='{.status.conditions[?(@.status=="True")].type}')" ]; do
  sleep "${POLL_SECONDS:-10}"
done
if [ "$(kubectl get job "$name" -o jsonpath='{.status.succeeded}')" != 1 ]; then
  kubectl logs "job/$name" --tail=20 >&2 || true
  exit 1
fi
kubectl logs "job/$name" --tail=1
