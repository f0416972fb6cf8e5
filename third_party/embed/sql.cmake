# Writes queries.h, queries.c and migrations.c to OUT from the .sql files of DB. Unchanged files keep their time.

function(c_text file out)
  file(READ ${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "?" "\\?" text "${text}") # no trigraphs
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

function(write_if_changed file text)
  set(old "")
  if(EXISTS ${file})
    file(READ ${file} old)
  endif()
  if(NOT old STREQUAL "${text}")
    file(WRITE ${file} "${text}")
  endif()
endfunction()

set(names "")
set(rows "")
file(GLOB files ${DB}/queries/*/*.sql)
list(SORT files)
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  get_filename_component(room ${file} DIRECTORY)
  get_filename_component(room ${room} NAME)
  if(NOT "${room}/${name}" MATCHES "^[a-z0-9_]+/[a-z0-9_]+$")
    message(FATAL_ERROR "${file}: a query is named with a-z, 0-9 and _")
  endif()
  string(TOUPPER "QUERY_${room}_${name}" id)
  c_text(${file} text)
  string(APPEND names "    ${id},\n")
  string(APPEND rows "    {\"${room}/${name}\",\n     ${text}},\n")
endforeach()
write_if_changed(${OUT}/queries.h "/* The queries of db/queries, by room and name. Generated. */
#ifndef SNUG_QUERIES_H
#define SNUG_QUERIES_H

enum query_id {
${names}    QUERY_COUNT
};

#endif
")
if(NOT rows)
  set(rows "    {NULL, NULL}, /* none yet */\n")
endif()
write_if_changed(${OUT}/queries.c "/* Generated from db/queries. */
#include <stddef.h>
#include \"queries.h\"
#include \"store/embedded.h\"

const struct embedded_query queries[] = {
${rows}};
")

set(rows "")
set(count 0)
file(GLOB files ${DB}/migrations/*.sql)
list(SORT files)
foreach(file ${files})
  get_filename_component(stem ${file} NAME_WE)
  if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: a migration is named NNNN_name.sql")
  endif()
  set(name ${CMAKE_MATCH_2})
  math(EXPR count "${count} + 1")
  string(REGEX REPLACE "^0+" "" number ${CMAKE_MATCH_1})
  if(NOT number EQUAL count)
    message(FATAL_ERROR "${file}: migrations are numbered 1, 2, 3 without a gap; expected ${count}")
  endif()
  c_text(${file} text)
  string(APPEND rows "    {${number}, \"${name}\",\n     ${text}},\n")
endforeach()
if(NOT rows)
  set(rows "    {0, NULL, NULL}, /* none yet */\n")
endif()
write_if_changed(${OUT}/migrations.c "/* Generated from db/migrations. */
#include <stddef.h>
#include \"store/embedded.h\"

const struct embedded_migration migrations[] = {
${rows}};
const size_t migrations_count = ${count};
")
