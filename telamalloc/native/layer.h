//===- layer.h - What a sweep knows of a step --------------------*- C++ -*-===//
//
// Two sweeps along time, one in each direction, meet at every step: both have trees of
// the same live buffers there. What lies together in many trees of the one is what the
// other should keep together, and two trees that have an order in common are a plan.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_LAYER_H
#define TELAMALLOC_LAYER_H

#include "pq_tree.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace telamalloc {

struct Layer {
  /// A partial plan: the orders that it leaves, and how it came about.
  struct Half {
    PQTree Tree;
    int32_t Trace;
  };

  static constexpr size_t MostHalves = 32;

  std::vector<Half> Halves;         ///< The best ones of the step.
  std::vector<PQTree::Leaves> Sets; ///< What lies together in most of them.
  std::vector<float> Shares;        ///< Of the halves, by set.

  /// Finds the sets, the most frequent ones first.
  void findSets(size_t Most);
};

/// What lies together in every order of a tree; orders in which all of it does are its orders.
std::vector<PQTree::Leaves> groupsOf(const PQTree &T);

} // namespace telamalloc

#endif // TELAMALLOC_LAYER_H
