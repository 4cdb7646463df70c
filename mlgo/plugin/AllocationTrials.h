// Several allocations of one function, of which the cheapest stays.
//
// Before a function is allocated, the process forks. The child allocates as LLVM does, leaves its
// cost and how promising other answers to its eviction questions are in shared memory, and ends
// when its virtual registers are rewritten; another one does the same in the policy's order. The
// parent then allocates the function in LLVM's order, or in the policy's if that saves enough, and
// forks again at the questions of the most promising other answers: the child takes that answer and
// LLVM's from there on. When that costs less, the parent takes the answer too. By that cost, no
// function gets worse.
#ifndef MLGO_ALLOCATIONTRIALS_H
#define MLGO_ALLOCATIONTRIALS_H

#include "EvictionPolicy.h"
#include <functional>
#include <limits>
#include <memory>

namespace mlgo {

class AllocationTrials {
public:
  /// Nothing is tried where the process has several threads: only one would live on in a child.
  static bool isPossible();

  /// How many allocations of a function say something: LLVM's own, which only tells what to try,
  /// and the policy's order, or two other answers where there is none.
  static unsigned fewest(const RegAllocOptions &O) { return O.Priority == PolicyKind::Off ? 3 : 2; }

  /// \p Work is how much may be done, in allocations of the whole function. \p Clear is called in
  /// the parent after each child: one that crashed may have left something in the channel.
  AllocationTrials(double Work, std::function<void()> Clear);
  ~AllocationTrials();
  AllocationTrials(const AllocationTrials &) = delete;

  /// To call before anything is allocated, where there is a policy of the order: whether to follow
  /// it in this process.
  bool wantOrder();

  /// To call at each question, when the channel is empty: whether it needs features and an answer.
  /// LLVM's own decision stands for the others, at no cost. \p Stake is about what is lost when
  /// the candidate is spilled.
  bool next(float Stake);

  /// The slot for the question that is in the policy's buffers.
  size_t choose(size_t Default, EvictionPolicy &Policy);

  /// Of a pass to insert after the virtual registers were rewritten: ends a child.
  static const void *endPassID();

private:
  enum class Role { Parent, Recorder, Trial };
  struct Outcome; // in memory that parent and child share

  bool attempt(Role Ours, unsigned From);
  bool improves(double Least = 0) const;
  void plan(double Work);
  double effort(unsigned Question) const;
  void record(size_t Default, llvm::ArrayRef<double> Weights);

  double Left;
  const std::function<void()> Clear;
  Outcome *const Shared;
  Role Mine = Role::Parent;
  unsigned Index = ~0u; // of the question
  unsigned Questions = 0;
  float Stake = 0, Threshold = 0;
  double Cost = std::numeric_limits<double>::infinity(); // of the best allocation so far
};

/// Those of the function that is allocated, if anything is tried: eviction and order share them.
using CurrentTrials = std::shared_ptr<std::unique_ptr<AllocationTrials>>;

} // namespace mlgo

#endif
