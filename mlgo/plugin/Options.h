// What the user asked for: options of the plugin, from the command line or the environment.
#ifndef MLGO_OPTIONS_H
#define MLGO_OPTIONS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>

namespace mlgo {

enum class PolicyKind {
  Off,     // LLVM is left alone: what a plugin does without a model for the problem
  Default, // LLVM's own decision, through the same path: the control
  Learned, // the model embedded in the plugin
  File,    // a model whose weights are read from a file: for training
  Random,  // a coin: for testing that no decision makes code wrong
};

/// The value of each option. `-mlgo-NAME` on the command line comes before MLGO_NAME in the
/// environment, which tools that read their options before they load plugins need (lld, clang 19).
struct Options {
  PolicyKind Policy;
  std::string Weights;        // of the File policy
  double Temperature;         // File: 0 takes the likelier action, above 0 samples
  uint64_t Seed;              // of sampling and of the Random policy
  double Probability;         // Random: of inlining
  std::string Decisions;      // file with decisions that override the policy's
  std::string Flip;           // indices of decisions to invert, e.g. "3,17"
  std::string Log;            // trajectory to write: a file, or a folder for one file a module
  std::string Record;         // decisions to write, replayable: a file, or a folder
  std::string Explore;        // indices of decisions to explore; see Explorer.h
  std::string ExploreCallees; // likewise, with all later decisions on the same callee
  std::string Sizes;          // of the explored alternatives: the file to write

  /// Reads them; stops the compile when one is malformed.
  static Options read();

  /// The numbers in \p List, ascending; stops the compile when it is malformed.
  static llvm::SmallVector<uint64_t> indices(llvm::StringRef List);
};

/// The options of register allocation, likewise.
struct RegAllocOptions {
  PolicyKind Policy;              // of eviction
  PolicyKind Priority;            // of the order of allocation
  bool OrdersForSize;             // functions that are to be small get a learned order
  std::string Weights;            // of the File policy of eviction
  std::string PriorityWeights;    // of the File policy of the order
  double Temperature;             // File, Learned: 0 takes the best slot, above 0 samples
  uint64_t Seed;                  // of sampling and of the Random policies
  std::optional<unsigned> Trials; // of a whole program, see TrialBudget.h; 0: the policy alone
  std::string Choices;            // file with choices that override the policy's
  std::string Log;                // trajectory to write: a file, or a folder for one file a module
  std::string Scores;             // each function's score to write: a file, or a folder

  /// Whether allocations are tried where that is worth it.
  bool tries() const { return !Trials || *Trials > 0; }

  static RegAllocOptions read();
};

/// The options of the choice of passes, likewise.
struct PassOptions {
  PolicyKind Policy;
  std::string Weights;   // of the File policy
  uint64_t Seed;         // of the Random policy
  std::string Flip;      // a pass about which all decisions are inverted
  std::string Log;       // functions and decisions to write: a file, or a folder
  std::string Decisions; // as of `Options`

  /// Whether anything but LLVM decides.
  bool decides() const { return Policy != PolicyKind::Off || !Decisions.empty(); }

  static PassOptions read();
};

} // namespace mlgo

#endif
