//===- sweep.cc - A beam search over sets of plans ------------------------===//

#include "sweep.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

using namespace telamalloc;

namespace {

constexpr PQTree::Leaf Gap = -1; ///< Where a group lies, in an order of the others.

void choose(const PQTree::Leaves &List, uint64_t Set, PQTree::Leaves &Out) {
  Out.clear();
  for (; Set; Set &= Set - 1)
    Out.push_back(List[__builtin_ctzll(Set)]);
}

PQTree::Leaves chosen(const PQTree::Leaves &List, uint64_t Set) {
  PQTree::Leaves L;
  choose(List, Set, L);
  return L;
}

uint64_t setOf(const PQTree::Leaves &List) {
  return List.size() == 64 ? ~uint64_t(0) : (uint64_t(1) << List.size()) - 1;
}

bool contains(const PQTree::Leaves &List, PQTree::Leaf L) {
  return std::find(List.begin(), List.end(), L) != List.end();
}

} // namespace

Sweep::Sweep(const std::vector<Solid> &Solids, bool Backward, uint64_t Seed)
    : Solids(Solids), Backward(Backward), Rng(Seed), End(Solids.size()), Key(Solids.size()),
      Edit(Solids.size()) {}

bool Sweep::applies(const std::vector<Solid> &Solids, int64_t Capacity) {
  const int64_t Unit = unitOf(Solids);
  return std::all_of(Solids.begin(), Solids.end(), [&](const Solid &S) {
    return Unit % S.Spec.Align == 0 && S.Spec.Release == 0 && S.Spec.Deadline >= Capacity &&
           S.Spec.Size > 0 && S.Lower < S.Upper;
  });
}

/// A step begins wherever buffers begin; false: too much happens at one.
bool Sweep::listSteps() {
  auto lower = [&](const Solid &S) { return Backward ? -S.Upper : S.Lower; };
  auto upper = [&](const Solid &S) { return Backward ? -S.Lower : S.Upper; };
  std::vector<int64_t> Times;
  for (const Solid &S : Solids)
    Times.push_back(lower(S));
  std::sort(Times.begin(), Times.end());
  Times.erase(std::unique(Times.begin(), Times.end()), Times.end());
  auto stepOf = [&](int64_t T) {
    return static_cast<int32_t>(std::lower_bound(Times.begin(), Times.end(), T) - Times.begin());
  };
  EndedAt.assign(Times.size() + 1, {});
  StartedAt.assign(Times.size() + 1, {});
  for (size_t B = 0; B < Solids.size(); ++B) {
    End[B] = stepOf(upper(Solids[B]));
    Key[B] = mix(mix(uint64_t(Solids[B].Spec.Size)) + uint64_t(End[B]));
    StartedAt[stepOf(lower(Solids[B]))].push_back(static_cast<PQTree::Leaf>(B));
    EndedAt[End[B]].push_back(static_cast<PQTree::Leaf>(B));
  }
  auto larger = [&](PQTree::Leaf A, PQTree::Leaf B) {
    return std::make_tuple(-Solids[A].Spec.Size, End[A], A) <
           std::make_tuple(-Solids[B].Spec.Size, End[B], B);
  };
  for (size_t S = 0; S < EndedAt.size(); ++S)
    for (PQTree::Leaves *L : {&EndedAt[S], &StartedAt[S]}) {
      std::sort(L->begin(), L->end(), larger);
      if (S && S < Times.size() && L->size() > MostAtOnce)
        return false;
    }
  return true;
}

/// All states of a step have the same buffers.
void Sweep::begin(int Step, const Sweep &Other) {
  Now = Step;
  std::map<int, int> Count;
  PQTree::Leaves Live = Beam.front().Tree.order();
  Live.insert(Live.end(), StartedAt[Now].begin(), StartedAt[Now].end());
  for (PQTree::Leaf L : Live)
    ++Count[End[L]];
  Count.erase(static_cast<int>(StartedAt.size()) - 1); // What ends at the very end.
  std::vector<int> Steps;
  MostPlaces.clear();
  for (auto [At, Buffers] : Count)
    if (Buffers > 1 && Steps.size() < Runs::Lanes) {
      Steps.push_back(At);
      MostPlaces.push_back(static_cast<int>(StartedAt[At].size()));
    }
  Places.watch(Steps, End, Live);
  Followed = opposite(Other);
  if (Followed)
    Parts.watch(Followed->Sets, EndedAt[Now], Live);
  Twins = 0;
  const PQTree::Leaves &L = StartedAt[Now];
  for (size_t K = 1; K < L.size(); ++K)
    if (Key[L[K]] == Key[L[K - 1]])
      Twins |= uint64_t(1) << K;
}

/// What ends at a step to come should lie in few places, and many orders should be left;
/// infinite: there are too many places. What the other sweep keeps together should be left so.
float Sweep::rate(const PQTree &T) {
  const Runs::Vector Count = Places.of(T);
  int Places = 0;
  for (size_t K = 0; K < MostPlaces.size(); ++K) {
    if (Count[K] > MostPlaces[K])
      return INFINITY;
    Places += Count[K] - 1;
  }
  const auto Own = static_cast<float>(PerPlace * Places - T.logOrders() + Noise * Rng.uniform());
  return Followed ? Own + PerPart * apart(T) : Own;
}

/// In how many more places than one, by how often the other sweep keeps it together.
float Sweep::apart(const PQTree &T) const {
  const Runs::Vector Count = Parts.of(T);
  float Sum = 0;
  for (size_t K = 0; K < Followed->Sets.size(); ++K)
    Sum += Followed->Shares[K] * float(std::max<int>(Count[K], 1) - 1);
  return Sum;
}

/// All ways to replace the largest buffer that ends now and is still there.
void Sweep::expand(const State &S, const Menu &All) {
  uint64_t Group = 0, Apart = 0; // Marked, and one that does not come together.
  for (const Swap &X : All[__builtin_ctzll(~S.Ended)]) {
    // Of equal buffers the first starts first.
    const uint64_t Skipped = X.Started & Twins & ~((X.Started | S.Started) << 1);
    if (X.Ended == Apart || X.Ended & S.Ended || X.Started & S.Started || Skipped)
      continue;
    if (X.Ended != Group)
      mark(S.Tree, Group = X.Ended);
    if (!replace(S, X))
      Apart = X.Ended;
  }
  const Swap Rest{setOf(EndedAt[Now]) & ~S.Ended, setOf(StartedAt[Now]) & ~S.Started};
  mark(S.Tree, Rest.Ended);
  replace(S, Rest);
}

void Sweep::mark(const PQTree &T, uint64_t Ended) {
  choose(EndedAt[Now], Ended, Old);
  Edit.mark(T, Old);
}

/// Replaces what is marked; false: it does not lie together in any order.
bool Sweep::replace(const State &S, const Swap &X) {
  choose(StartedAt[Now], X.Started, New);
  if (!Edit.replace(New, Built))
    return false;
  const uint64_t Ended = S.Ended | X.Ended, Started = S.Started | X.Started;
  if (!Seen.insert(mix(Built.hash(Key) ^ mix(Started))))
    return true;
  const float Score = rate(Built);
  if (Score == INFINITY)
    return true;
  (Ended == setOf(EndedAt[Now]) ? Done : Open)
      .push_back({std::move(Built), Ended, Started, S.Trace, X, Score});
  if (Spare.empty())
    Spare.emplace_back();
  Built = std::move(Spare.back());
  Spare.pop_back();
  return true;
}

/// Keeps the best so many.
void Sweep::cut(std::vector<State> &States, size_t Width) {
  if (States.size() <= Width)
    return;
  const auto Rest = States.begin() + static_cast<std::ptrdiff_t>(Width);
  std::nth_element(States.begin(), Rest, States.end(),
                   [](const State &A, const State &B) { return A.Score < B.Score; });
  for (auto S = Rest; S != States.end(); ++S)
    Spare.push_back(std::move(S->Tree));
  States.erase(Rest, States.end());
}

Sweep::Menu Sweep::menu() const {
  Menu All(EndedAt[Now].size());
  for (const Swap &X : listSwaps(sizes(EndedAt[Now]), sizes(StartedAt[Now])))
    All[__builtin_ctzll(X.Ended)].push_back(X);
  for (std::vector<Swap> &Some : All)
    std::stable_sort(Some.begin(), Some.end(),
                     [](const Swap &A, const Swap &B) { return A.Ended < B.Ended; });
  return All;
}

std::vector<int64_t> Sweep::sizes(const PQTree::Leaves &L) const {
  std::vector<int64_t> All;
  for (PQTree::Leaf X : L)
    All.push_back(Solids[X].Spec.Size);
  return All;
}

void Sweep::keep(std::vector<State> &States, size_t Width) {
  cut(States, Width);
  for (State &S : States) {
    Trail.push_back({S.Trace, Now, S.Last});
    S.Trace = static_cast<int32_t>(Trail.size()) - 1;
  }
}

/// Makes the next beam of the beam.
bool Sweep::step(size_t Width, const Watch &W, Counters &C) {
  const Menu All = menu();
  Done.clear();
  Seen.clear();
  while (!Beam.empty()) {
    cut(Open, 0);
    for (const State &S : Beam) {
      if (++C.Nodes % 16 == 0 && (W.TimeUp() || W.Stop()))
        return false;
      expand(S, All);
      for (std::vector<State> *States : {&Open, &Done})
        if (States->size() > Width * PartlyDonePerKept * MostPerKept)
          cut(*States, Width * PartlyDonePerKept);
    }
    keep(Open, Width * PartlyDonePerKept);
    std::swap(Beam, Open);
  }
  keep(Done, Width);
  std::swap(Beam, Done);
  for (State &S : Beam)
    S.Ended = S.Started = 0;
  return !Beam.empty();
}

/// For the other sweep.
void Sweep::remember() {
  std::vector<const State *> Best;
  for (const State &S : Beam)
    Best.push_back(&S);
  const size_t Kept = std::min(Best.size(), Layer::MostHalves);
  std::partial_sort(Best.begin(), Best.begin() + static_cast<std::ptrdiff_t>(Kept), Best.end(),
                    [](const State *A, const State *B) { return A->Score < B->Score; });
  Layer &L = Layers[Now];
  for (size_t K = 0; K < Kept; ++K)
    L.Halves.push_back({Best[K]->Tree, Best[K]->Trace});
  L.findSets(Runs::Lanes);
}

/// What the other sweep knows of the time after this step; null: nothing.
const Layer *Sweep::opposite(const Sweep &Other) const {
  const int Step = static_cast<int>(StartedAt.size()) - 2 - Now;
  const bool Knows = Other.Layers.size() == StartedAt.size() && Step > 0;
  return Knows && !Other.Layers[Step].Halves.empty() ? &Other.Layers[Step] : nullptr;
}

/// Looks for two halves of a plan.
bool Sweep::meet(Sweep &Other) {
  if (!Followed)
    return false;
  for (const Layer::Half &B : Followed->Halves) {
    std::vector<PQTree::Leaves> Groups = groupsOf(B.Tree);
    for (const Layer::Half &A : Layers[Now].Halves) {
      if (!join(A.Tree, Groups))
        continue;
      const PQTree::Leaves Order = Joined.order();
      recover(A.Trace, Order);
      Other.recover(B.Trace, Order);
      for (size_t K = 0; K < Solids.size(); ++K)
        Offsets[K] = std::max(Offsets[K], Other.Offsets[K]);
      return true;
    }
  }
  return false;
}

/// What fails goes first: it is likely to fail again.
bool Sweep::join(const PQTree &T, std::vector<PQTree::Leaves> &Groups) {
  Joined = T;
  for (auto G = Groups.begin(); G != Groups.end(); ++G) {
    Edit.mark(Joined, *G);
    if (!Edit.join(Built)) {
      std::rotate(Groups.begin(), G, G + 1);
      return false;
    }
    std::swap(Joined, Built);
  }
  return true;
}

bool Sweep::run(const Style &Way, Sweep &Other, const Watch &W, Counters &C) {
  if (!listSteps())
    return false;
  Noise = Way.Noise;
  Trail.clear();
  Layers.assign(StartedAt.size(), {});
  Beam.assign(1, {PQTree::ofAny(StartedAt[0]), 0, 0, -1, {0, 0}, 0});
  for (int S = 1; S + 1 < static_cast<int>(StartedAt.size()); ++S) {
    begin(S, Other);
    Progress = std::max(Progress, double(S) / double(StartedAt.size() - 1));
    if (!step(static_cast<size_t>(Way.Width), W, C))
      return false;
    remember();
    if (meet(Other))
      return true;
  }
  recover(Beam.front().Trace, Beam.front().Tree.order());
  return true;
}

/// Goes along what was taken, forth to make the trees again, and back to fix an order in each.
/// What has not started by then has no offset, -1.
void Sweep::recover(int Trace, PQTree::Leaves Order) {
  std::vector<Taken> Chain;
  for (; Trace >= 0; Trace = Trail[Trace].Parent)
    Chain.push_back(Trail[Trace]);
  std::vector<PQTree> Trees;
  PQTree T = PQTree::ofAny(StartedAt[0]), Next;
  auto ended = [&](const Taken &X) { return chosen(EndedAt[X.Step], X.What.Ended); };
  auto started = [&](const Taken &X) { return chosen(StartedAt[X.Step], X.What.Started); };
  for (auto X = Chain.rbegin(); X != Chain.rend(); ++X) {
    Edit.mark(T, ended(*X));
    Edit.replace(started(*X), Next);
    Trees.push_back(T);
    std::swap(T, Next);
  }
  Offsets.assign(Solids.size(), -1);
  place(Order);
  for (const Taken &X : Chain) {
    Order = before(Trees.back(), Order, ended(X), started(X));
    Trees.pop_back();
    place(Order);
  }
}

/// The order before a group was replaced: the others keep theirs.
PQTree::Leaves Sweep::before(PQTree T, const PQTree::Leaves &After, const PQTree::Leaves &Old,
                             const PQTree::Leaves &New) {
  PQTree::Leaves Row;
  for (PQTree::Leaf X : After)
    if (!contains(New, X))
      Row.push_back(X);
    else if (Row.empty() || Row.back() != Gap)
      Row.push_back(Gap);
  auto join = [&, Next = PQTree()](const PQTree::Leaves &Group) mutable {
    Edit.mark(T, Group);
    Edit.join(Next);
    std::swap(T, Next);
  };
  join(Old);
  for (size_t K = 1; K < Row.size(); ++K) {
    PQTree::Leaves Neighbours = Old;
    Neighbours.resize(Row[K - 1] == Gap || Row[K] == Gap ? Old.size() : 0);
    for (PQTree::Leaf X : {Row[K - 1], Row[K]})
      if (X != Gap)
        Neighbours.push_back(X);
    join(Neighbours);
  }
  PQTree::Leaves Order = T.order();
  const PQTree::Leaf First = Row.front(), Lowest = Order.front();
  if (First == Gap ? !contains(Old, Lowest) : First != Lowest)
    std::reverse(Order.begin(), Order.end());
  return Order;
}

void Sweep::place(const PQTree::Leaves &Order) {
  int64_t Offset = 0;
  for (PQTree::Leaf X : Order) {
    Offsets[X] = Offset;
    Offset += Solids[X].Spec.Size;
  }
}
