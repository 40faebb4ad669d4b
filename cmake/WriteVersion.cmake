# cmake -DSOURCE=… -DOUTPUT=… -DVERSION=… -DBUILD_TYPE=… -DCOMPILER=… -P: writes the version header when it changed.
find_program(GIT git)
set(GIT_HASH unknown)
if(GIT AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT} describe --always --dirty --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE _hash RESULT_VARIABLE _status
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(_status EQUAL 0)
    set(GIT_HASH ${_hash})
  endif()
endif()
configure_file(${SOURCE}/app/version.hpp.in ${OUTPUT} @ONLY)
