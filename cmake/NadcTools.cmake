# Compiler cache where there is one: a second build folder, or the same tree again, costs little.
find_program(NADC_CCACHE ccache DOC "Compiler cache; empty for none")
if(NADC_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${NADC_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${NADC_CCACHE})
endif()
