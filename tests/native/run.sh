#!/bin/sh
# Builds the media pump with its harness under the sanitizers and runs it: address and undefined behaviour for everything,
# then the thread sanitizer for the pump's thread and its rings. Fails when a test or a sanitizer does. CC chooses the compiler.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
native=$here/../../boards/dahdi/native
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT

build() { # name, sanitizers, program
    ${CC:-cc} -std=c11 -O1 -g -Wall -Wextra -Werror -fno-omit-frame-pointer -fno-sanitize-recover=all "-fsanitize=$2" \
        -I"$native" -o "$built/$1" "$here/$3.c" "$native"/*.c -lspandsp -lpthread -lm
}

# The thread sanitizer needs the address space laid out as it expects, which a randomised layout may not be.
fixed=""
if setarch -R true 2>/dev/null; then fixed="setarch -R"; fi

failed=0
build memory address,undefined harness
"$built/memory" || failed=1
"$built/memory" threads || failed=1
build clocks address,undefined clocks
"$built/clocks" || failed=1
build races thread harness
TSAN_OPTIONS=halt_on_error=1 $fixed "$built/races" threads || failed=1
exit $failed
