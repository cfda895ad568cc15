# sequin_build: how we compile ourselves. Linked PRIVATE, so consumers never see it.
add_library(sequin_build INTERFACE)
target_compile_definitions(sequin_build INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(sequin_build INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wredundant-decls
  -Wnull-dereference -Wimplicit-fallthrough
  -ffp-contract=off # stated, because compilers differ under -std=c17
  -fno-math-errno -fno-trapping-math) # never -ffast-math: missing data rely on NaN
if(SEQUIN_WARNINGS_AS_ERRORS)
  target_compile_options(sequin_build INTERFACE -Werror)
endif()
if(SEQUIN_SANITIZE)
  target_compile_options(sequin_build INTERFACE
    -fsanitize=${SEQUIN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sequin_build INTERFACE -fsanitize=${SEQUIN_SANITIZE})
else()
  target_link_options(sequin_build INTERFACE -Wl,--no-undefined)
endif()
