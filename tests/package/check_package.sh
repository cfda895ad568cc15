#!/bin/sh
# Install Sequin under the build tree and build a consumer against it, four ways.
# Usage: check_package.sh CMAKE BUILD_DIR CONSUMER_DIR
set -eu
cmake=$1 build=$2 consumer=$3
prefix=$build/package/prefix
rm -rf "$build/package"
mkdir -p "$build/package/pkgconfig"
"$cmake" --install "$build" --prefix "$prefix" >/dev/null

"$cmake" -G Ninja -S "$consumer" -B "$build/package/cmake" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
"$cmake" --build "$build/package/cmake" >/dev/null
"$build/package/cmake/with_shared"
"$build/package/cmake/with_static"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name sequin.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # words are wanted
cc "$consumer/consumer.c" -o "$build/package/pkgconfig/shared" $(pkg-config --cflags --libs sequin)
LD_LIBRARY_PATH=$(pkg-config --variable=libdir sequin) "$build/package/pkgconfig/shared"
# shellcheck disable=SC2046
cc "$consumer/consumer.c" -o "$build/package/pkgconfig/static" $(pkg-config --cflags sequin) \
  "$(pkg-config --variable=libdir sequin)/libsequin.a" \
  $(pkg-config --static --libs sequin | sed "s/-lsequin//")
"$build/package/pkgconfig/static"
