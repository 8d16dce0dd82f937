#!/bin/sh
# A VM that has its address by DHCP, and the way out and in, from passt, with no rights at all: the arguments are QEMU's,
# without a network device. `ssh -p 2222 127.0.0.1` is the VM's own ssh.
#
#     examples/passt-vm.sh -accel kvm -m 1024 -drive file=vm.qcow2
set -eu
folder=$(mktemp -d)
${TAPSWITCH:-tapswitch} serve --state "$folder/state" --listen "unix://$folder/vm.sock" \
  --attach "passt:?tcp-ports=2222:22${PASST_OPTIONS:+&$PASST_OPTIONS}" &
trap 'kill $!; wait $!; rm -rf "$folder"' EXIT
until [ -S "$folder/vm.sock" ]; do sleep 0.1; done
qemu-system-x86_64 -netdev "stream,id=net,server=off,addr.type=unix,addr.path=$folder/vm.sock" \
  -device virtio-net-pci,netdev=net,mac=52:54:00:12:34:56,romfile= "$@"
