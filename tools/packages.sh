#!/bin/sh
# The one list of Debian 12 packages that Sequin needs; installs what is missing.
# Usage: sh tools/packages.sh [build|test|all]   (to compile and run; to test; to test everything)
set -eu

build="gcc libc6-dev cmake ninja-build pkg-config
  libcfitsio-dev wcslib-dev libgsl-dev libopenblas-dev liblapacke-dev libfftw3-dev
  libyaml-dev giza-dev libpng-dev nettle-dev zlib1g-dev fontconfig fonts-dejavu-core"
test="check fitsverify clang-format-14 clang-tidy-14 libomp-14-dev binutils git
  python3 python3-numpy python3-astropy"

all="clang-14 libclang-rt-14-dev valgrind python3-scipy"

wanted=$build
case ${1:-build} in
  test) wanted="$build $test";;
  all) wanted="$build $test $all";;
  build) ;;
  *) echo "packages.sh: build, test or all" >&2; exit 64;;
esac

missing=""
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    missing="$missing $package"
done
[ -z "$missing" ] && exit 0

root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "packages.sh: run as root, or install sudo; missing:$missing" >&2
    exit 77
  }
  root=sudo
fi
echo "Installing:$missing"
$root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing
