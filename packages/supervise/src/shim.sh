#!/bin/sh
# Stands between the supervisor and one process, so that both can die without the other's end being lost.
#
#   shim.sh SLOT [CGROUP…] -- [SWITCH-USER…] COMMAND…
#
# It joins the slot's cgroups before anything else runs, so that no child is ever outside; runs the command in the
# foreground (in the background, sh would make it ignore SIGINT); and leaves its exit status in SLOT/exit for whoever comes
# to read it. File descriptors: 1 the log; 3 the environment's file, for the command; 4 the life line, which the command
# closes: the kernel closes this end when the shim is gone, however it went, and that is what a supervisor listens to;
# 5 SLOT/pid, where the command's first stage writes its own pid.
#
# Nothing here is looked up in PATH.

slot=$1
shift
while [ "$1" != -- ]; do
  if ! echo $$ >"$1/cgroup.procs"; then
    echo "islet: can't join the cgroup $1"
    echo 125 >"$slot/exit"
    exit 125
  fi
  shift
done
shift

# A signal to the whole tree must leave the shim alive, to tell how the command ended. Handlers, unlike ignored signals,
# are not inherited.
trap : HUP INT QUIT TERM USR1 USR2

# What a service makes must not depend on whose shell it was that Islet was started from.
umask 022

# The shell reports "Killed" and the like on its own stderr; the command's goes to the log.
exec 2>/dev/null
(exec "$@" 2>&1 5>"$slot/pid")
echo $? >"$slot/exit"
