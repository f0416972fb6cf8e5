# What the binary carries besides code.
#   embedded_sql      link it to include "queries.h"
#   snug_sql_sources  sources of room store: queries.c, migrations.c
#   snug_http_objects sources of room http: web_assets.c, web_assets.S
include_guard(GLOBAL)
set(embed_scripts ${CMAKE_CURRENT_LIST_DIR}/embed)

# ---- db/: one enum value and one text per query, one row per migration ----
set(embed_sql ${CMAKE_BINARY_DIR}/embedded/sql)
file(GLOB sql CONFIGURE_DEPENDS db/migrations/*.sql db/queries/*/*.sql)
file(CONFIGURE OUTPUT ${embed_sql}.list CONTENT "${sql}\n") # a file that went away changes this one
add_custom_command(OUTPUT ${embed_sql}.stamp
  BYPRODUCTS ${embed_sql}/queries.h ${embed_sql}/queries.c ${embed_sql}/migrations.c
  COMMAND ${CMAKE_COMMAND} -DDB=${CMAKE_SOURCE_DIR}/db -DOUT=${embed_sql} -P ${embed_scripts}/sql.cmake
  COMMAND ${CMAKE_COMMAND} -E touch ${embed_sql}.stamp
  DEPENDS ${sql} ${embed_sql}.list ${embed_scripts}/sql.cmake COMMENT "Embedding db/" VERBATIM)
add_custom_target(embed_sql DEPENDS ${embed_sql}.stamp)
add_library(embedded_sql INTERFACE)
target_include_directories(embedded_sql INTERFACE ${embed_sql})
add_dependencies(embedded_sql embed_sql)

set(snug_sql_sources "")
file(GLOB header CONFIGURE_DEPENDS app/store/embedded.h)
if(header)
  set(snug_sql_sources ${embed_sql}/queries.c ${embed_sql}/migrations.c)
endif()

# ---- web/: every file of the built page, as it is and compressed ----
set(SNUG_WEB_BUILD_DIR ${CMAKE_SOURCE_DIR}/build/web CACHE PATH "Where npm builds the page, shared by all modes")
set(embed_web ${CMAKE_BINARY_DIR}/embedded/web)
set(web_page ${SNUG_WEB_DIR})
set(web_sources "")
if(NOT SNUG_WEB_DIR)
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS web/src/* web/public/* web/*.mjs web/*.json web/*.html web/*.svg web/*icon*.png)
  list(FILTER web_sources EXCLUDE REGEX "/node_modules/")
  file(GLOB builder CONFIGURE_DEPENDS web/build.mjs)
  if(builder)
    set(web_page ${SNUG_WEB_BUILD_DIR})
    find_program(SNUG_NODE node)
    find_program(SNUG_NPM npm)
    if(NOT SNUG_NODE OR NOT SNUG_NPM)
      message(FATAL_ERROR "The page needs node and npm (packages: nodejs npm). Without them pass -DSNUG_WEB_DIR=/path/to/"
        "a/built/page, or -DSNUG_WEB_DIR=none for a server without a page.")
    endif()
  else()
    set(web_page none)
  endif()
elseif(NOT SNUG_WEB_DIR STREQUAL none)
  if(NOT EXISTS ${SNUG_WEB_DIR}/index.html)
    message(FATAL_ERROR "SNUG_WEB_DIR=${SNUG_WEB_DIR} has no index.html")
  endif()
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${SNUG_WEB_DIR}/*)
endif()
add_custom_command(OUTPUT ${embed_web}.stamp BYPRODUCTS ${embed_web}/web_assets.c ${embed_web}/web_assets.S
  COMMAND ${CMAKE_COMMAND} -DWEB=${CMAKE_SOURCE_DIR}/web -DPAGE=${web_page} -DOUT=${embed_web} -DNODE=${SNUG_NODE}
          -DNPM=${SNUG_NPM} -DBUILD=$<NOT:$<BOOL:${SNUG_WEB_DIR}>> -P ${embed_scripts}/web.cmake
  COMMAND ${CMAKE_COMMAND} -E touch ${embed_web}.stamp
  DEPENDS ${web_sources} ${embed_scripts}/web.cmake COMMENT "Embedding the page" VERBATIM)
add_custom_target(embed_web DEPENDS ${embed_web}.stamp)

set(snug_http_objects "")
file(GLOB header CONFIGURE_DEPENDS app/http/web_assets.h)
if(header)
  set(snug_http_objects ${embed_web}/web_assets.c ${embed_web}/web_assets.S)
endif()
