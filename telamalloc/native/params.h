//===- params.h - Every switch of the search ---------------------*- C++ -*-===//

#ifndef TELAMALLOC_PARAMS_H
#define TELAMALLOC_PARAMS_H

#include "backtrack.h"
#include "forest.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace telamalloc {

/// See telamalloc/solver.py, which documents each of these for people.
struct Params {
  int64_t NodeBudget = 0;
  double Timeout = 0;
  uint64_t Seed = 0;
  bool Backjumping = true;
  bool FailedStates = true;
  bool SubsetBound = true;
  bool Restarts = true;
  bool ConflictWeights = true;
  bool Greedy = true;
  int Order = -1;
  bool LearnedOrder = true;
  double Noise = 0.5;
  double Probe = 3;
  bool LearnedBacktracking = false;
  double GiveUp = 2.5;
  BacktrackTrace *DeadEnds = nullptr; ///< Records dead ends, where given.
  Forest BacktrackModel;
  Forest OrderModel; ///< Instead of the one compiled in, where it has trees.
  int64_t RestartBase = 500;
  bool TimeSweep = true;
};

/// What a solve cost.
struct Counters {
  int64_t Nodes = 0;
  int64_t Backtracks = 0;
  int64_t MajorBacktracks = 0;
  int64_t Restarts = 0;
  int Winner = -1;
};

enum class Outcome { Solved, Infeasible, Budget, Interrupted };

/// Says from time to time whether to go on.
struct Watch {
  std::function<bool()> Stop;   ///< Asked to stop?
  std::function<bool()> TimeUp; ///< Past the deadline?
};

} // namespace telamalloc

#endif // TELAMALLOC_PARAMS_H
