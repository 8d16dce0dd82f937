#!/bin/sh
# This host and another as one network, by ssh alone: no port is open, and no key made. A TAP, tap1, on both.
#
#     examples/ssh-cable.sh root@far.example
set -eu
run=${RUN:-/run}
tapswitch=${TAPSWITCH:-tapswitch}
far="$tapswitch serve --listen unix://$run/tapswitch-far.sock --attach tap:tap1 --attach stdio:"
exec $tapswitch serve --listen "unix://$run/tapswitch-near.sock" --attach tap:tap1 \
  --attach "exec:${SSH:-ssh} $1 $far?name=far"
