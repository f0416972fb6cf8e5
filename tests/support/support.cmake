# What every unit test links: the helpers of tests/support, CUnit, and the allocation faults of fault.h.
set(snug_test_env
  "ASAN_OPTIONS=detect_leaks=1:abort_on_error=0"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "TSAN_OPTIONS=second_deadlock_stack=1:history_size=4")

add_custom_target(unit_tests) # ninja unit_tests: every unit test, nothing else

file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.c)
add_library(test_support STATIC ${sources})
snug_view(test_support base)
target_include_directories(test_support PRIVATE ${CMAKE_BINARY_DIR}/view/test_support)
target_link_libraries(test_support PUBLIC cunit)
foreach(call malloc calloc realloc strdup strndup)
  target_link_options(test_support INTERFACE -Wl,--wrap=${call})
endforeach()
set_target_properties(test_support PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF) # --wrap needs real symbols
