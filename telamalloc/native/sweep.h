//===- sweep.h - A beam search over sets of plans ----------------*- C++ -*-===//
//
// Where no unit of memory is ever free, what starts at a step fills exactly what ends
// there: groups of ended buffers that lie together, each as large as the group that takes
// its place. Whatever order the others have, they keep it. So a partial plan need not say
// in which order the live buffers lie: a PQ-tree holds all orders that are left, and only
// which group takes the place of which is decided. Two sweeps, one in each direction, guide
// each other and meet. Incomplete: finds plans, proves nothing.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_SWEEP_H
#define TELAMALLOC_SWEEP_H

#include "key_set.h"
#include "layer.h"
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
    int Width;    ///< Partial plans that are kept from step to step.
    double Noise; ///< Of the score.
  };

  /// Whether solids have neither regions nor alignments that their sizes do not have already.
  static bool applies(const std::vector<Solid> &Solids, int64_t Capacity);
  /// \param Solids that fill a memory at all times (see `fillersOf`).
  /// \param Backward from the last end to the first start.
  Sweep(const std::vector<Solid> &Solids, bool Backward, uint64_t Seed);

  /// \param Other of the same solids, in the other direction; may have run.
  /// True: `offsets` is a plan.
  bool run(const Style &S, Sweep &Other, const Watch &W, Counters &C);
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

  bool listSteps();
  void begin(int Step, const Sweep &Other);
  const Layer *opposite(const Sweep &Other) const;
  bool meet(Sweep &Other);
  bool join(const PQTree &T, std::vector<PQTree::Leaves> &Groups);
  bool step(size_t Width, const Watch &W, Counters &C);
  Menu menu() const;
  void expand(const State &S, const Menu &All);
  bool replace(const State &S, const Swap &X);
  void mark(const PQTree &T, uint64_t Ended);
  void cut(std::vector<State> &States, size_t Width);
  float rate(const PQTree &T);
  float apart(const PQTree &T) const;
  void keep(std::vector<State> &States, size_t Width);
  void remember();
  std::vector<int64_t> sizes(const PQTree::Leaves &L) const;
  void recover(int Trace, PQTree::Leaves Order);
  PQTree::Leaves before(PQTree T, const PQTree::Leaves &After, const PQTree::Leaves &Old,
                        const PQTree::Leaves &New);
  void place(const PQTree::Leaves &Order);

  static constexpr size_t MostAtOnce = 64; ///< Starts or ends of a step.
  // Fitted to which states of a beam became part of a plan, on training instances: one more
  // place against e times as many orders.
  static constexpr double PerPlace = 1.6;
  static constexpr float PerPart = 4; ///< One more place of what the other sweep keeps together.
  static constexpr size_t PartlyDonePerKept = 2;
  static constexpr size_t MostPerKept = 8; ///< States at once, to spare memory.

  const std::vector<Solid> &Solids;
  const bool Backward;
  Random Rng;
  double Noise = 0;
  int Now = 0;
  double Progress = 0;
  std::vector<int32_t> End;                       ///< The step, by solid.
  std::vector<uint64_t> Key;                      ///< Equal for solids of equal size and end.
  std::vector<PQTree::Leaves> EndedAt, StartedAt; ///< By step, the largest first.
  uint64_t Twins = 0;                             ///< What starts now and is as the one before it.
  Runs Places, Parts;
  std::vector<int> MostPlaces;     ///< By step that the places are counted for.
  const Layer *Followed = nullptr; ///< Of the other sweep, at this step.
  std::vector<Layer> Layers;       ///< By step.
  PQTree::Editor Edit;
  PQTree Built, Joined;
  std::vector<PQTree> Spare; ///< Of states that are gone: their memory is used again.
  PQTree::Leaves Old, New;
  std::vector<State> Beam, Open, Done;
  KeySet Seen;
  std::vector<Taken> Trail;
  std::vector<int64_t> Offsets;
};

} // namespace telamalloc

#endif // TELAMALLOC_SWEEP_H
