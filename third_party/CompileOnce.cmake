# compile_once(<object> SOURCE <file> FLAGS <flags>): a third-party object with its own flags.
#
# All modes and compilers share it: it is kept in SNUG_THIRD_PARTY_DIR under a hash of its flags and of its
# preprocessed text, so that it is compiled once, and again only when something it includes has changed.
# It gets no sanitizer and no warnings. As a script (-P) it is the build step behind this.
if(CMAKE_SCRIPT_MODE_FILE)
  separate_arguments(flags UNIX_COMMAND "${FLAGS}")
  set(text ${OBJECT}.i)
  execute_process(COMMAND ${CC} ${flags} -E -P ${SOURCE} -o ${text} -MD -MF ${OBJECT}.d -MT ${TARGET}
    COMMAND_ERROR_IS_FATAL ANY)
  file(SHA256 ${text} hash)
  file(REMOVE ${text})
  string(REGEX REPLACE "-I[^ ]+" "" meaning "${FLAGS}")
  execute_process(COMMAND ${CC} -dumpfullversion -dumpmachine OUTPUT_VARIABLE compiler)
  string(SHA256 hash "${hash} ${meaning} ${CC} ${compiler}")
  get_filename_component(name ${OBJECT} NAME_WE)
  set(kept ${CACHE}/objects/${name}-${hash}.o)
  file(MAKE_DIRECTORY ${CACHE}/objects)
  file(LOCK ${CACHE}/objects/${name}.lock TIMEOUT 600)
  if(NOT EXISTS ${kept})
    execute_process(COMMAND ${CC} ${flags} -c ${SOURCE} -o ${kept}.new COMMAND_ERROR_IS_FATAL ANY)
    file(RENAME ${kept}.new ${kept})
  endif()
  file(COPY_FILE ${kept} ${OBJECT})
  return()
endif()

include_guard(GLOBAL)
find_program(SNUG_THIRD_PARTY_CC NAMES gcc cc clang DOC "Compiles third-party sources, whatever compiles ours" REQUIRED)
set(third_party_script ${CMAKE_CURRENT_LIST_FILE})

function(compile_once object)
  cmake_parse_arguments(C "" "SOURCE" "FLAGS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/third_party/${object})
  set(flags -w -O2 -g -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2 -pthread ${C_FLAGS})
  list(JOIN flags " " flags)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/third_party)
  file(RELATIVE_PATH target ${CMAKE_BINARY_DIR} ${out})
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DCC=${SNUG_THIRD_PARTY_CC} -DSOURCE=${C_SOURCE} -DOBJECT=${out} -DTARGET=${target}
            -DFLAGS=${flags} -DCACHE=${SNUG_THIRD_PARTY_DIR} -P ${third_party_script}
    DEPENDS ${C_SOURCE} ${third_party_script} DEPFILE ${out}.d
    COMMENT "Third party: ${object}" VERBATIM)
  set_source_files_properties(${out} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
endfunction()
