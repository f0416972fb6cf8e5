# debian_source(<name> PACKAGE p VERSION v SUITE s ORIG file ORIG_SHA256 h DIFF file DIFF_SHA256 h PROBE file)
#
# Obtains a Debian source package with its patches through apt, as any user, and leaves the system's apt as it
# is: a private list (deb-src, from the machine's own mirror) and private state in SNUG_THIRD_PARTY_DIR.
# Sets <NAME>_SOURCE_DIR. -D<NAME>_SOURCE_DIR=/path takes an unpacked tree instead and asks apt nothing.
#
# Pinned by sha256. When the archive has replaced the pinned version by a newer one, that one is taken only with
# -DSNUG_TAKE_NEWER_SOURCES=ON, and then checked by apt against the signed index.
include_guard(GLOBAL)
option(SNUG_TAKE_NEWER_SOURCES "Take a newer Debian source package when the pinned version is gone" OFF)

# Runs apt-get with the private configuration in <work>; out_rc: 0 or not.
function(debian_apt work out_rc)
  execute_process(COMMAND ${APT_GET} -o Dir::Etc::sourcelist=${work}/apt.sources -o Dir::Etc::sourceparts=/dev/null
      -o Dir::State::Lists=${work}/lists -o Dir::Cache=${work}/cache -o APT::Sandbox::User= -o Debug::NoLocking=1
      -qq ${ARGN}
    WORKING_DIRECTORY ${work}/dl RESULT_VARIABLE rc OUTPUT_VARIABLE said ERROR_VARIABLE said)
  file(APPEND ${work}/apt.log "$ apt-get ${ARGN}\n${said}\n")
  set(${out_rc} ${rc} PARENT_SCOPE)
endfunction()

# Downloads orig and debian tarballs of <package>=<version>, or of the newest version if <version> is empty.
function(debian_download work package version out_rc)
  set(what ${package})
  if(version)
    set(what ${package}=${version})
  endif()
  foreach(part tar diff) # never the .dsc, which some mirrors drop first
    debian_apt(${work} rc source --${part}-only --download-only ${what})
    if(NOT rc EQUAL 0)
      break()
    endif()
  endforeach()
  set(${out_rc} ${rc} PARENT_SCOPE)
endfunction()

# Unpacks both tarballs in <work>/dl and applies Debian's patches; the tree becomes <src>.
function(debian_unpack name work orig diff src)
  file(REMOVE_RECURSE ${work}/x ${src})
  file(ARCHIVE_EXTRACT INPUT ${orig} DESTINATION ${work}/x)
  file(GLOB top ${work}/x/*)
  file(ARCHIVE_EXTRACT INPUT ${diff} DESTINATION ${top})
  set(series "")
  if(EXISTS ${top}/debian/patches/series)
    file(STRINGS ${top}/debian/patches/series series REGEX "^[A-Za-z0-9]")
  endif()
  find_program(PATCH patch)
  if(series AND NOT PATCH)
    message(FATAL_ERROR "${name} needs the program patch (package: patch)")
  endif()
  foreach(patch ${series})
    execute_process(COMMAND ${PATCH} -p1 -s -i debian/patches/${patch} WORKING_DIRECTORY ${top}
      RESULT_VARIABLE rc OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(NOT rc EQUAL 0)
      message(FATAL_ERROR "${name}: Debian's patch ${patch} does not apply:\n${said}")
    endif()
  endforeach()
  file(RENAME ${top} ${src})
endfunction()

function(debian_source name)
  cmake_parse_arguments(A "" "PACKAGE;VERSION;ORIG;ORIG_SHA256;DIFF;DIFF_SHA256;SUITE;PROBE" "" ${ARGN})
  string(TOUPPER ${name} up)
  set(${up}_SOURCE_DIR "" CACHE PATH "Unpacked ${name} source tree; empty: Debian's source package")
  if(${up}_SOURCE_DIR)
    if(NOT EXISTS ${${up}_SOURCE_DIR}/${A_PROBE})
      message(FATAL_ERROR "${up}_SOURCE_DIR=${${up}_SOURCE_DIR} has no ${A_PROBE}")
    endif()
    return()
  endif()

  set(work ${SNUG_THIRD_PARTY_DIR}/${name}-${A_VERSION})
  set(src ${work}/src)
  set(${up}_SOURCE_DIR ${src} PARENT_SCOPE)
  file(MAKE_DIRECTORY ${work})
  file(LOCK ${work}/lock GUARD FUNCTION TIMEOUT 600) # two builds at once: the second waits
  if(EXISTS ${src}/${A_PROBE})
    return()
  endif()

  set(help "unpack ${name} ${A_VERSION} yourself and pass -D${up}_SOURCE_DIR=/path/to/tree")
  find_program(APT_GET apt-get)
  if(NOT APT_GET)
    message(FATAL_ERROR "No apt-get here: ${help}")
  endif()
  # The machine's own mirror is the first Debian archive of its apt configuration.
  execute_process(COMMAND ${APT_GET} indextargets --format "$(SITE)" "Created-By: Packages"
    OUTPUT_VARIABLE sites ERROR_QUIET)
  string(REGEX MATCH "[^\n]*/debian/?\n" mirror "${sites}")
  string(STRIP "${mirror}" mirror)
  if(NOT mirror)
    message(FATAL_ERROR "apt has no Debian mirror configured: ${help}")
  endif()
  message(STATUS "Fetching Debian's source of ${name} ${A_VERSION}")
  file(REMOVE_RECURSE ${work}/dl)
  file(MAKE_DIRECTORY ${work}/lists/partial ${work}/cache/archives/partial ${work}/dl)
  file(WRITE ${work}/apt.sources "Types: deb-src\nURIs: ${mirror}\nSuites: ${A_SUITE}\nComponents: main\n"
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n")
  debian_apt(${work} rc update)
  if(NOT rc EQUAL 0)
    message(FATAL_ERROR "apt-get could not read the source index of ${A_SUITE} (${work}/apt.log): ${help}")
  endif()

  debian_download(${work} ${A_PACKAGE} ${A_VERSION} rc)
  if(rc EQUAL 0)
    foreach(kind ORIG DIFF)
      file(SHA256 ${work}/dl/${A_${kind}} got)
      if(NOT got STREQUAL A_${kind}_SHA256)
        message(FATAL_ERROR "${A_${kind}}: sha256 is ${got}, expected ${A_${kind}_SHA256}")
      endif()
    endforeach()
    debian_unpack(${name} ${work} ${work}/dl/${A_ORIG} ${work}/dl/${A_DIFF} ${src})
  elseif(SNUG_TAKE_NEWER_SOURCES)
    file(REMOVE_RECURSE ${work}/dl)
    file(MAKE_DIRECTORY ${work}/dl)
    debian_download(${work} ${A_PACKAGE} "" rc)
    file(GLOB orig ${work}/dl/${A_PACKAGE}_*.orig.tar.*)
    file(GLOB diff ${work}/dl/${A_PACKAGE}_*.debian.tar.*)
    if(NOT rc EQUAL 0 OR NOT orig OR NOT diff)
      message(FATAL_ERROR "apt-get could not obtain ${A_PACKAGE} (${work}/apt.log): ${help}")
    endif()
    get_filename_component(newer ${diff} NAME)
    message(WARNING "${A_PACKAGE} ${A_VERSION} is gone from ${A_SUITE}. Taken instead, checked against the signed "
      "index only: ${newer}")
    debian_unpack(${name} ${work} ${orig} ${diff} ${src})
  else()
    message(FATAL_ERROR "${A_PACKAGE} ${A_VERSION} is not in ${A_SUITE} any more (${work}/apt.log). Pass "
      "-DSNUG_TAKE_NEWER_SOURCES=ON to take the version that is there, or ${help}")
  endif()
endfunction()
