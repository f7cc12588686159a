#include "util/counters.h"

namespace webcodecs {

Counters& GlobalCounters() {
  static Counters* counters = new Counters();
  return *counters;
}

}  // namespace webcodecs
