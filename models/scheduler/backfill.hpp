// What may overtake a job that does not fit.
#pragma once

namespace nadc {

enum class Backfill : int {
  none,          // nothing: the queue waits behind its head
  easy,          // a job that does not delay the head's reservation
  conservative,  // a job that delays none of the reservations of the jobs before it
};

}  // namespace nadc
