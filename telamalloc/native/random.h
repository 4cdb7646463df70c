//===- random.h - Reproducible pseudo-random numbers -------------*- C++ -*-===//

#ifndef TELAMALLOC_RANDOM_H
#define TELAMALLOC_RANDOM_H

#include <cstdint>

namespace telamalloc {

/// splitmix64 (Steele et al., OOPSLA 2014): a bijection that looks random.
inline uint64_t mix(uint64_t X) {
  X += 0x9e3779b97f4a7c15ULL;
  X = (X ^ (X >> 30)) * 0xbf58476d1ce4e5b9ULL;
  X = (X ^ (X >> 27)) * 0x94d049bb133111ebULL;
  return X ^ (X >> 31);
}

/// A stream of such numbers.
class Random {
public:
  explicit Random(uint64_t Seed) : State(mix(Seed)) {}
  uint64_t next() { return State = mix(State); }
  /// Uniform in [0, 1).
  double uniform() { return double(next() >> 11) * 0x1p-53; }

private:
  uint64_t State;
};

} // namespace telamalloc

#endif // TELAMALLOC_RANDOM_H
