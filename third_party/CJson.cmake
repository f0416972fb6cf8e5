# cJSON, as <cJSON.h> or <cjson/cJSON.h>: target cjson. Debian has no static archive of it.
include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/DebianSource.cmake)
debian_source(cjson PACKAGE cjson VERSION 1.7.15-1+deb12u4 SUITE bookworm PROBE cJSON.c
  ORIG cjson_1.7.15.orig.tar.gz
  ORIG_SHA256 5308fd4bd90cef7aa060558514de6a1a4a0819974a26e6ed13973c5f624c24b2
  DIFF cjson_1.7.15-1+deb12u4.debian.tar.xz
  DIFF_SHA256 afd19a970966cf534ff1e9ec077d710a5e7e78eb4ec9b499c8bdc32e55da12cb)

compile_once(cJSON.o SOURCE ${CJSON_SOURCE_DIR}/cJSON.c)
add_library(cjson STATIC ${CMAKE_BINARY_DIR}/third_party/cJSON.o)
set_target_properties(cjson PROPERTIES LINKER_LANGUAGE C)
set(cjson_include ${CMAKE_BINARY_DIR}/third_party/include)
file(MAKE_DIRECTORY ${cjson_include}/cjson)
file(COPY_FILE ${CJSON_SOURCE_DIR}/cJSON.h ${cjson_include}/cJSON.h ONLY_IF_DIFFERENT)
file(COPY_FILE ${CJSON_SOURCE_DIR}/cJSON.h ${cjson_include}/cjson/cJSON.h ONLY_IF_DIFFERENT)
target_include_directories(cjson SYSTEM INTERFACE ${cjson_include})
target_link_libraries(cjson INTERFACE m)
