//===- front.h - Memory at one step, as a sweep along time sees it -*- C++ -*-===//

#ifndef TELAMALLOC_FRONT_H
#define TELAMALLOC_FRONT_H

#include <array>
#include <cstdint>
#include <vector>

namespace telamalloc {

/// A stretch of memory in use until the step `End`; 0: a hole, to be filled in this step.
struct Segment {
  uint16_t Size, End;
};

/// From the lowest unit of memory to the highest; neighbours have different ends.
using Front = std::vector<Segment>;

/// What the model sees of a front; the names are in `FrontFeatureNames`.
constexpr int NumFrontFeatures = 50;
using FrontFeatures = std::array<float, NumFrontFeatures>;
extern const char *const FrontFeatureNames[NumFrontFeatures];

/// The model that is compiled in: the sum of the weighted features is lower the likelier the
/// front is completed. `telamalloc train` writes front_model.cc.
extern const float FrontWeights[NumFrontFeatures];

/// Fronts met on the way to plans: did a plan come of them?
struct FrontTrace {
  std::vector<FrontFeatures> Rows;
  std::vector<int64_t> Group; ///< Fronts of one group stood at the same step of one run.
  std::vector<int64_t> Label;
};

/// What is the same for all fronts of a sweep.
struct FrontScale {
  int Units = 1;           ///< Of memory.
  double MeanSize = 1;     ///< Of a buffer, in units.
  std::vector<int> Starts; ///< Buffers by the step that they start at.
};

/// \param LargestAhead the largest buffer that starts within the next 1, 2, 3 steps and is live
///        at the last of them; 0: none.
FrontFeatures observe(const Front &F, int Now, const FrontScale &Scale,
                      const std::array<int, 3> &LargestAhead);

} // namespace telamalloc

#endif // TELAMALLOC_FRONT_H
