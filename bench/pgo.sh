#!/usr/bin/env bash
# Profiles the bench's server under its loads: pgo.sh BENCH PROFILE. The profile names packages, not folders, since
# BENCH is built with -trimpath.
set -euo pipefail
profile=$2
dir=$(mktemp -d /tmp/bench.XXXXXX) # a profile tells where its program lay
bench=$dir/bench
cp "$1" "$bench"
out=$dir/out
trap 'rm -rf "$dir"; [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true' EXIT
"$bench" serve -core 0 -profile "$profile" >"$out" &
server=$!
for _ in $(seq 100); do
  address=$(sed -n 's/^listening \([^ ]*\) .*/\1/p' "$out")
  [ -z "$address" ] || break
  sleep 0.05
done
load() { "$bench" load -addr "$address" -core 1 -warm 200ms -for 4s "$@" >/dev/null; }
load -kind echo -conns 100 -size 32 -depth 1
load -kind echo -conns 100 -size 32 -depth 16
load -kind echo -conns 1000 -size 1024 -depth 1
load -kind binary -conns 100 -size 1024 -depth 1
load -kind echo -polling -conns 100 -size 32 -depth 1
load -kind broadcast -conns 1000 -size 32 -depth 1
load -kind storm -conns 64
kill "$server"
wait "$server" || true
server=
ls -l "$profile"
