#!/bin/sh
# A vde_switch and tapswitch as one network: whatever is plugged into either reaches the other.
#
#     examples/vde-switch.sh /run/vde.ctl
set -eu
folder=${1:-/run/vde.ctl}
[ -S "$folder/ctl" ] || vde_switch -s "$folder" -p "$folder.pid" -d
exec ${TAPSWITCH:-tapswitch} serve --listen tcp://127.0.0.1:9621 --attach "vde://$folder"
