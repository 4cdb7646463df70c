// Several allocations of one function, of which the cheapest stays.
//
// At a function's first eviction question the process forks. The child allocates as LLVM does,
// leaves its cost and how promising other answers are in shared memory, and ends when its virtual
// registers are rewritten. The parent then allocates the function, and forks again at the questions
// of the most promising other answers: the child takes that answer and LLVM's from there on. When
// that costs less, the parent takes the answer too. By that cost, no function gets worse.
#ifndef MLGO_EVICTIONTRIALS_H
#define MLGO_EVICTIONTRIALS_H

#include "EvictionPolicy.h"
#include <functional>

namespace mlgo {

class EvictionTrials {
public:
  /// Nothing is tried where the process has several threads: only one would live on in a child.
  static bool isPossible();

  /// \p Work is how much may be done, in allocations of the whole function. \p Clear is called in
  /// the parent after each child: one that crashed may have left something in the channel.
  EvictionTrials(double Work, std::function<void()> Clear);
  ~EvictionTrials();
  EvictionTrials(const EvictionTrials &) = delete;

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

  bool attempt(Role Ours);
  void plan();
  double effort(unsigned Question) const;
  void record(size_t Default, llvm::ArrayRef<double> Weights);

  double Left;
  const std::function<void()> Clear;
  Outcome *const Shared;
  Role Mine = Role::Parent;
  unsigned Index = ~0u; // of the question
  unsigned Questions = 0;
  float Stake = 0, Threshold = 0;
  double Cost = 0; // of the best allocation so far
};

} // namespace mlgo

#endif
