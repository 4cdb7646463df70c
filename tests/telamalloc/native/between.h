//===- between.h - Random numbers in a range ---------------------*- C++ -*-===//

#ifndef TELAMALLOC_TESTS_BETWEEN_H
#define TELAMALLOC_TESTS_BETWEEN_H

#include "random.h"

#include <cstdint>

namespace telamalloc {

inline int64_t between(Random &R, int64_t Low, int64_t High) {
  return Low + int64_t(R.next() % uint64_t(High - Low + 1));
}

} // namespace telamalloc

#endif // TELAMALLOC_TESTS_BETWEEN_H
