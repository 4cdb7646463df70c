//===- search.h - Branching, backjumping, failed states ----------*- C++ -*-===//

#ifndef TELAMALLOC_SEARCH_H
#define TELAMALLOC_SEARCH_H

#include "params.h"
#include "random.h"
#include "skyline.h"

#include <memory>
#include <unordered_set>
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

/// One way to run the search: which section to branch on, which buffer to try first.
struct Strategy {
  int Order;       ///< Index of a static order of the buffers.
  int SectionRule; ///< How the section to branch on is chosen.
  double Noise;    ///< Share of randomness in the order.
};

class Search {
public:
  Search(const Instance &I, int64_t Capacity, const Params &P, const Watch &W);

  /// Restarts with one strategy after the other until solved, refuted or out of budget.
  Outcome run(Counters &C);
  /// Offsets by buffer, after Outcome::Solved.
  const std::vector<int64_t> &offsets() const { return Best; }

private:
  struct Level {
    Skyline::Mark Before;
    int Section;
    int Left, Right; ///< The sections of the component.
    int FirstOption; ///< In `Options`.
    int EndOption;
    int Next;
    int Outer; ///< Level whose component encloses this one, or -1.
    FailedStates::Key Key;
  };

  Outcome attempt(const Strategy &S, int64_t Budget, Counters &C);
  bool openLevel();
  bool chooseComponent(int &Left, int &Right, int &Outer);
  int chooseSection(int Left, int Right);
  void listOptions(Level &L);
  bool tryOption(Level &L, int Option);
  /// Undoes to the decision to blame; false: there is none.
  bool backjump(Counters &C);
  int64_t gapFloor(int S);
  void explainGap(int S, int64_t Raised, Word *Out);
  FailedStates::Key keyOf(int Left, int Right) const;
  void prepareOrder(const Strategy &S);
  Word *conflictOf(int Depth) { return Conflicts.data() + static_cast<size_t>(Depth) * Words; }

  const Instance &I;
  const Params &P;
  const Watch &W;
  int64_t Capacity;
  std::unique_ptr<Skyline> Sky;
  FailedStates Failed;
  int Words;
  std::vector<Level> Levels;
  std::vector<int> Options;
  std::vector<Word> Conflicts;
  std::vector<Word> Current; ///< The conflict under analysis.
  std::vector<Word> Scratch;
  std::vector<double> Rank; ///< Larger: tried earlier.
  std::vector<double> Weight;
  std::vector<int64_t> Best;
  std::vector<std::vector<double>> Orders;
  std::vector<int> Valley; ///< Sections of the buffers that could rest at a gap.
  std::vector<uint64_t> SeenBuffer;
  std::vector<uint64_t> SeenSection;
  uint64_t Stamp = 0;
  int Rule = 0;
  Random Rng;
  bool RootFails = false;
  bool Incomplete = false;
};

} // namespace telamalloc

#endif // TELAMALLOC_SEARCH_H
