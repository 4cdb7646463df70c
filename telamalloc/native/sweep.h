//===- sweep.h - A beam search over sets of plans ----------------*- C++ -*-===//
//
// Where no unit of memory is ever free, what starts at a step fills exactly what ends
// there: groups of ended buffers that lie together, each as large as the group that takes
// its place. Whatever order the others have, they keep it. So a partial plan need not say
// in which order the live buffers lie: a PQ-tree holds all orders that are left, and only
// which group takes the place of which is decided. Incomplete: finds plans, proves nothing.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_SWEEP_H
#define TELAMALLOC_SWEEP_H

#include "key_set.h"
#include "packing.h"
#include "params.h"
#include "pq_tree.h"
#include "random.h"
#include "runs.h"
#include "swaps.h"

#include <cstdint>
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

  /// Whether solids have neither regions nor alignments that their sizes do not have already.
  static bool applies(const std::vector<Solid> &Solids, int64_t Capacity);
  /// \param Solids that fill a memory at all times (see `fillersOf`).
  Sweep(const std::vector<Solid> &Solids, uint64_t Seed);

  /// True: `offsets` is a plan.
  bool run(const Style &S, const Watch &W, Counters &C);
  const std::vector<int64_t> &offsets() const { return Offsets; }
  /// The largest share of the steps that a run has done.
  double progress() const { return Progress; }

private:
  struct State {
    PQTree Tree;
    uint64_t Ended, Started; ///< What has been replaced in this step, and by what.
    int32_t Trace;           ///< Of what it came from; of itself once it is kept.
    Swap Last;
    float Score;
  };
  struct Taken {
    int32_t Parent, Step;
    Swap What;
  };
  /// Swaps by the first buffer that ends.
  using Menu = std::vector<std::vector<Swap>>;

  bool listSteps(bool Backward);
  void begin(int Step);
  bool step(size_t Width, const Watch &W, Counters &C);
  Menu menu() const;
  void expand(const State &S, const Menu &All);
  bool replace(const State &S, const Swap &X);
  void mark(const PQTree &T, uint64_t Ended);
  void cut(std::vector<State> &States, size_t Width);
  float rate(const PQTree &T);
  void keep(std::vector<State> &States, size_t Width);
  std::vector<int64_t> sizes(const PQTree::Leaves &L) const;
  void recover(int Trace);
  PQTree::Leaves before(PQTree T, const PQTree::Leaves &After, const PQTree::Leaves &Old,
                        const PQTree::Leaves &New);
  void place(const PQTree::Leaves &Order);

  static constexpr size_t MostAtOnce = 64; ///< Starts or ends of a step.
  // Fitted to which states of a beam became part of a plan, on training instances: one more
  // place against e times as many orders.
  static constexpr double PerPlace = 1.6;
  static constexpr size_t PartlyDonePerKept = 2;
  static constexpr size_t MostPerKept = 8; ///< States at once, to spare memory.

  const std::vector<Solid> &Solids;
  Random Rng;
  double Noise = 0;
  int Now = 0;
  double Progress = 0;
  std::vector<int32_t> End;                       ///< The step, by solid.
  std::vector<uint64_t> Key;                      ///< Equal for solids of equal size and end.
  std::vector<PQTree::Leaves> EndedAt, StartedAt; ///< By step, the largest first.
  uint64_t Twins = 0;                             ///< What starts now and is as the one before it.
  Runs Places;
  std::vector<int> MostPlaces; ///< By step that the places are counted for.
  PQTree::Editor Edit;
  PQTree Built;
  std::vector<PQTree> Spare; ///< Of states that are gone: their memory is used again.
  PQTree::Leaves Old, New;
  std::vector<State> Beam, Open, Done;
  KeySet Seen;
  std::vector<Taken> Trail;
  std::vector<int64_t> Offsets;
};

} // namespace telamalloc

#endif // TELAMALLOC_SWEEP_H
