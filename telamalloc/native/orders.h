//===- orders.h - What is known of a buffer before the search ----*- C++ -*-===//

#ifndef TELAMALLOC_ORDERS_H
#define TELAMALLOC_ORDERS_H

#include "instance.h"

#include <vector>

namespace telamalloc {

/// Values by buffer, each replaced by its rank in [0, 1).
struct StaticRanks {
  explicit StaticRanks(const Instance &I);

  std::vector<double> Width; ///< Live time steps.
  std::vector<double> Size;
  std::vector<double> Area;     ///< Width times size.
  std::vector<double> Total;    ///< Largest live sum of its sections.
  std::vector<double> Sections; ///< How many it spans.
};

constexpr int NumOrders = 6;

/// Orders by two or three ranks, one after the other; larger comes first.
std::vector<std::vector<double>> staticOrders(const StaticRanks &R);

} // namespace telamalloc

#endif // TELAMALLOC_ORDERS_H
