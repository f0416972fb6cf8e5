# Tests that are not one room's unit tests. ctest -L unit | scenario | browser | fuzz | lint.

# ---- code that must not compile: counted as unit tests ----
file(GLOB files CONFIGURE_DEPENDS tests/must_not_compile/*.c)
list(JOIN snug_warnings " " flags)
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  add_test(NAME must_not_compile_${name}
    COMMAND ${CMAKE_COMMAND} -DFILE=${file} -DCC=${CMAKE_C_COMPILER}
            "-DFLAGS=-std=c17 ${flags} -I${CMAKE_BINARY_DIR}/view/snug"
            -P ${CMAKE_SOURCE_DIR}/tests/must_not_compile/check.cmake)
  set_tests_properties(must_not_compile_${name} PROPERTIES LABELS unit TIMEOUT 20)
endforeach()

# ---- the real binary: scenarios in every mode, the browser where it is built for users ----
# A test file finds the binary in SNUG_BIN, the mode in SNUG_MODE, and a folder for what it leaves to look at
# (pictures, server logs) in SNUG_TEST_OUT. Reports of the sanitizers go to files there, so that none is lost
# with a killed server; tests/run counts them as failures.
set(snug_test_out ${CMAKE_BINARY_DIR}/test-output)
set(reports ${snug_test_out}/sanitizer/report)
set(program_env
  "SNUG_MODE=${SNUG_MODE}" "SNUG_TEST_OUT=${snug_test_out}" "SNUG_BIN=${CMAKE_BINARY_DIR}/snug"
  "ASAN_OPTIONS=detect_leaks=1:log_path=${reports}"
  "UBSAN_OPTIONS=print_stacktrace=1:log_path=${reports}"
  "TSAN_OPTIONS=second_deadlock_stack=1:history_size=4:log_path=${reports}")
file(MAKE_DIRECTORY ${snug_test_out}/sanitizer)

# snug_node_tests(<kind> TIMEOUT <seconds> FILES <files>): one test per file, run by node's own runner, which exits when the
# last test has ended: node 20 by itself sometimes spins for ever while it frees a socket of fetch.
function(snug_node_tests kind)
  cmake_parse_arguments(N "" "TIMEOUT" "FILES" ${ARGN})
  find_program(SNUG_NODE node)
  foreach(file ${N_FILES})
    get_filename_component(name ${file} NAME)
    string(REGEX REPLACE "\\.test\\.mjs$" "" name ${name})
    add_test(NAME ${kind}_${name} COMMAND ${SNUG_NODE} --test-reporter=tap --test-force-exit ${file}
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tests)
    set_tests_properties(${kind}_${name} PROPERTIES LABELS ${kind} TIMEOUT ${N_TIMEOUT} ENVIRONMENT "${program_env}")
  endforeach()
endfunction()

# ---- examples: programs that use the libraries; built with the unit tests, so that both compilers see them ----
add_executable(echo tests/examples/echo.c)
target_include_directories(echo PRIVATE ${CMAKE_BINARY_DIR}/view/http)
target_link_libraries(echo PRIVATE http)
add_dependencies(unit_tests echo)

# ---- tests/bench: the floor it measures from, and single steps; built with the unit tests so that they keep compiling ----
add_executable(bench_floor tests/bench/floor.c)
target_link_libraries(bench_floor PRIVATE crypto)
add_executable(bench_micro tests/bench/micro.c)
target_include_directories(bench_micro PRIVATE ${CMAKE_BINARY_DIR}/view/hub)
target_link_libraries(bench_micro PRIVATE hub)
add_executable(bench_store tests/bench/store.c)
target_include_directories(bench_store PRIVATE ${CMAKE_BINARY_DIR}/view/chat tests/support)
target_link_libraries(bench_store PRIVATE chat embedded_sql)
add_dependencies(unit_tests bench_floor bench_micro bench_store)
if(SNUG_MODE STREQUAL dev) # the arithmetic of its table: one mode is enough
  snug_node_tests(unit TIMEOUT 20 FILES ${CMAKE_SOURCE_DIR}/tests/bench/bench.test.mjs)
endif()

if(TARGET snug)
  file(GLOB scenarios CONFIGURE_DEPENDS tests/scenario/*.test.mjs)
  if(SNUG_MODE STREQUAL tsan) # only those that make threads meet: tsan is slow
    set(threads "")
    if(EXISTS ${CMAKE_SOURCE_DIR}/tests/scenario/threads.txt)
      file(STRINGS tests/scenario/threads.txt threads REGEX "^[^#]")
    endif()
    foreach(file ${scenarios})
      get_filename_component(name ${file} NAME)
      if(NOT name MATCHES "\\.threads\\." AND NOT name IN_LIST threads)
        list(REMOVE_ITEM scenarios ${file})
      endif()
    endforeach()
  endif()
  add_custom_target(preloads)
  foreach(library brake scarce standstill) # tests/support/<name>.mjs loads it into servers
    add_dependencies(preloads ${library})
    add_library(${library} MODULE tests/preload/${library}.c)
    target_link_libraries(${library} PRIVATE ${CMAKE_DL_LIBS})
    string(TOUPPER ${library} upper)
    list(APPEND program_env "SNUG_${upper}_LIBRARY=$<TARGET_FILE:${library}>")
  endforeach()
  snug_node_tests(scenario TIMEOUT 240 FILES ${scenarios})
  file(GLOB stories CONFIGURE_DEPENDS tests/browser/*.test.mjs)
  snug_node_tests(browser TIMEOUT 300 FILES ${stories})
endif()

# ---- the page's own tests of its state: no server, so one mode is enough ----
file(GLOB runner CONFIGURE_DEPENDS web/test.mjs)
if(runner AND SNUG_MODE STREQUAL dev AND NOT SNUG_WEB_DIR)
  add_test(NAME web_state COMMAND ${SNUG_NODE} test.mjs WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/web)
  set_tests_properties(web_state PROPERTIES LABELS unit TIMEOUT 60)
  add_dependencies(unit_tests embed_web)
endif()

# ---- fuzzing: tests/fuzz/<room>_<decoder>_fuzz.c ----
# In mode fuzz a program for libFuzzer. In the other modes its finds, tests/fuzz/regression/<name>/*, and the corpus
# run as one unit test through replay.c. The room cli is in libsnug, which sees all.
add_custom_target(fuzz_targets)
file(GLOB targets CONFIGURE_DEPENDS tests/fuzz/*_fuzz.c)
foreach(file ${targets})
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "_.*" "" room ${name})
  set(library ${room})
  if(room STREQUAL cli)
    set(room snug)
    set(library libsnug)
  endif()
  add_executable(${name} ${file})
  target_include_directories(${name} PRIVATE ${CMAKE_BINARY_DIR}/view/${room} tests/support)
  target_link_libraries(${name} PRIVATE ${library})
  set(folders tests/fuzz/corpus/${name} tests/fuzz/regression/${name})
  list(TRANSFORM folders PREPEND ${CMAKE_SOURCE_DIR}/)
  if(SNUG_MODE STREQUAL fuzz)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzz_targets ${name})
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}> "-DFOLDERS=${folders}"
      -DWORK=${CMAKE_BINARY_DIR}/fuzz/${name} -P ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz.cmake)
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 3600)
  else()
    target_sources(${name} PRIVATE tests/fuzz/replay.c)
    add_test(NAME ${name} COMMAND ${name} ${folders})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 60 ENVIRONMENT "${snug_test_env}")
    add_dependencies(unit_tests ${name})
  endif()
endforeach()

# ---- lint: reads sources, so one mode is enough; clang-tidy needs compile_commands.json and generated headers ----
file(GLOB checks CONFIGURE_DEPENDS tests/lint/*.sh)
foreach(check ${checks})
  get_filename_component(name ${check} NAME_WE)
  add_test(NAME lint_${name} COMMAND ${check} ${CMAKE_BINARY_DIR} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(lint_${name} PROPERTIES LABELS lint TIMEOUT 900)
endforeach()
add_test(NAME tidy_all COMMAND tests/lint/tidy.sh ${CMAKE_BINARY_DIR} all WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(tidy_all PROPERTIES LABELS tidy TIMEOUT 3600)
add_custom_target(generated)
add_dependencies(generated embed_sql embed_web)
