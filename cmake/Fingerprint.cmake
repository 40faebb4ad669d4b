# cmake -DROOT=… -DSTART=header -DOUTPUT=… -DDEPFILE=… -P: writes a header with a fingerprint of what START and all headers
# of the tree that it includes define: their text without comments and spaces. A struct that is reached from there
# cannot be forgotten; one that is added, dropped, reordered or renamed changes the number.
cmake_minimum_required(VERSION 3.22)
set(_waiting ${START})
set(_headers)
while(_waiting)
  list(POP_FRONT _waiting _header)
  if(_header IN_LIST _headers OR NOT EXISTS ${ROOT}/${_header})
    continue()
  endif()
  list(APPEND _headers ${_header})
  file(STRINGS ${ROOT}/${_header} _lines REGEX "^ *#include \"")
  foreach(_line IN LISTS _lines)
    string(REGEX REPLACE "^ *#include \"([^\"]+)\".*" "\\1" _included "${_line}")
    list(APPEND _waiting ${_included})
  endforeach()
endwhile()
list(SORT _headers)
set(_all "")
set(_paths "")
foreach(_header IN LISTS _headers)
  file(READ ${ROOT}/${_header} _text)
  string(REGEX REPLACE "//[^\n]*" "" _text "${_text}")
  string(REGEX REPLACE "[ \t\n]+" "" _text "${_text}")
  string(APPEND _all "${_header}\n${_text}\n")
  string(APPEND _paths " ${ROOT}/${_header}")
endforeach()
string(SHA256 _hash "${_all}")
string(SUBSTRING ${_hash} 0 16 _hash)
set(_written "// Written by cmake/Fingerprint.cmake from ${START}.
#pragma once
#include <cstdint>

namespace nadc {

inline constexpr std::uint64_t source_fingerprint = 0x${_hash};

}  // namespace nadc
")
file(WRITE ${OUTPUT} "${_written}")
if(DEPFILE)
  file(WRITE ${DEPFILE} "${OUTPUT}:${_paths}\n")
endif()
