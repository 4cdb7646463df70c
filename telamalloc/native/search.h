//===- search.h - Branching, backjumping, failed states ----------*- C++ -*-===//
//
// At each level the search picks a section and decides what lies at its floor:
// one of the buffers that can rest there, or nothing (a gap). These choices
// exclude each other and cover all plans, so a level whose choices all fail is
// refuted; its conflict says which earlier decisions are to blame.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_SEARCH_H
#define TELAMALLOC_SEARCH_H

#include "backtrack.h"
#include "branch.h"
#include "observer.h"
#include "params.h"
#include "random.h"
#include "skyline.h"

#include <vector>

namespace telamalloc {

/// Keys of states that are known to have no completion. Fixed size; when two
/// keys want the same slot the newer one wins.
class FailedStates {
public:
  struct Key {
    uint64_t A;
    uint64_t B;
  };
  explicit FailedStates(int LogSize) : Slots(size_t(1) << LogSize, Key{0, 0}) {}
  bool contains(Key K) const {
    const Key &S = Slots[K.A & (Slots.size() - 1)];
    return S.A == K.A && S.B == K.B;
  }
  void insert(Key K) { Slots[K.A & (Slots.size() - 1)] = K; }

private:
  std::vector<Key> Slots;
};

/// One way to run the search.
struct Strategy {
  int Order;        ///< A static order of the buffers, or LearnedOrder.
  double Noise;     ///< Randomness of the order.
  double Eagerness; ///< See pickSection.

  static constexpr int LearnedOrder = NumOrders;
  // Measured on training instances; the model is trained at its own value.
  static constexpr double StaticEagerness = 0.01;
  static constexpr double LearnedEagerness = 0.1;
};

class Search {
public:
  Search(const Instance &I, int64_t Capacity, const Params &P, const Watch &W);

  /// Restarts with one strategy after the other until solved, refuted or out of budget; called
  /// again, goes on with the next strategy.
  Outcome run(Counters &C);
  /// Offsets by buffer, after Outcome::Solved.
  std::vector<int64_t> offsets() const;

private:
  friend class Tracer;

  struct Level {
    Skyline::Mark Before;
    int Section;
    int Left, Right; ///< The sections of the component.
    int FirstOption; ///< In `Options`.
    int EndOption;
    int Next;
    int Outer;          ///< Level whose component encloses this one, or -1.
    int64_t Serial;     ///< Numbers the levels of an attempt.
    int64_t Backtracks; ///< Dead ends before it was opened.
    int Unplaced;       ///< Buffers left when it was opened.
    float Floor, Slack; ///< Of its section, as shares of the capacity.
    bool Cut;           ///< The model gave a part of it up: its failure proves nothing.
    FailedStates::Key Key;
  };

  Strategy strategyOf(int64_t Round) const;
  Outcome attempt(const Strategy &S, int64_t Budget, Counters &C);
  void reset(const Strategy &S);
  bool openLevel();
  bool chooseComponent(int &Left, int &Right, int &Outer);
  void listOptions(Level &L);
  void sortOptions(Level &L);
  void probe(const Level &L, int Count, const int *Begin);
  void observe(const Level &L, int Count, const int *Begin);
  bool tryOption(const Level &L, int Option);
  bool tryGap(const Level &L, int Depth);
  bool backjump(Counters &C);
  void giveUpOn(int Depth);
  void jumpFurther(Counters &C);
  BacktrackFeatures describe(int Depth, int From, const Counters &C);
  void rememberDeadEnd(const std::vector<int> &Targets, int From, const Counters &C);
  void labelDeadEnds();
  FailedStates::Key keyOf(int Left, int Right) const;
  Word *conflictOf(int Depth) { return Conflicts.data() + static_cast<size_t>(Depth) * Words; }
  void setCurrent(const Word *Set) { std::copy(Set, Set + Words, Current.begin()); }

  const Instance &I;
  const Params &P;
  const Watch &W;
  int64_t Capacity;
  Skyline Sky;
  Skyline::Mark Root{0, 0, 0};
  StaticRanks Ranks;
  Observer Eye;
  Forest Model;
  Forest BacktrackModel;
  FailedStates Failed;
  Random Rng;
  int Words;
  Strategy Now{0, 0, 0};
  std::vector<std::vector<double>> Orders;
  std::vector<double> Rank;   ///< Larger: tried earlier.
  std::vector<double> Weight; ///< Dead ends that a buffer caused.
  std::vector<Level> Levels;
  std::vector<int> Options;
  std::vector<Word> Conflicts; ///< By level: why its choices so far failed.
  std::vector<Word> Current;   ///< The conflict under analysis.
  std::vector<Word> Scratch;
  struct Probe {
    bool Fails;
    double Waste;
  };
  std::vector<Probe> Probes;
  std::vector<Features> Seen;
  std::vector<std::pair<double, int>> Scored;
  GapFinder Gaps;
  bool RootFails = false;
  bool Incomplete = false; ///< This attempt left something out: no proof.
  int64_t Round = 0;       ///< Attempts begun so far.
  int64_t NextSerial = 0;
  int64_t Backtracks = 0;
  int FewestLeft = 0; ///< Unplaced buffers of the best packing of this attempt.
};

} // namespace telamalloc

#endif // TELAMALLOC_SEARCH_H
