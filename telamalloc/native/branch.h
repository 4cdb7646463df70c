//===- branch.h - Where to branch, and what a gap means ----------*- C++ -*-===//

#ifndef TELAMALLOC_BRANCH_H
#define TELAMALLOC_BRANCH_H

#include "skyline.h"

#include <vector>

namespace telamalloc {

/// The section to branch on: a low one with few choices. All that can rest on its floor
/// leave no space below them, so no plan is lost.
///
/// \param Eagerness how much of the capacity a floor may be higher for one choice less.
int pickSection(const Skyline &Sky, int Left, int Right, double Eagerness);

class GapFinder {
public:
  explicit GapFinder(const Instance &I)
      : I(I), SeenBuffer(I.NumBuffers, 0), SeenSection(I.NumSections, 0) {}

  /// If nothing lies at the floor of S, how high does the lowest buffer lie at least?
  /// A buffer that could rest at the floor must then lie on one that is not live in S.
  /// INT64_MAX: there is nothing that it could lie on.
  int64_t floorAbove(const Skyline &Sky, int S);
  /// Adds why the floor of S rises to `Raised` at least; call after `floorAbove`.
  void explain(const Skyline &Sky, int S, int64_t Raised, Word *Out);

private:
  const Instance &I;
  std::vector<int> Valley; ///< Sections of the buffers that could rest at the gap.
  std::vector<uint64_t> SeenBuffer;
  std::vector<uint64_t> SeenSection;
  uint64_t Stamp = 0;
};

} // namespace telamalloc

#endif // TELAMALLOC_BRANCH_H
