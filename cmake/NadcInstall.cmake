# Installation, and a TGZ that runs where it is unpacked: the command, the libraries that a bare Debian 12 lacks, and
# the scenarios. `cpack -G TGZ` in the build folder, or the target `package`.
include(GNUInstallDirs)
set(_libraries ${CMAKE_INSTALL_LIBDIR}/nadc)

if(TARGET nadc)
  file(RELATIVE_PATH _from_bin /${CMAKE_INSTALL_BINDIR} /${_libraries})
  # DT_RPATH, not DT_RUNPATH: the bundled libraries must find each other too.
  set_target_properties(nadc PROPERTIES INSTALL_RPATH "$ORIGIN/${_from_bin}")
  target_link_options(nadc PRIVATE -Wl,--disable-new-dtags)
  install(TARGETS nadc RUNTIME_DEPENDENCY_SET nadc_libraries COMPONENT nadc)
  # The C and C++ runtimes belong to the system; so does the driver's libcuda.
  install(RUNTIME_DEPENDENCY_SET nadc_libraries DESTINATION ${_libraries} COMPONENT nadc
    PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv|util|anl|mvec)\\.so" "^lib(stdc\\+\\+|gcc_s|cuda)\\.so")
endif()
install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/nadc COMPONENT nadc OPTIONAL)
# Python over the command, its notebooks, which look for scenarios beside the folder; manual pages and completion.
install(DIRECTORY notebooks/ DESTINATION ${CMAKE_INSTALL_DATADIR}/nadc/python COMPONENT nadc OPTIONAL
  FILES_MATCHING PATTERN "*.py" PATTERN "*.ipynb" PATTERN ".*" EXCLUDE PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY ${CMAKE_BINARY_DIR}/manual/share/man DESTINATION ${CMAKE_INSTALL_DATADIR} COMPONENT nadc OPTIONAL)
install(DIRECTORY ${CMAKE_BINARY_DIR}/manual/share/bash-completion DESTINATION ${CMAKE_INSTALL_DATADIR} COMPONENT nadc
  OPTIONAL)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT nadc OPTIONAL)

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_NAME nadc)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_SYSTEM_NAME "${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_ARCHIVE_COMPONENT_INSTALL OFF)
set(CPACK_STRIP_FILES ON)
include(CPack)
