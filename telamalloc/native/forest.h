//===- forest.h - Gradient-boosted trees as a table --------------*- C++ -*-===//

#ifndef TELAMALLOC_FOREST_H
#define TELAMALLOC_FOREST_H

#include <cstddef>
#include <cstdint>

namespace telamalloc {

/// A node of a tree; a tree's nodes follow one another, the root first.
struct TreeNode {
  float Value;     ///< Threshold, or a leaf's score.
  int16_t Feature; ///< Compared with the threshold; -1: a leaf.
  int16_t High;    ///< Distance to the child for values at or above; below: the next node.
};

/// The sum of the trees' scores.
struct Forest {
  const TreeNode *Nodes = nullptr;
  const int32_t *Roots = nullptr;
  int NumTrees = 0;

  float score(const float *Features) const {
    float Sum = 0;
    for (int T = 0; T < NumTrees; ++T) {
      const TreeNode *N = Nodes + Roots[T];
      while (N->Feature >= 0)
        N += Features[N->Feature] >= N->Value ? N->High : 1;
      Sum += N->Value;
    }
    return Sum;
  }
};

/// The forests compiled in; `telamalloc train` writes models.cc and backtrack_model.cc.
extern const Forest OrderForest;
extern const Forest BacktrackForest;

} // namespace telamalloc

#endif // TELAMALLOC_FOREST_H
