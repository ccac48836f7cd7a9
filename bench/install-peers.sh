#!/usr/bin/env bash
# Installs what the benchmarks compare with, from Debian (12 or later) or Ubuntu. None of it is started: the benchmarks start each
# with a configuration of its own (bench/peers/), on a port of its own.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

sudo=""
[ "$(id -u)" -eq 0 ] || sudo=sudo
# Packages of servers start them; this file is Debian's way to say no. What a machine has there already is left as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap '$sudo rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
  $sudo chmod +x $policy
fi

$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends \
  nginx-light libnginx-mod-stream libnginx-mod-stream-js haproxy sslh sniproxy wrk util-linux >/dev/null
nginx -v
# Not `| head -1`: it may end before haproxy has written its second line, which then fails the script.
haproxy -v | sed -n 1p
dpkg-query --show --showformat '${Package} ${Version}\n' libnginx-mod-stream-js sslh sniproxy wrk
