//===- skyline.h - A partial packing and what follows from it ----*- C++ -*-===//
//
// Buffers are placed bottom up. Per section there is a floor: everything below
// it is settled. Per buffer there is the least offset that the floors leave.
// Each bound carries its explanation, the set of decisions that it follows from.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_SKYLINE_H
#define TELAMALLOC_SKYLINE_H

#include "instance.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace telamalloc {

/// A set of decision levels.
using Word = uint64_t;

class Skyline {
public:
  Skyline(const Instance &I, int64_t Capacity, bool SubsetBound);

  /// A member of a section's list of unplaced buffers.
  struct Member {
    int32_t Buffer;
    int32_t Inc; ///< Position in the instance's incidences.
    int64_t Height;
  };

  int64_t floorOf(int S) const { return Sections[S].Floor; }
  int64_t remaining(int S) const { return Sections[S].Remaining; }
  uint64_t setKey(int S) const { return Sections[S].SetKey; }
  int64_t slack(int S) const { return Capacity - Sections[S].Floor - Sections[S].Remaining; }
  int numUnplaced(int S) const { return Sections[S].Count; }
  const Member *members(int S) const { return Members.data() + MemberBegin[S]; }
  int64_t rest(int B) const { return Rests[B].Offset; }
  /// The section that holds B up, or -1.
  int reason(int B) const { return Rests[B].Reason; }
  bool isPlaced(int B) const { return Placed[B] >= 0; }
  int64_t offset(int B) const { return Placed[B]; }
  int unplacedCount() const { return Unplaced; }
  /// Unplaced buffers that are live both in section S and S + 1.
  int crossing(int S) const { return Crossing[S]; }
  /// Whether the buffer would leave no space below it.
  bool isFlat(int B) const { return Rests[B].Flush == I->degree(B); }
  int64_t capacity() const { return Capacity; }
  const Instance &instance() const { return *I; }

  /// Places B where it rests. On false a conflict is found: see `conflict`.
  bool place(int B, int Level);
  /// Raises the floor of S to at least `Floor`, for the reasons in `Why` and Level.
  bool raise(int S, int64_t Floor, int Level, const Word *Why);

  /// Number of words of a set of levels.
  int words() const { return Words; }
  int maxLevel() const { return Words * 64; }
  /// Adds the decisions from which the floor of S follows.
  void explainFloor(int S, Word *Out) const;
  /// Adds the decisions from which the least offset of B follows.
  void explainRest(int B, Word *Out) const;
  /// Adds why the members of S that rest at or above `Offset` do so. The nearest higher
  /// sections on either side usually explain all of them.
  void explainAbove(int S, int64_t Offset, Word *Out) const;
  /// The decisions of the last conflict.
  const Word *conflict() const { return Conflict.data(); }
  /// The buffer that the last conflict is about, or -1.
  int culprit() const { return Culprit; }
  int culpritSection() const { return CulpritSection; }

  /// What floors have risen over nothing, as shares of their sections' slack; only grows.
  double wasted() const { return Wasted; }

  /// A point to return to.
  struct Mark {
    size_t SectionTrail;
    size_t RestTrail;
    size_t PlacedTrail;
  };
  Mark mark() const { return {SectionTrail.size(), RestTrail.size(), PlacedTrail.size()}; }
  void undo(const Mark &M);

  /// Whether the root itself is contradictory.
  bool propagateAll();

private:
  static constexpr uint8_t MayRise = 1, MayOverflow = 2;

  struct Section {
    int64_t Floor;
    int64_t Remaining;
    uint64_t SetKey; ///< Of the unplaced buffers, as a set.
    int32_t Count;   ///< Unplaced buffers, the first ones in `Members`.
    uint8_t Dirty;   ///< MayRise, MayOverflow.
  };
  struct Rest {
    int64_t Offset;
    int32_t Reason; ///< The section that holds the buffer up, or -1.
    int32_t Flush;  ///< Sections with their floor exactly at Offset.
  };
  struct SavedSection {
    int32_t Section;
    int64_t Floor;
  };
  struct SavedRest {
    int32_t Buffer;
    Rest Old;
  };

  void removeMembers(int B);
  void restoreMembers(int B);
  void saveSection(int S);
  void saveRest(int B);
  void liftMembers(int S);
  bool propagate(size_t Changed);
  bool checkDirty();
  void clearQueue();
  bool raiseToMembers(int S);
  bool fits(int S);
  void fail(int Buffer, int S);
  void blame(int S, int Level);
  Word *why(int S) { return Why.data() + static_cast<size_t>(S) * Words; }
  const Word *why(int S) const { return Why.data() + static_cast<size_t>(S) * Words; }
  void markDirty(int S, uint8_t What);
  void countWaste(int S, int64_t Floor);

  const Instance *I;
  int64_t Capacity;
  bool SubsetBound;
  int Words;
  int Unplaced;
  std::vector<Section> Sections;
  std::vector<uint64_t> BufferKey;
  std::vector<int> MemberBegin;
  std::vector<Member> Members;
  std::vector<int> Position; ///< Of an incidence in `Members`.
  std::vector<int> Crossing;
  std::vector<Rest> Rests;
  std::vector<int64_t> Placed;
  std::vector<Word> Why;
  std::vector<int> Queue;
  /// Each placement and each gap is an episode: what it changes is saved once.
  uint64_t Episode = 1;
  std::vector<uint64_t> SectionSaved;
  std::vector<uint64_t> RestSaved;
  std::vector<SavedSection> SectionTrail;
  std::vector<Word> WhyTrail;
  std::vector<SavedRest> RestTrail;
  std::vector<int> PlacedTrail;
  std::vector<Word> Conflict;
  std::vector<std::pair<int64_t, int>> Scratch; ///< (rest, position in members)
  double Wasted = 0;
  int Culprit = -1;
  int CulpritSection = -1;
};

} // namespace telamalloc

#endif // TELAMALLOC_SKYLINE_H
