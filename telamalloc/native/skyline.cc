//===- skyline.cc - A partial packing and what follows from it ------------===//

#include "skyline.h"

#include "random.h"

#include <algorithm>

using namespace telamalloc;

namespace {

int64_t alignUp(int64_t Value, int64_t Align) { return (Value + Align - 1) & ~(Align - 1); }

} // namespace

Skyline::Skyline(const Instance &I, int64_t Capacity, bool SubsetBound)
    : I(&I), Capacity(Capacity), SubsetBound(SubsetBound), Words((2 * I.NumBuffers + 64) / 64),
      Unplaced(I.NumBuffers), Sections(I.NumSections, {0, 0, 0, 0, 0}),
      MemberBegin(I.NumSections + 1, 0), Members(I.Incidences.size()),
      Position(I.Incidences.size()), Crossing(I.NumSections + 1, 0), Rests(I.NumBuffers),
      Placed(I.NumBuffers, -1), Why(static_cast<size_t>(I.NumSections) * Words, 0),
      SectionSaved(I.NumSections, 0), RestSaved(I.NumBuffers, 0), Conflict(Words, 0) {
  for (const Incidence &Inc : I.Incidences) {
    ++MemberBegin[Inc.Section + 1];
    Sections[Inc.Section].Remaining += Inc.Height;
  }
  for (int B = 0; B < I.NumBuffers; ++B)
    BufferKey.push_back(mix(B + 1));
  for (int S = 0; S < I.NumSections; ++S)
    MemberBegin[S + 1] += MemberBegin[S];
  for (int B = 0; B < I.NumBuffers; ++B) {
    for (const Incidence *Inc = I.begin(B); Inc != I.end(B); ++Inc) {
      int At = MemberBegin[Inc->Section] + Sections[Inc->Section].Count++;
      int Index = static_cast<int>(Inc - I.Incidences.data());
      Members[At] = {B, Index, Inc->Height};
      Sections[Inc->Section].SetKey += BufferKey[B];
      Position[Index] = At;
    }
    for (int S = I.begin(B)->Section; S < (I.end(B) - 1)->Section; ++S)
      ++Crossing[S];
    int64_t Offset = alignUp(I.Buffers[B].Release, I.Buffers[B].Align);
    Rests[B] = {Offset, -1, Offset == 0 ? I.degree(B) : 0};
  }
  Queue.reserve(I.NumSections);
}

void Skyline::explainFloor(int S, Word *Out) const {
  const Word *From = why(S);
  for (int W = 0; W < Words; ++W)
    Out[W] |= From[W];
}

void Skyline::explainRest(int B, Word *Out) const {
  if (Rests[B].Reason >= 0)
    explainFloor(Rests[B].Reason, Out);
}

void Skyline::explainAbove(int S, int64_t Offset, Word *Out) const {
  if (Sections[S].Floor >= Offset)
    return explainFloor(S, Out);
  int Left = S - 1, Right = S + 1;
  while (Left >= 0 && Sections[Left].Floor < Offset)
    --Left;
  while (Right < I->NumSections && Sections[Right].Floor < Offset)
    ++Right;
  bool UseLeft = false, UseRight = false;
  const Member *Begin = members(S);
  auto covers = [&](int B, int T) {
    return T >= 0 && T < I->NumSections && I->isInterval(B) && I->begin(B)->Section <= T &&
           (I->end(B) - 1)->Section >= T;
  };
  // First those that only one side holds up; the others then need no second reason.
  for (int K = 0; K < Sections[S].Count; ++K) {
    int B = Begin[K].Buffer;
    if (Rests[B].Offset < Offset)
      continue;
    bool L = covers(B, Left), R = covers(B, Right);
    if (L && !R)
      UseLeft = true;
    else if (R && !L)
      UseRight = true;
    else if (!L && !R)
      explainRest(B, Out);
  }
  for (int K = 0; K < Sections[S].Count && !UseLeft && !UseRight; ++K)
    UseLeft = Rests[Begin[K].Buffer].Offset >= Offset && covers(Begin[K].Buffer, Left);
  if (UseLeft)
    explainFloor(Left, Out);
  if (UseRight)
    explainFloor(Right, Out);
}

void Skyline::removeMembers(int B) {
  for (const Incidence *Inc = I->begin(B); Inc != I->end(B); ++Inc) {
    Section &S = Sections[Inc->Section];
    S.Remaining -= Inc->Height;
    S.SetKey -= BufferKey[B];
    int At = Position[Inc - I->Incidences.data()];
    int Last = MemberBegin[Inc->Section] + --S.Count;
    std::swap(Members[At], Members[Last]);
    Position[Members[At].Inc] = At;
    Position[Members[Last].Inc] = Last;
  }
  for (int S = I->begin(B)->Section; S < (I->end(B) - 1)->Section; ++S)
    --Crossing[S];
  --Unplaced;
}

void Skyline::restoreMembers(int B) {
  // The lists shrink and grow like stacks, so B's entry is the one just past the end.
  for (const Incidence *Inc = I->begin(B); Inc != I->end(B); ++Inc) {
    Sections[Inc->Section].Remaining += Inc->Height;
    Sections[Inc->Section].SetKey += BufferKey[B];
    ++Sections[Inc->Section].Count;
  }
  for (int S = I->begin(B)->Section; S < (I->end(B) - 1)->Section; ++S)
    ++Crossing[S];
  ++Unplaced;
}

void Skyline::saveSection(int S) {
  if (SectionSaved[S] == Episode)
    return;
  SectionSaved[S] = Episode;
  SectionTrail.push_back({S, Sections[S].Floor});
  WhyTrail.insert(WhyTrail.end(), why(S), why(S) + Words);
}

void Skyline::saveRest(int B) {
  if (RestSaved[B] == Episode)
    return;
  RestSaved[B] = Episode;
  RestTrail.push_back({B, Rests[B]});
}

void Skyline::undo(const Mark &M) {
  while (PlacedTrail.size() > M.PlacedTrail) {
    int B = PlacedTrail.back();
    PlacedTrail.pop_back();
    Placed[B] = -1;
    restoreMembers(B);
  }
  while (RestTrail.size() > M.RestTrail) {
    Rests[RestTrail.back().Buffer] = RestTrail.back().Old;
    RestTrail.pop_back();
  }
  while (SectionTrail.size() > M.SectionTrail) {
    const SavedSection &Saved = SectionTrail.back();
    Sections[Saved.Section].Floor = Saved.Floor;
    std::copy(WhyTrail.end() - Words, WhyTrail.end(), why(Saved.Section));
    WhyTrail.resize(WhyTrail.size() - Words);
    SectionTrail.pop_back();
  }
}

bool Skyline::place(int B, int Level) {
  ++Episode;
  size_t Changed = RestTrail.size();
  int64_t Offset = Rests[B].Offset;
  removeMembers(B);
  Placed[B] = Offset;
  PlacedTrail.push_back(B);
  for (const Incidence *Inc = I->begin(B); Inc != I->end(B); ++Inc) {
    saveSection(Inc->Section);
    Sections[Inc->Section].Floor = Offset + Inc->Height;
    blame(Inc->Section, Level);
    liftMembers(Inc->Section);
    markDirty(Inc->Section, MayRise);
  }
  return propagate(Changed);
}

void Skyline::countWaste(int S, int64_t Floor) {
  double Slack = double(std::max<int64_t>(slack(S), 0)) + 0.01 * double(Capacity);
  Wasted += double(Floor - Sections[S].Floor) / Slack;
}

bool Skyline::raise(int S, int64_t Floor, int Level, const Word *Reasons) {
  ++Episode;
  size_t Changed = RestTrail.size();
  saveSection(S);
  countWaste(S, Floor);
  Sections[S].Floor = Floor;
  Word *Set = why(S);
  for (int W = 0; W < Words; ++W)
    Set[W] |= Reasons[W];
  blame(S, Level);
  liftMembers(S);
  markDirty(S, MayRise | MayOverflow);
  return propagate(Changed);
}

bool Skyline::propagateAll() {
  ++Episode;
  for (int B = 0; B < I->NumBuffers; ++B)
    if (Rests[B].Offset + I->Buffers[B].Size > std::min(Capacity, I->Buffers[B].Deadline))
      return false;
  for (int S = 0; S < I->NumSections; ++S)
    markDirty(S, MayRise | MayOverflow);
  return checkDirty();
}

/// The floor of S has risen: so do the buffers above it.
void Skyline::liftMembers(int S) {
  int64_t Floor = Sections[S].Floor;
  const Member *Begin = members(S);
  for (const Member *M = Begin; M != Begin + Sections[S].Count; ++M) {
    Rest &R = Rests[M->Buffer];
    if (R.Offset > Floor)
      continue;
    int64_t Offset = alignUp(Floor, I->Buffers[M->Buffer].Align);
    if (Offset < R.Offset || (Offset == R.Offset && Floor < Offset))
      continue;
    saveRest(M->Buffer);
    if (Offset == R.Offset)
      ++R.Flush;
    else
      R = {Offset, S, Floor == Offset};
  }
}

void Skyline::markDirty(int S, uint8_t What) {
  if (!Sections[S].Dirty)
    Queue.push_back(S);
  Sections[S].Dirty |= What;
}

/// Looks at what has changed since the trail was `Changed` long.
bool Skyline::propagate(size_t Changed) {
  for (size_t T = Changed; T < RestTrail.size(); ++T) {
    int B = RestTrail[T].Buffer;
    int64_t Old = RestTrail[T].Old.Offset, New = Rests[B].Offset;
    if (New == Old)
      continue;
    if (New + I->Buffers[B].Size > std::min(Capacity, I->Buffers[B].Deadline)) {
      fail(B, Rests[B].Reason);
      clearQueue();
      return false;
    }
    for (const Incidence *Inc = I->begin(B); Inc != I->end(B); ++Inc) {
      const Section &S = Sections[Inc->Section];
      uint8_t What =
          (S.Floor == Old ? MayRise : 0) | (New > Capacity - S.Remaining ? MayOverflow : 0);
      if (What)
        markDirty(Inc->Section, What);
    }
  }
  return checkDirty();
}

bool Skyline::checkDirty() {
  for (size_t At = 0; At < Queue.size(); ++At) {
    int S = Queue[At];
    bool Overflow = Sections[S].Dirty & MayOverflow;
    if (Sections[S].Count && (!raiseToMembers(S) || (Overflow && !fits(S)))) {
      clearQueue();
      return false;
    }
  }
  clearQueue();
  return true;
}

void Skyline::clearQueue() {
  for (int S : Queue)
    Sections[S].Dirty = 0;
  Queue.clear();
}

void Skyline::blame(int S, int Level) { why(S)[Level / 64] |= Word(1) << (Level % 64); }

void Skyline::fail(int Buffer, int S) {
  std::fill(Conflict.begin(), Conflict.end(), 0);
  if (S >= 0)
    explainFloor(S, Conflict.data());
  Culprit = Buffer;
  CulpritSection = S;
}

/// Nothing can lie below the lowest member any more: raises the floor to it.
bool Skyline::raiseToMembers(int S) {
  const Member *Begin = members(S), *End = Begin + Sections[S].Count;
  int64_t Least = INT64_MAX;
  for (const Member *M = Begin; M != End; ++M) {
    Least = std::min(Least, Rests[M->Buffer].Offset);
    if (Least == Sections[S].Floor)
      return true;
  }
  saveSection(S);
  explainAbove(S, Least, why(S));
  countWaste(S, Least);
  Sections[S].Floor = Least;
  liftMembers(S); // Lifts nothing, but counts who is flush now.
  if (Least + Sections[S].Remaining <= Capacity)
    return true;
  fail(Begin->Buffer, S);
  return false;
}

/// Buffers that rest at or above some offset are stacked from there on.
bool Skyline::fits(int S) {
  int Count = Sections[S].Count;
  const Member *Begin = members(S);
  // From lower offsets on, everything together still fits.
  int64_t Safe = Capacity - Sections[S].Remaining;
  if (!SubsetBound)
    return true;
  Scratch.clear();
  int64_t All = 0, Highest = 0;
  for (int K = 0; K < Count; ++K) {
    const int64_t Offset = Rests[Begin[K].Buffer].Offset;
    if (Offset <= Safe)
      continue;
    Scratch.emplace_back(Offset, K);
    Highest = std::max(Highest, Offset);
    All += Begin[K].Height;
  }
  if (Highest + All <= Capacity)
    return true; // Often; to sort takes longer than all else here.
  std::sort(Scratch.begin(), Scratch.end(), std::greater<>());
  int64_t Sum = 0;
  for (int K = 0; K < static_cast<int>(Scratch.size()); ++K) {
    Sum += Begin[Scratch[K].second].Height;
    if (Scratch[K].first + Sum <= Capacity)
      continue;
    std::fill(Conflict.begin(), Conflict.end(), 0);
    explainAbove(S, Scratch[K].first, Conflict.data());
    Culprit = Begin[Scratch[0].second].Buffer;
    CulpritSection = S;
    return false;
  }
  return true;
}
