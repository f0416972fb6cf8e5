# Compiles FILE and wants an error with the text after "expect:" in its first line. The compiler has to find the
# headers and refuse the misuse, so a missing header is no success.
file(STRINGS ${FILE} first LIMIT_COUNT 1)
if(NOT first MATCHES "expect: *(.*[^ ]) *\\*/")
  message(FATAL_ERROR "${FILE}: the first line must be /* expect: <text of the error> */")
endif()
set(expected "${CMAKE_MATCH_1}")
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
execute_process(COMMAND ${CC} ${flags} -fsyntax-only ${FILE}
  RESULT_VARIABLE rc OUTPUT_VARIABLE said ERROR_VARIABLE said)
string(FIND "${said}" "${expected}" at)
if(rc EQUAL 0 OR at EQUAL -1)
  message("unit: 0 passed, 1 failed")
  message(FATAL_ERROR "${FILE}: expected an error with '${expected}', got (exit ${rc}):\n${said}")
endif()
message("unit: 1 passed, 0 failed")
