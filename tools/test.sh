#!/bin/sh
# Every check of a change: packages, format, lint, layers, builds, tests (dev and asan).
# Usage: sh tools/test.sh [--all]   (--all: also Clang with the thread sanitizer, slow tests)
set -eu
cd "$(dirname "$0")/.."
all=${1:-}
case $all in
  ""|--all) ;;
  *) echo "usage: sh tools/test.sh [--all]" >&2; exit 64;;
esac

sh tools/packages.sh test
[ "$all" = --all ] && sh tools/packages.sh all

sh tools/check-layers.sh
git ls-files -- '*.c' '*.h' | xargs clang-format-14 --dry-run --Werror

cmake --preset dev -G Ninja >/dev/null
cmake --build --preset dev
git ls-files -- 'lib/*.c' 'pipeline/*.c' 'tests/*.c' 'bench/*.c' |
  xargs -n 8 -P 2 clang-tidy-14 --quiet -p build/dev 2>/dev/null

cmake --preset asan -G Ninja >/dev/null
cmake --build --preset asan
ctest --preset asan -L unit --no-tests=error -j 2

if [ "$all" = --all ]; then
  cmake --preset tsan -G Ninja >/dev/null
  cmake --build --preset tsan
  ctest --preset tsan -L unit --no-tests=error -j 2
  ctest --preset dev --no-tests=error -j 2
else
  ctest --preset dev -L fast --no-tests=error -j 2
fi
