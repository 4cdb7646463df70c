// Reproducible randomness.
#ifndef MLGO_RANDOM_H
#define MLGO_RANDOM_H

#include <cstdint>

namespace mlgo {

/// Uniform in [0, 1): a function of seed and decision alone, so that a decision does not depend on
/// how many random numbers were drawn before it (splitmix64, Steele et al., OOPSLA 2014).
inline double uniform(uint64_t Seed, uint64_t Index) {
  uint64_t Z = Seed * 0xd1342543de82ef95 + (Index + 1) * 0x9e3779b97f4a7c15;
  Z = (Z ^ (Z >> 30)) * 0xbf58476d1ce4e5b9;
  Z = (Z ^ (Z >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((Z ^ (Z >> 31)) >> 11) * 0x1p-53;
}

} // namespace mlgo

#endif
