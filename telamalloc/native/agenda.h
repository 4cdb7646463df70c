//===- agenda.h - What starts when, and what holes it can fill ---*- C++ -*-===//

#ifndef TELAMALLOC_AGENDA_H
#define TELAMALLOC_AGENDA_H

#include "front.h"
#include "packing.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace telamalloc {

/// The buffers of a sweep by step; a step begins wherever buffers begin.
class Agenda {
public:
  struct Item {
    int32_t Buffer, Size, End;
    /// An equal buffer before it in the step, or -1: of equal ones the first is placed first.
    int32_t Twin;
  };

  /// \param Unit what all sizes are multiples of.
  /// \param Backward from the last end to the first start.
  Agenda(const std::vector<Solid> &Solids, int64_t Unit, int Units, bool Backward);

  int numSteps() const { return static_cast<int>(Steps.size()); }
  const std::vector<Item> &starts(int Step) const { return Steps[Step].Starts; }
  /// Units that may stay free in a step; negative: there is no plan.
  int slack(int Step) const { return Steps[Step].Slack; }
  const FrontScale &scale() const { return Scale; }

  /// Whether what starts now and is not `Done` fills the holes up to the slack.
  bool fillsHoles(const Front &F, int Now, uint64_t Done, int Wasted);
  /// The same for the coming steps: between what is live there already, coming buffers stack.
  /// While there are holes at `Now`, only what holes cannot change is looked at.
  bool fitsAhead(const Front &F, int Now);
  /// See `observe`.
  std::array<int, 3> largestAhead(int Now) const;

private:
  /// Largest sum of a subset up to each number of units.
  using Sums = std::vector<uint16_t>;
  /// What starts in the steps to come up to one of them and is live there.
  struct Coming {
    Sums Best;
    std::vector<int32_t> Sizes; ///< The largest first.
  };
  struct Step {
    std::vector<Item> Starts;
    int32_t Slack;
    std::vector<Coming> Ahead;                 ///< By distance.
    std::unordered_map<uint64_t, Sums> Left;   ///< By set of starts placed already.
    std::unordered_map<uint64_t, bool> Packed; ///< By distance and holes.
  };

  static constexpr int64_t MaxHorizon = 12; ///< Steps looked ahead, where memory allows.
  static constexpr int64_t MaxSums = 4'000'000;
  static constexpr int MaxLeft = 8;      ///< Of more starts the sums are not looked at.
  static constexpr int PackedSteps = 4;  ///< So far ahead, coming buffers are packed.
  static constexpr int PackBudget = 200; ///< Nodes of one packing.
  static constexpr size_t MaxPacked = 20'000;

  void listStarts(const std::vector<Solid> &Solids, int64_t Unit, bool Backward);
  void prepareAhead(int Now, int Horizon);
  Sums sums(const std::vector<int32_t> &Sizes) const;
  const Sums &left(Step &S, uint64_t Done);
  bool packs(Step &S, size_t Distance);

  int Units;
  std::vector<Step> Steps;
  FrontScale Scale;
  std::vector<int> Holes;
};

} // namespace telamalloc

#endif // TELAMALLOC_AGENDA_H
