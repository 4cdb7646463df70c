//===- sweep.h - A beam search along time ------------------------*- C++ -*-===//
//
// Where few buffers are live at once but the problem is long, a front across
// memory is far shorter than one across time. From one start of buffers to the
// next, the holes that ended buffers left are filled, lowest first; of all partial
// plans a beam of the smoothest is kept. What can never be filled within the
// slack of a coming step is dropped at once: the sums that coming buffers can
// make are known beforehand. Incomplete: finds plans, proves nothing.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_SWEEP_H
#define TELAMALLOC_SWEEP_H

#include "packing.h"
#include "params.h"
#include "random.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace telamalloc {

class Sweep {
public:
  /// How one run goes.
  struct Style {
    int Width;     ///< Partial plans that are kept.
    bool Backward; ///< From the last end to the first start.
    double Noise;  ///< Of the score, relative to one step between neighbours' ends.
  };

  Sweep(const std::vector<Solid> &Solids, int64_t Capacity, uint64_t Seed);

  /// Whether it can do anything: regions, alignments that sizes do not have already, and
  /// sizes without a common unit are left to the search.
  static bool applies(const std::vector<Solid> &Solids, int64_t Capacity);
  /// True: `offsets` is a plan.
  bool run(const Style &S, const Watch &W, Counters &C);
  const std::vector<int64_t> &offsets() const { return Offsets; }

private:
  /// A stretch of memory in use, until the step `End`.
  struct Segment {
    int32_t Low, High, End;
  };
  struct Item {
    int32_t Buffer, Size, End;
  };
  /// Largest sum of a subset up to each number of units.
  using Sums = std::vector<uint16_t>;
  struct Step {
    std::vector<Item> Starts;
    int32_t Slack = 0;
    std::vector<Sums> Coming; ///< By distance: what starts until then and is live there.
    std::unordered_map<uint64_t, Sums> Left; ///< By set of starts placed already.
  };
  /// A partial plan; its segments are [First, First + Count) of the level's.
  struct State {
    size_t First;
    int32_t Count, Step, Wasted;
    uint64_t Done; ///< Of the step's starts.
    int32_t Trace;
    double Score;
    uint64_t Hash;
  };
  struct Placement {
    int32_t Parent, Buffer, Offset;
  };

  static constexpr int64_t MaxHorizon = 12; ///< Steps looked ahead, where memory allows.
  static constexpr int64_t MaxSums = 4'000'000;
  static constexpr int MaxUnits = 8192;
  static constexpr int MaxStarts = 64;
  static constexpr int MaxLeft = 8; ///< Of more starts the sums are not looked at.

  void prepare(bool Backward);
  void prepareComing(int At);
  Sums sums(const std::vector<int32_t> &Sizes) const;
  const Sums &left(Step &S, uint64_t Done);
  void expand(const State &S);
  void fillHole(const State &S, int At, int Low, int High, int Wasted);
  void addChild(const State &S, int At, const Item &It, int Offset, uint64_t Bit, int Wasted);
  void finish(State &S);
  bool holesFit(const State &S, const std::vector<Segment> &Segs);
  bool futureFits(int At, const std::vector<Segment> &Segs) const;
  void rate(State &S, const std::vector<Segment> &Segs);
  void select(int Width);
  void recover(int Trace);

  const std::vector<Solid> &Solids;
  Random Rng;
  int64_t Unit;
  int Units;
  int Horizon = 0;
  double Noise = 0;
  std::vector<Step> Steps;
  std::vector<State> Beam, Next;
  std::vector<Segment> Segments, NextSegments, Scratch;
  std::vector<Placement> Trail;
  std::vector<Placement> Pending; ///< One for each of `Next`.
  std::vector<int64_t> Offsets;
};

} // namespace telamalloc

#endif // TELAMALLOC_SWEEP_H
