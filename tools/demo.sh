#!/bin/sh
# From nothing to a disk that starlight hid: packages, build, reduction, pictures.
set -eu
cd "$(dirname "$0")/.."

sh tools/packages.sh build
cmake --preset release -G Ninja >/dev/null
cmake --build --preset release
build/release/bin/sequin run configs/quickstart.yaml --output sequin-out/quickstart --overwrite

echo
echo "The disk:   $(pwd)/sequin-out/quickstart/disk.png"
echo "The report: $(pwd)/sequin-out/quickstart/report.html"
