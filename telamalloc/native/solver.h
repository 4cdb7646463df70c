//===- solver.h - Fit under a capacity, or find the least peak ---*- C++ -*-===//

#ifndef TELAMALLOC_SOLVER_H
#define TELAMALLOC_SOLVER_H

#include "instance.h"
#include "params.h"

#include <vector>

namespace telamalloc {

struct Answer {
  Outcome Result = Outcome::Budget;
  std::vector<int64_t> Offsets; ///< By the caller's row; empty unless there is a plan.
  int64_t LowerBound = 0;       ///< No plan has a lower peak.
  int Parts = 0;
  Counters Count;
  double Seconds = 0;
};

/// Finds offsets under `Capacity`, or proves that there are none.
Answer solve(const std::vector<BufferSpec> &Buffers, const std::vector<Piece> &Pieces,
             int64_t Capacity, const Params &P, const Watch &W);

/// Finds the lowest peak that the budget allows; Solved means a plan was found.
Answer minimize(const std::vector<BufferSpec> &Buffers, const std::vector<Piece> &Pieces,
                int64_t Capacity, const Params &P, const Watch &W);

} // namespace telamalloc

#endif // TELAMALLOC_SOLVER_H
