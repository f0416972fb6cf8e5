# libcurl, as <curl/curl.h>: target curl. HTTP and HTTPS over OpenSSL and nothing else: Debian's static archive wants
# twenty libraries for protocols that are not spoken here, so this is Debian's source with its security patches.
#
# Built once for all modes by curl's own CMake, and kept in SNUG_THIRD_PARTY_DIR under a hash of version, options and
# compiler, as CompileOnce.cmake keeps its objects. As a script (-P) it is the build step behind this.
if(CMAKE_SCRIPT_MODE_FILE)
  set(options
    -DHTTP_ONLY=ON -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DENABLE_MANUAL=OFF
    -DCURL_USE_OPENSSL=ON -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DCURL_CA_FALLBACK=ON
    -DENABLE_THREADED_RESOLVER=ON -DENABLE_UNIX_SOCKETS=OFF -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF
    -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH=OFF -DCURL_USE_LIBSSH2=OFF
    -DCURL_USE_GSSAPI=OFF -DCURL_DISABLE_COOKIES=ON -DCURL_DISABLE_CRYPTO_AUTH=ON -DCURL_DISABLE_NTLM=ON
    -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_DOH=ON -DCURL_DISABLE_NETRC=ON
    -DCURL_DISABLE_MIME=ON)
  execute_process(COMMAND ${CC} -dumpfullversion -dumpmachine OUTPUT_VARIABLE compiler)
  string(SHA256 hash "${SOURCE} ${options} ${FLAGS} ${CC} ${compiler}")
  set(kept ${CACHE}/objects/curl-${hash}.a)
  file(MAKE_DIRECTORY ${CACHE}/objects)
  file(LOCK ${CACHE}/objects/curl.lock TIMEOUT 900)
  if(NOT EXISTS ${kept})
    set(work ${CACHE}/objects/curl-build)
    file(REMOVE_RECURSE ${work})
    execute_process(COMMAND ${CMAKE_COMMAND} -G ${GENERATOR} -S ${SOURCE} -B ${work} -DCMAKE_C_COMPILER=${CC}
      -DCMAKE_BUILD_TYPE= "-DCMAKE_C_FLAGS=${FLAGS}" ${options} RESULT_VARIABLE rc OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(rc EQUAL 0)
      execute_process(COMMAND ${CMAKE_COMMAND} --build ${work} --target libcurl
        RESULT_VARIABLE rc OUTPUT_VARIABLE said ERROR_VARIABLE said)
    endif()
    if(NOT rc EQUAL 0)
      message(FATAL_ERROR "libcurl does not build:\n${said}")
    endif()
    file(RENAME ${work}/lib/libcurl.a ${kept})
    file(REMOVE_RECURSE ${work})
  endif()
  file(COPY_FILE ${kept} ${ARCHIVE})
  return()
endif()

include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/DebianSource.cmake)
debian_source(curl PACKAGE curl VERSION 7.88.1-10+deb12u15 SUITE bookworm PROBE lib/url.c
  ORIG curl_7.88.1.orig.tar.gz
  ORIG_SHA256 cdb38b72e36bc5d33d5b8810f8018ece1baa29a8f215b4495e495ded82bbf3c7
  DIFF curl_7.88.1-10+deb12u15.debian.tar.xz
  DIFF_SHA256 961b78bc48492c5693e4decb352ddd176f343260a8956f48b2887874048ef23b)

set(curl_archive ${CMAKE_BINARY_DIR}/third_party/libcurl.a)
set(curl_flags -w -O2 -g -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2 -pthread)
list(JOIN curl_flags " " curl_flags)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/third_party)
add_custom_command(OUTPUT ${curl_archive}
  COMMAND ${CMAKE_COMMAND} -DCC=${SNUG_THIRD_PARTY_CC} -DSOURCE=${CURL_SOURCE_DIR} -DARCHIVE=${curl_archive}
          -DGENERATOR=${CMAKE_GENERATOR} -DFLAGS=${curl_flags} -DCACHE=${SNUG_THIRD_PARTY_DIR} -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${CMAKE_CURRENT_LIST_FILE} COMMENT "Third party: libcurl.a" VERBATIM)
add_custom_target(curl_built DEPENDS ${curl_archive})
add_library(curl STATIC IMPORTED GLOBAL)
set_target_properties(curl PROPERTIES IMPORTED_LOCATION ${curl_archive}
  INTERFACE_COMPILE_DEFINITIONS CURL_STATICLIB
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${CURL_SOURCE_DIR}/include
  INTERFACE_INCLUDE_DIRECTORIES ${CURL_SOURCE_DIR}/include
  INTERFACE_LINK_LIBRARIES "ssl;crypto;Threads::Threads")
add_dependencies(curl curl_built)
