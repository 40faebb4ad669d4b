# What the fingerprint of study blobs follows (cmake/Fingerprint.cmake), in a copy of the headers.
function(fingerprint result)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${FOLDER} -DSTART=models/datacenter.hpp -DOUTPUT=${FOLDER}/written.hpp
    -P ${ROOT}/cmake/Fingerprint.cmake COMMAND_ERROR_IS_FATAL ANY)
  file(STRINGS ${FOLDER}/written.hpp _line REGEX "source_fingerprint = 0x[0-9a-f]+;")
  if(NOT _line)
    message(FATAL_ERROR "no fingerprint was written")
  endif()
  set(${result} "${_line}" PARENT_SCOPE)
endfunction()
# One text of a header becomes another.
function(change header from to)
  file(READ ${FOLDER}/${header} _text)
  string(FIND "${_text}" "${from}" _place)
  if(_place EQUAL -1)
    message(FATAL_ERROR "${header} does not hold ${from}")
  endif()
  string(REPLACE "${from}" "${to}" _text "${_text}")
  file(WRITE ${FOLDER}/${header} "${_text}")
endfunction()

file(REMOVE_RECURSE ${FOLDER})
file(COPY ${ROOT}/models ${ROOT}/sim DESTINATION ${FOLDER} FILES_MATCHING PATTERN "*.hpp")
fingerprint(before)
change(models/world.hpp "struct World {" "struct World  { // a comment\n\n")
fingerprint(after)
if(NOT after STREQUAL before)
  message(FATAL_ERROR "a comment counts")
endif()
# Two members of the same type change places; a member of what a choice holds; a type that only a slice knows.
foreach(_change IN ITEMS
    "models/world.hpp|std::uint32_t lever, sample|std::uint32_t sample, lever"
    "models/network/pace.hpp|double contention = 0|float contention = 0"
    "models/power/meter.hpp|struct MeterStretch {|struct MeterStretch { int more"
    "models/policy/money_params.hpp|struct Payment {|struct Payment { int more"
    "sim/law.hpp|double b = 0.0|float b = 0.0")
  string(REPLACE "|" ";" _parts "${_change}")
  list(GET _parts 0 _header)
  list(GET _parts 1 _from)
  list(GET _parts 2 _to)
  fingerprint(before)
  change(${_header} "${_from}" "${_to}")
  fingerprint(after)
  if(after STREQUAL before)
    message(FATAL_ERROR "${_header}: \"${_to}\" does not count")
  endif()
endforeach()
