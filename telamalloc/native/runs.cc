//===- runs.cc - In how many places does it lie? --------------------------===//

#include "runs.h"

#include <algorithm>

using namespace telamalloc;

namespace {

using Vector = Runs::Vector;

constexpr uint8_t Never = 60; ///< More places than there are; four times as many are a byte.

constexpr uint8_t Yes = 255; ///< Of a mask.

Vector all(uint8_t X) { return Vector{} + X; }
Vector choose(Vector Mask, Vector A, Vector B) { return (A & Mask) | (B & ~Mask); }
Vector min(Vector A, Vector B) { return A < B ? A : B; }
Vector max(Vector A, Vector B) { return A < B ? B : A; }
/// Not below 0.
Vector less(Vector A, Vector B) { return A < B ? Vector{} : A - B; }

} // namespace

void Runs::watch(const std::vector<int> &Steps, const std::vector<int32_t> &End,
                 const PQTree::Leaves &Live) {
  Leaves.resize(End.size());
  for (PQTree::Leaf L : Live) {
    Vector None{}, Full{};
    for (size_t K = 0; K < Steps.size(); ++K) {
      None[K] = End[L] < Steps[K] ? Yes : 0;
      Full[K] = End[L] == Steps[K] ? Yes : 0;
    }
    Leaves[L] = leaf(None, Full);
  }
}

void Runs::watch(const std::vector<PQTree::Leaves> &Sets, const PQTree::Leaves &Gone,
                 const PQTree::Leaves &Live) {
  std::vector<Vector> Full(Leaves.size());
  for (PQTree::Leaf L : Live)
    Full.resize(std::max(Full.size(), size_t(L) + 1));
  Leaves.resize(Full.size());
  for (size_t K = 0; K < Sets.size(); ++K)
    for (PQTree::Leaf L : Sets[K])
      Full[L][K] = Yes;
  for (PQTree::Leaf L : Live)
    Leaves[L] = leaf(Vector{}, Full[L]);
  for (PQTree::Leaf L : Gone)
    Leaves[L] = leaf(all(Yes), Vector{});
}

Runs::Count Runs::leaf(Vector None, Vector Full) {
  const Vector Empty = ~(None | Full);
  const Vector One = choose(Empty, all(Never), all(1));
  return {None, Empty, Full, Full & 1, One, One};
}

Runs::Count Runs::count(const PQTree::Token *N) const {
  if (N->isLeaf())
    return Leaves[N->What];
  return N->What == PQTree::P ? countP(N) : countQ(N);
}

/// What is known without counting, by the masks.
void Runs::Count::settle() {
  const Vector Nothing = Empty | None, Once = Full | None;
  Any = choose(Nothing, Vector{}, choose(Full, all(1), Any));
  One = choose(Empty, all(Never), choose(Once, all(1), One));
  Both = choose(Empty, all(Never), choose(Once, all(1), Both));
}

/// What kinds of children a node has.
struct Runs::Kinds {
  Vector None = all(Yes), Empty{}, Full{}, Mixed{};

  void add(const Count &Child) {
    None &= Child.None;
    Empty |= Child.Empty;
    Full |= Child.Full;
  }
  /// Returns for which steps the child is neither.
  Vector addNode(const Count &Child) {
    add(Child);
    const Vector Neither = ~(Child.None | Child.Empty | Child.Full);
    Mixed |= Neither;
    return Neither;
  }
  /// Of the node, its places not yet known.
  Count node() const {
    Count R;
    R.None = None;
    R.Empty = Empty & ~Full & ~Mixed;
    R.Full = Full & ~Empty & ~Mixed;
    return R;
  }
};

/// Children of which nothing or all is marked come together. The others join them, with
/// one end or, in the middle of the row, with both; or they stay alone.
Runs::Count Runs::countP(const PQTree::Token *N) const {
  Kinds Seen;
  Vector Sum{}, Alone{}, Best{}, Second{}, Turn = all(Never);
  for (const PQTree::Token *C = N + 1; C != N->end(); C = C->end()) {
    if (C->isLeaf()) { // Most are, and none is mixed.
      Seen.add(Leaves[C->What]);
      continue;
    }
    const Count X = count(C);
    const Vector IsMixed = Seen.addNode(X);
    const Vector Inside = min(X.Any, X.Both - 1);
    Vector Gain = less(Inside, X.One - 1) & IsMixed;
    Sum += Inside & IsMixed;
    Alone += X.Any & IsMixed;
    Turn = choose(IsMixed, min(Turn, X.One - X.Any), Turn);
    Second = max(Second, min(Best, Gain));
    Best = max(Best, Gain);
  }
  const Vector Row = Sum + 1;
  Count R = Seen.node();
  R.Any = Row - Best - Second;
  R.One = Row - Best;
  // Without a child that is all marked, there need not be a row.
  R.Any = choose(Seen.Full, R.Any, min(R.Any, Alone));
  R.One = choose(Seen.Full, R.One, max(R.Any, min(R.One, Alone + Turn)));
  R.Both = R.One + 1;
  R.settle();
  return R;
}

/// From the first child to the last, by what is marked at the row's first and last end.
Runs::Count Runs::countQ(const PQTree::Token *N) const {
  Kinds Seen;
  Vector Row[2][2] = {};
  for (const PQTree::Token *C = N + 1; C != N->end(); C = C->end()) {
    const Count X = count(C);
    const Vector Ones = choose(X.Full, all(Never), X.One);
    const Vector Cost[2][2] = {{choose(X.Full, all(Never), X.Any), Ones}, {Ones, X.Both}};
    for (int First : {0, 1}) {
      Vector *To = Row[First];
      const Vector Apart = min(To[0], To[1]), Joined = min(To[0], To[1] - 1);
      for (int Last : {0, 1}) {
        const Vector Next = min(min(Apart + Cost[0][Last], Joined + Cost[1][Last]), all(Never));
        To[Last] = choose(X.None, To[Last], choose(Seen.None, Cost[First][Last], Next));
      }
    }
    Seen.addNode(X);
  }
  Count R = Seen.node();
  R.Both = Row[1][1];
  R.One = min(min(Row[0][1], Row[1][0]), R.Both);
  R.Any = min(Row[0][0], R.One);
  R.settle();
  return R;
}
