//===- observer.h - What the model sees of a choice --------------*- C++ -*-===//

#ifndef TELAMALLOC_OBSERVER_H
#define TELAMALLOC_OBSERVER_H

#include "orders.h"
#include "skyline.h"

#include <array>
#include <vector>

namespace telamalloc {

/// The choices at a section: a buffer to rest on its floor, or a gap.
constexpr int GapOption = -1;

constexpr int NumFeatures = 28;
using Features = std::array<float, NumFeatures>;

/// Names in the order of the values; telamalloc/learning/train.py trains by them.
extern const char *const FeatureNames[NumFeatures];

/// Computes the features of all options of one section at once.
class Observer {
public:
  Observer(const Instance &I, const StaticRanks &R) : I(I), Ranks(R) {}

  /// `Options` are buffers that rest on the floor of S, possibly with GapOption last.
  void observe(const Skyline &Sky, int S, const int *Options, int Count,
               std::vector<Features> &Out);

private:
  struct Valley {
    int Left, Right;            ///< Its sections, all with the floor of S.
    double LeftWall, RightWall; ///< Height of the walls above the floor; see Open.
  };
  Valley findValley(const Skyline &Sky, int S) const;
  void observeBuffer(const Skyline &Sky, const Valley &V, int S, int B, Features &F) const;

  const Instance &I;
  const StaticRanks &Ranks;
};

} // namespace telamalloc

#endif // TELAMALLOC_OBSERVER_H
