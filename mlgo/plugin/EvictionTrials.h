// Several allocations of one function, of which the cheapest stays.
//
// At a function's first eviction question the process forks. The child goes on allocating with one
// variant of the decisions; when its virtual registers are rewritten, it leaves its cost in shared
// memory and ends. The parent waits, tries the next variant in the same way, and goes on with the
// best one. LLVM's own decisions are the first variant: by that cost, no function gets worse.
#ifndef MLGO_EVICTIONTRIALS_H
#define MLGO_EVICTIONTRIALS_H

#include "EvictionPolicy.h"
#include "llvm/CodeGen/MachineBlockFrequencyInfo.h"
#include "llvm/CodeGen/MachineFunction.h"
#include <map>

namespace mlgo {

class EvictionTrials {
public:
  /// How many trials a function gets of the \p Budget of its whole program: by the share of the
  /// profile's counts that is in it, and 0 where that is too small to matter or there is no
  /// profile. Programs are compiled file by file; this way none needs to know of the others.
  static unsigned share(unsigned Budget, const llvm::MachineFunction &MF,
                        const llvm::MachineBlockFrequencyInfo &MBFI);

  /// Nothing is tried where the process has several threads: only one would live on in a child.
  static bool isPossible();

  EvictionTrials(unsigned Count, uint64_t Seed);
  ~EvictionTrials();
  EvictionTrials(const EvictionTrials &) = delete;

  /// To call at the first question, when the channel is empty. Returns in every child, and at last
  /// in the parent. \p AfterEach is called in the parent: a child that crashed may have left
  /// something in the channel.
  void run(llvm::function_ref<void()> AfterEach);

  /// Whether this process is a child, which writes nothing.
  bool isTrial() const { return Number != 0; }

  /// To call at each question: whether it needs features and an answer. LLVM's own decision stands
  /// for the others, at no cost.
  bool next();

  /// The slot of this process's variant for the question that is in the policy's buffers.
  size_t choose(size_t Default, EvictionPolicy &Policy);

  /// Of a pass to insert after the virtual registers were rewritten: ends a child.
  static const void *endPassID();

private:
  struct Variant {
    bool Greedy = false; // where nothing is listed, the policy decides and not LLVM's default
    std::map<unsigned, size_t> Slots;       // question -> slot
    llvm::SmallVector<unsigned, 3> Changed; // questions that get another slot in the trial
  };
  struct Outcome; // in memory that parent and child share

  bool attempt();
  void keep();
  Variant changed(unsigned Trial) const;
  unsigned draw(double Uniform) const;
  size_t propose(size_t Taken, llvm::ArrayRef<double> Weights) const;
  void record(size_t Taken, llvm::ArrayRef<double> Weights);

  const unsigned Count;
  const uint64_t Seed;
  Outcome *const Shared;
  unsigned Number = 0;  // of this child; 0 in the parent
  unsigned Index = ~0u; // of the question
  Variant Mine;         // what this process decides; in the parent, the best so far
  double Cost = 0, DefaultCost = 0;
  std::vector<float> Doubts; // for each question of the first trial: weight of the slots not taken
};

} // namespace mlgo

#endif
