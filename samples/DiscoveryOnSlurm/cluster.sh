#!/usr/bin/env bash
# A Slurm of one node in a folder, for trying the sample out: `cluster.sh start FOLDER` and `cluster.sh stop FOLDER`, as root, with
# Debian's slurmctld, slurmd, slurm-client and munge. Afterwards `export SLURM_CONF=FOLDER/slurm.conf`. Nothing outside the folder is changed.
set -euo pipefail

# The daemons are where not everybody's path leads.
PATH=$PATH:/usr/sbin:/sbin

command=${1:-}
folder=$(mkdir -p "${2:?usage: cluster.sh start|stop FOLDER}" && cd "$2" && pwd)
export SLURM_CONF=$folder/slurm.conf

start() {
  local host cpus
  host=$(hostname -s)
  cpus=$(nproc)
  chmod 755 "$folder"
  mkdir -p "$folder/munge" "$folder/ctld" "$folder/slurmd" "$folder/log"
  chown slurm "$folder/ctld"
  (umask 077 && head -c 128 /dev/urandom > "$folder/munge.key")
  munged --socket="$folder/munge/sock" --key-file="$folder/munge.key" --pid-file="$folder/munge/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/munge/seed"
  cat > "$SLURM_CONF" << END
ClusterName=sample
SlurmctldHost=$host(127.0.0.1)
SlurmUser=slurm
SlurmctldPort=26817
SlurmdPort=26818
AuthInfo=socket=$folder/munge/sock
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$folder/ctld
SlurmdSpoolDir=$folder/slurmd
SlurmctldPidFile=$folder/ctld/slurmctld.pid
SlurmdPidFile=$folder/slurmd/slurmd.pid
SlurmctldLogFile=$folder/log/ctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
KillWait=2
EnforcePartLimits=ALL
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
  # Control groups are not used: where they are not as Slurm expects, jobs "complete" without having run.
  slurmctld -D -s > "$folder/log/ctld.out" 2>&1 &
  echo $! > "$folder/ctld.started"
  slurmd -D -s > "$folder/log/slurmd.out" 2>&1 &
  echo $! > "$folder/slurmd.started"
  for _ in $(seq 60); do
    [ "$(timeout 10 sinfo -h -o %T 2> /dev/null)" = idle ] && return
    sleep 0.5
  done
  echo "the node is not idle after 30 s:" >&2
  timeout 10 sinfo -R >&2 || true
  tail -n 5 "$folder"/log/* >&2
  stop
  return 1
}

# slurmd first: without its controller it takes its time.
stop() {
  timeout 20 scancel --user="$(id -un)" 2> /dev/null || true
  for _ in $(seq 20); do
    [ -z "$(timeout 10 squeue -h 2> /dev/null)" ] && break
    sleep 0.5
  done
  local file
  for file in "$folder/slurmd.started" "$folder/ctld.started" "$folder/munge/munged.pid"; do
    [ -f "$file" ] && end "$(cat "$file")"
    rm -f "$file"
  done
}

end() { # process
  kill "$1" 2> /dev/null || return 0
  for _ in $(seq 40); do
    kill -0 "$1" 2> /dev/null || return 0
    sleep 0.25
  done
  kill -9 "$1" 2> /dev/null || true
}

case $command in
  start | stop) "$command" ;;
  *) echo "usage: cluster.sh start|stop FOLDER" >&2; exit 2 ;;
esac
