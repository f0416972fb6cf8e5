# What every unit test links: the helpers of tests/support, CUnit, and the allocation faults of fault.h.
set(snug_test_env
  "ASAN_OPTIONS=detect_leaks=1"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "TSAN_OPTIONS=second_deadlock_stack=1:history_size=4")

set(snug_unit_timeout_s 40) # a test takes a second or two; this is for one that hangs
if(SNUG_MODE MATCHES "san")
  set(snug_unit_timeout_s 120) # sanitizers are slow, and a busy machine makes that worse
endif()

add_custom_target(unit_tests) # ninja unit_tests: every unit test, nothing else

# A helper may use any room; only tests that link the room can call it.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.c)
list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/tests/support/fault.c)
if(sources)
  add_library(test_support STATIC ${sources})
  target_include_directories(test_support PRIVATE ${CMAKE_BINARY_DIR}/view/snug tests/support)
  target_link_libraries(test_support PRIVATE embedded_sql)
  set(scope PUBLIC)
else()
  add_library(test_support INTERFACE)
  set(scope INTERFACE)
endif()
target_link_libraries(test_support ${scope} cunit)

# The wrappers are linked as an object: the archives that call them may come later on the linker's line.
add_library(test_fault OBJECT ${CMAKE_SOURCE_DIR}/tests/support/fault.c)
set_target_properties(test_fault PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF) # --wrap needs real symbols
target_sources(test_support INTERFACE $<TARGET_OBJECTS:test_fault>)
foreach(call malloc calloc realloc strdup strndup)
  target_link_options(test_support INTERFACE -Wl,--wrap=${call})
endforeach()
