# CivetWeb: the pristine source of Debian's package with its security patches (trixie's on bookworm too: 1.15 has
# an endless loop). It is compiled inside app/http/civetweb_socket.c, which includes civetweb.c to reach what the
# hand-over of a socket needs. Pinned, because that file knows private structures.
#
# Our files may include <civetweb.h>; only civetweb_socket.c sees the inside.
include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/DebianSource.cmake)
debian_source(civetweb PACKAGE civetweb VERSION 1.16+dfsg-2+deb13u1 SUITE trixie PROBE src/civetweb.c
  ORIG civetweb_1.16+dfsg.orig.tar.xz
  ORIG_SHA256 41dbfd68cd3b914ce440a5813f21058813b61a972600cc04fb8233a0d2d04fe4
  DIFF civetweb_1.16+dfsg-2+deb13u1.debian.tar.xz
  DIFF_SHA256 1e5f56ab5592026dc5cd90302cfaa5a66b889f8959440e64dc0e373d18165ebb)

# snug_civetweb_object(<room> USES <rooms>): compiles app/<room>/civetweb_socket.c once it is there, with the view
# of its room, and adds the object to snug_<room>_objects.
function(snug_civetweb_object room)
  cmake_parse_arguments(R "" "" "USES" ${ARGN})
  snug_view(${room} ${room} ${R_USES})
  file(GLOB source CONFIGURE_DEPENDS app/${room}/civetweb_socket.c)
  if(NOT source)
    return()
  endif()
  compile_once(civetweb_socket.o SOURCE ${source} FLAGS
    -std=gnu17 -DNO_SSL_DL -DOPENSSL_API_3_0 -DUSE_IPV6 -DNO_CGI -DNO_FILES -DSOCKET_TIMEOUT_QUANTUM=200
    -DUSE_X_DOM_SOCKET -I${CMAKE_BINARY_DIR}/view/${room} -I${CIVETWEB_SOURCE_DIR}/src
    -I${CIVETWEB_SOURCE_DIR}/include)
  set(snug_${room}_objects ${snug_${room}_objects} ${CMAKE_BINARY_DIR}/third_party/civetweb_socket.o PARENT_SCOPE)
endfunction()

add_library(civetweb_headers INTERFACE)
target_include_directories(civetweb_headers SYSTEM INTERFACE ${CIVETWEB_SOURCE_DIR}/include)
