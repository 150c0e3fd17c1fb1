#!/bin/sh
# Builds the media pump with its harness under the sanitizers and runs it: address and undefined behaviour for everything,
# then the thread sanitizer for the pump's thread and its rings. Fails when a test or a sanitizer does. CC chooses the compiler.
#
#   run.sh               the tests, and a slice of nonsense (fuzz.c) under each
#   run.sh fuzz SEED S   only nonsense, S seconds under each
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
native=$here/../../boards/dahdi/native
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
flags="-std=c11 -O1 -g -Wall -Wextra -Werror -fno-omit-frame-pointer -fno-sanitize-recover=all -I$native"

pump() { # sanitizers: the pump's objects, once for all programs
    mkdir -p "$built/$1"
    for source in "$native"/*.c; do
        ${CC:-cc} $flags "-fsanitize=$1" -c -o "$built/$1/$(basename "$source" .c).o" "$source"
    done
}

program() { # sanitizers, program
    ${CC:-cc} $flags "-fsanitize=$1" -o "$built/$1/$2" "$here/$2.c" "$built/$1"/*.o -lspandsp -lpthread -lm
}

# The thread sanitizer needs the address space laid out as it expects, which a randomised layout may not be.
fixed=""
if setarch -R true 2>/dev/null; then fixed="setarch -R"; fi
export TSAN_OPTIONS=halt_on_error=1
memory=address,undefined

failed=0
pump $memory
pump thread
program $memory fuzz
program thread fuzz
if [ "${1:-}" = fuzz ]; then
    "$built/$memory/fuzz" "$2" "$3" || failed=1
    $fixed "$built/thread/fuzz" "$2" "$3" threads || failed=1
    exit $failed
fi
for name in harness clocks bits; do program $memory $name; done
program thread harness
"$built/$memory/harness" || failed=1
"$built/$memory/harness" threads || failed=1
"$built/$memory/clocks" || failed=1
"$built/$memory/bits" || failed=1
$fixed "$built/thread/harness" threads || failed=1
"$built/$memory/fuzz" 1 10 || failed=1
$fixed "$built/thread/fuzz" 1 10 threads || failed=1
exit $failed
