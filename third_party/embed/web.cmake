# Builds the page (if BUILD) into PAGE, then writes web_assets.c and web_assets.S to OUT: a table of its files and
# their bytes. PAGE=none: an empty table. Several builds share PAGE, so building it is done under a lock, and only
# when something in WEB changed since.

if(BUILD AND NOT PAGE STREQUAL none)
  file(MAKE_DIRECTORY ${PAGE})
  file(LOCK ${PAGE}.lock TIMEOUT 600)
  file(GLOB_RECURSE inputs ${WEB}/src/* ${WEB}/public/*)
  file(GLOB more ${WEB}/*.mjs ${WEB}/*.json ${WEB}/*.html ${WEB}/*.svg ${WEB}/*icon*.png)
  set(state "")
  foreach(file ${inputs} ${more})
    file(SHA256 ${file} hash)
    string(APPEND state "${hash} ${file}\n")
  endforeach()
  string(SHA256 state "${state}")
  set(built "")
  if(EXISTS ${PAGE}.built AND EXISTS ${PAGE}/index.html)
    file(READ ${PAGE}.built built)
  endif()
  if(NOT built STREQUAL state)
    file(SHA256 ${WEB}/package-lock.json lock)
    set(installed "")
    if(EXISTS ${WEB}/node_modules/.lock-hash)
      file(READ ${WEB}/node_modules/.lock-hash installed)
    endif()
    if(NOT installed STREQUAL lock)
      execute_process(COMMAND ${NPM} ci --no-audit --no-fund --loglevel=error WORKING_DIRECTORY ${WEB}
        OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE rc)
      if(NOT rc EQUAL 0)
        message(FATAL_ERROR "npm ci in web/ failed:\n${said}")
      endif()
      file(WRITE ${WEB}/node_modules/.lock-hash ${lock})
    endif()
    file(REMOVE_RECURSE ${PAGE})
    execute_process(COMMAND ${NODE} build.mjs ${PAGE} WORKING_DIRECTORY ${WEB}
      OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE rc)
    if(NOT rc EQUAL 0 OR NOT EXISTS ${PAGE}/index.html)
      message(FATAL_ERROR "web/build.mjs failed:\n${said}")
    endif()
    file(WRITE ${PAGE}.built ${state})
  endif()
endif()

# The assembler reads a copy: another build may make PAGE anew meanwhile.
if(NOT PAGE STREQUAL none)
  file(REMOVE_RECURSE ${OUT}/page)
  file(COPY ${PAGE}/ DESTINATION ${OUT}/page)
  set(PAGE ${OUT}/page)
endif()

set(rows "")
set(externs "")
set(code "/* Generated: the bytes of the page. */\n    .section .rodata\n")
set(count 0)

# Adds one file to the assembly under a label, and leaves its length in size.
macro(embed file label)
  file(SIZE ${file} size)
  file(SHA256 ${file} hash)
  string(APPEND code "    .balign 16\n    .global ${label}\n    .type ${label}, @object\n    .size ${label}, ${size}\n"
    "${label}: /* ${hash} */\n    .incbin \"${file}\"\n")
  string(APPEND externs "extern const unsigned char ${label}[];\n")
endmacro()

if(NOT PAGE STREQUAL none)
  file(GLOB_RECURSE files RELATIVE ${PAGE} ${PAGE}/*)
  list(FILTER files EXCLUDE REGEX "\\.(gz|br|map)$")
  list(SORT files)
  foreach(file ${files})
    set(row "")
    foreach(kind plain gzip brotli)
      set(suffix_plain "")
      set(suffix_gzip .gz)
      set(suffix_brotli .br)
      set(path ${PAGE}/${file}${suffix_${kind}})
      if(EXISTS ${path})
        embed(${path} snug_asset_${count}_${kind})
        string(APPEND row ",\n     .${kind} = snug_asset_${count}_${kind}, .${kind}_len = ${size}")
      endif()
    endforeach()
    string(APPEND rows "    {.path = \"/${file}\"${row}},\n")
    math(EXPR count "${count} + 1")
  endforeach()
endif()
if(NOT rows)
  set(rows "    {.path = NULL}, /* no page */\n")
endif()
string(APPEND code "    .section .note.GNU-stack, \"\", @progbits\n")
set(table "/* Generated: the files of the page. */
#include <stddef.h>
#include \"http/web_assets.h\"

${externs}
const struct web_asset web_assets[] = {
${rows}};
const size_t web_assets_count = ${count};
")
foreach(pair "web_assets.c:table" "web_assets.S:code")
  string(REGEX MATCH "^([^:]+):(.+)$" pair ${pair})
  set(text "${${CMAKE_MATCH_2}}")
  set(file ${OUT}/${CMAKE_MATCH_1})
  set(old "")
  if(EXISTS ${file})
    file(READ ${file} old)
  endif()
  if(NOT old STREQUAL text)
    file(WRITE ${file} "${text}")
  endif()
endforeach()
