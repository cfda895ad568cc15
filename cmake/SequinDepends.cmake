# The libraries Sequin stands on, all packaged by Debian (tools/packages.sh).
find_package(PkgConfig REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(ZLIB REQUIRED)
pkg_check_modules(CFITSIO REQUIRED IMPORTED_TARGET cfitsio)
pkg_check_modules(WCSLIB REQUIRED IMPORTED_TARGET wcslib)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
find_path(LAPACKE_INCLUDE_DIR lapacke.h REQUIRED) # LAPACK's functions as C sees them
pkg_check_modules(FFTW REQUIRED IMPORTED_TARGET fftw3)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(GIZA REQUIRED IMPORTED_TARGET giza)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
find_library(GSL_LIBRARY gsl REQUIRED) # never gslcblas: its cblas_* would shadow OpenBLAS

# OpenBLAS usually holds LAPACK: no library beside it, of which a program would bind thousands of names
# when it starts.
include(CheckFunctionExists)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::OPENBLAS)
check_function_exists(dsyev_ SEQUIN_OPENBLAS_HAS_LAPACK)
unset(CMAKE_REQUIRED_LIBRARIES)
if(NOT SEQUIN_OPENBLAS_HAS_LAPACK)
  pkg_check_modules(LAPACK REQUIRED IMPORTED_TARGET lapack)
  set(SEQUIN_LAPACK PkgConfig::LAPACK)
  set(SEQUIN_PC_LAPACK "-llapack ")
endif()

# What libsequin needs; the program adds YAML, GIZA, PNG and NETTLE.
set(SEQUIN_LIBRARIES ${SEQUIN_LAPACK} PkgConfig::OPENBLAS ${GSL_LIBRARY}
  PkgConfig::CFITSIO PkgConfig::WCSLIB PkgConfig::FFTW ZLIB::ZLIB OpenMP::OpenMP_C m)
