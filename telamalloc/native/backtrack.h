//===- backtrack.h - What the model sees of a dead end -----------*- C++ -*-===//
//
// After a dead end the search may jump further back than the conflict demands
// (TelaMalloc's major backtracks). A model says how likely it is that nothing
// comes of a decision any more.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_BACKTRACK_H
#define TELAMALLOC_BACKTRACK_H

#include <array>
#include <cstdint>
#include <vector>

namespace telamalloc {

constexpr int NumBacktrackFeatures = 10;
using BacktrackFeatures = std::array<float, NumBacktrackFeatures>;

extern const char *const BacktrackFeatureNames[NumBacktrackFeatures];

/// Decisions seen at dead ends, and whether the plan found in the end kept them.
struct BacktrackTrace {
  /// Which choice of which level a row is about.
  struct Decision {
    int Depth;
    int64_t Serial;
    int Next;
  };
  std::vector<BacktrackFeatures> Rows;
  std::vector<int64_t> Label; ///< 1: the decision had to be undone.
  std::vector<BacktrackFeatures> Pending;
  std::vector<Decision> PendingDecisions;
};

} // namespace telamalloc

#endif // TELAMALLOC_BACKTRACK_H
