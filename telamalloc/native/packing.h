//===- packing.h - Fast plans without search ---------------------*- C++ -*-===//
//
// First fit in an order of priority, again and again: the buffers that ended too
// high move forward in the order (squeaky wheel optimization, Joslin and
// Clements, JAIR 1999). For very many buffers: best fit along time.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_PACKING_H
#define TELAMALLOC_PACKING_H

#include "instance.h"
#include "params.h"
#include "random.h"

#include <vector>

namespace telamalloc {

/// A buffer without its gaps: solid from start to end.
struct Solid {
  int64_t Lower;
  int64_t Upper;
  BufferSpec Spec;
};

/// Places solids under repeated first fit.
class Packer {
public:
  explicit Packer(const std::vector<Solid> &Solids);

  /// Lowers the peak until it is `Target`, `Rounds` are done or the watch stops it.
  /// Returns the best peak; INT64_MAX: no round met all deadlines.
  int64_t run(int64_t Target, int Rounds, uint64_t Seed, const Watch &W);
  const std::vector<int64_t> &offsets() const { return Best; }

  /// Whether the overlaps are few enough to be listed (see `MaxOverlaps`).
  bool isListed() const { return Listed; }

private:
  void listOverlaps();
  std::vector<double> contention() const;
  void prioritize(int Kind);
  void promote(int64_t Target, Random &Rng);
  int64_t firstFit();
  int64_t bestFitInTime(bool ByEnd);
  bool keepIfBetter(int64_t Peak);

  static constexpr int NumKinds = 6;
  static constexpr int64_t MaxOverlaps = 120'000'000;

  const std::vector<Solid> &Solids;
  bool Listed = false;
  std::vector<int64_t> First;  ///< Positions in `Others` by solid.
  std::vector<int32_t> Others; ///< Solids live at the same time.
  std::vector<double> Share;   ///< See `contention`.
  std::vector<double> Priority;
  std::vector<double> Blame;
  std::vector<int> Order;
  std::vector<int64_t> Offsets;
  std::vector<int64_t> Best;
  int64_t BestPeak = INT64_MAX;
};

/// What all sizes are multiples of.
int64_t unitOf(const std::vector<Solid> &Solids);

/// The largest live sum of solids.
int64_t largestLiveSum(const std::vector<Solid> &Solids);

} // namespace telamalloc

#endif // TELAMALLOC_PACKING_H
