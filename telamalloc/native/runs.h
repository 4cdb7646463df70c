//===- runs.h - In how many places does it lie? ------------------*- C++ -*-===//
//
// What ends at a step has to be replaced there in groups that lie together. Of the
// orders that a PQ-tree holds: in how few places can what ends at a step lie, if all
// that ends before it is left out? For many steps, or other sets of leaves, at once.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_RUNS_H
#define TELAMALLOC_RUNS_H

#include "pq_tree.h"

#include <cstdint>
#include <vector>

namespace telamalloc {

class Runs {
public:
  static constexpr int Lanes = 16;
  using Vector [[gnu::vector_size(Lanes)]] = uint8_t; ///< Whose minimum is one instruction.

  /// \param Steps at most `Lanes`, ascending.
  /// \param End the step at which each leaf ends.
  /// \param Live the leaves that trees will have.
  void watch(const std::vector<int> &Steps, const std::vector<int32_t> &End,
             const PQTree::Leaves &Live);

  /// \param Sets at most `Lanes`.
  /// \param Gone leaves that are left out.
  void watch(const std::vector<PQTree::Leaves> &Sets, const PQTree::Leaves &Gone,
             const PQTree::Leaves &Live);

  /// The least number of places by step or set, each on its own.
  Vector of(const PQTree &T) const { return count(T.root()).Any; }

private:
  /// Of one node, for all steps. The masks are 0 or 255.
  struct Count {
    Vector None;           ///< All of it ends before.
    Vector Empty, Full;    ///< None of what is left ends at the step, or all.
    Vector Any, One, Both; ///< Places, also if some end, or both, must be one.
    void settle();
  };

  struct Kinds;

  static Count leaf(Vector None, Vector Full);

  Count count(const PQTree::Token *N) const;
  Count countP(const PQTree::Token *N) const;
  Count countQ(const PQTree::Token *N) const;

  std::vector<Count> Leaves; ///< Of each leaf.
};

} // namespace telamalloc

#endif // TELAMALLOC_RUNS_H
