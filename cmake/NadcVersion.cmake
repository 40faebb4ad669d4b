# nadc_version: "app/version.hpp" with the version and the git commit of the tree, refreshed by every build.
set(_version_header ${CMAKE_BINARY_DIR}/generated/app/version.hpp)
set(_version_command ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUTPUT=${_version_header}
  -DVERSION=${PROJECT_VERSION} -DBUILD_TYPE=$<CONFIG>
  -DCOMPILER=${CMAKE_CXX_COMPILER_ID}\ ${CMAKE_CXX_COMPILER_VERSION}
  -P ${CMAKE_SOURCE_DIR}/cmake/WriteVersion.cmake)
add_custom_target(nadc_version_header COMMAND ${_version_command} BYPRODUCTS ${_version_header} VERBATIM
  COMMENT "Reading the git commit")
add_library(nadc_version INTERFACE)
target_include_directories(nadc_version INTERFACE ${CMAKE_BINARY_DIR}/generated)
add_dependencies(nadc_version nadc_version_header)
