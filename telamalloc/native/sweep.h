//===- sweep.h - A beam search along time ------------------------*- C++ -*-===//
//
// Where few buffers are live at once but the problem is long, a front across
// memory is far shorter than one across time. From one start of buffers to the
// next, the holes that ended buffers left are filled, lowest first; of all partial
// plans a beam is kept, of those that a model holds to be completed the likeliest.
// What can never be filled within the slack of a coming step is dropped at once.
// The step at which a beam dies weighs more in the next. Incomplete: finds plans,
// proves nothing.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_SWEEP_H
#define TELAMALLOC_SWEEP_H

#include "agenda.h"
#include "packing.h"
#include "params.h"
#include "random.h"

#include <cstdint>
#include <map>
#include <unordered_set>
#include <vector>

namespace telamalloc {

class Sweep {
public:
  /// How one run goes.
  struct Style {
    int Width;     ///< Partial plans that are kept from step to step.
    bool Backward; ///< From the last end to the first start.
    double Noise;  ///< Of the score.
  };

  Sweep(const std::vector<Solid> &Solids, int64_t Capacity, const Params &P);

  /// Whether it can do anything: regions, alignments that sizes do not have already, and
  /// sizes without a common unit are left to the search.
  static bool applies(const std::vector<Solid> &Solids, int64_t Capacity);
  /// True: `offsets` is a plan.
  bool run(const Style &S, const Watch &W, Counters &C);
  const std::vector<int64_t> &offsets() const { return Offsets; }
  /// The largest share of the buffers that a run has placed.
  double progress() const { return Progress; }

private:
  /// A partial plan; its segments are [First, First + Count) of the level's.
  struct State {
    uint32_t First;
    int32_t Count, Wasted;
    uint64_t Done; ///< Of the step's starts.
    int32_t Trace;
    float Score;
  };
  /// One more buffer into a hole.
  struct Candidate {
    int32_t Parent, Wasted;
    int16_t Hole, Item;
    bool Top; ///< At the hole's upper end.
    float Score;
  };
  struct Placement {
    int32_t Parent, Buffer, Offset;
  };
  struct Logged {
    int32_t Trace, Step;
    FrontFeatures Seen;
  };

  static constexpr int MaxUnits = 8192;
  static constexpr int MaxStarts = 64;
  // Measured on training instances.
  static constexpr float BlamePerDeath = 4;
  static constexpr int PartlyFilledPerKept = 4, RatedPerKept = 8;

  void expand(Agenda &Plan, int Parent);
  void fillHole(Agenda &Plan, int Parent, int Hole, int Wasted);
  void select(Agenda &Plan, int Width, bool Last);
  int build(const Candidate &C, const Agenda::Item &It, bool Last);
  float rough(int A, int B) const;
  float rate(const Agenda &Plan);
  float blame() const;
  void log(const std::vector<State> &Survivors);
  void recover(int Trace);
  float noise() { return Noise > 0 ? float(Noise * Rng.uniform()) : 0; }

  const std::vector<Solid> &Solids;
  const Params &P;
  Random Rng;
  int64_t Unit;
  int Units;
  double Noise = 0;
  double Progress = 0;
  int Now = 0;
  std::vector<State> Beam, Next;
  std::vector<Candidate> Candidates;
  Front Segments, NextSegments, Built;
  std::vector<std::pair<float, int>> Heap;
  std::unordered_set<uint64_t> Seen;
  std::vector<Placement> Trail;
  std::map<int, float> Deaths[2]; ///< By direction and step.
  const std::map<int, float> *Blamed = nullptr;
  std::vector<Logged> Log;
  std::vector<int64_t> Offsets;
};

} // namespace telamalloc

#endif // TELAMALLOC_SWEEP_H
