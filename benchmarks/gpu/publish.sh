#!/usr/bin/env bash
# One file for linux-x64 that needs no .NET: preference-losses-gpu in the folder that is given, or beside this script in bin/publish.
set -euo pipefail
out=$(realpath -m "${1:-$(dirname "$0")/bin/publish}")
cd "$(dirname "$0")"
dotnet publish PreferenceLosses.Gpu.csproj -c Release -r linux-x64 --self-contained true -o "$out" -v q --nologo -maxcpucount:1 \
  -p:PublishTrimmed=true -p:PublishSingleFile=true -p:EnableCompressionInSingleFile=true \
  -p:InvariantGlobalization=true -p:DebuggerSupport=false -p:DebugType=none
ls -l "$out/preference-losses-gpu"
