// LLVM's interactive channel, without anybody at the other end.
//
// LLVM's InteractiveModelRunner writes the features of a question into one pipe and reads the
// answer from another. Here both ends are in one thread of one process: the answer is put into its
// pipe before LLVM asks, so that LLVM never waits, and the features are read when LLVM has gone on.
// Nothing can hang, and nothing is shared with other compiles.
// Source of the protocol: llvm/Analysis/InteractiveModelRunner.h, Utils/TrainingLogger.h.
#ifndef MLGO_CHANNEL_H
#define MLGO_CHANNEL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Analysis/TensorSpec.h"
#include <string>
#include <vector>

namespace mlgo {

class Channel {
public:
  /// Makes the pipes under the base name that \p Open gets, which must make LLVM's runner open
  /// them. They have no name any more when the constructor returns. Stops the compile when there
  /// is no place for pipes.
  explicit Channel(llvm::function_ref<void(const std::string &Base)> Open);
  ~Channel();
  Channel(const Channel &) = delete;

  /// The features of every question, as LLVM announced them.
  const std::vector<llvm::TensorSpec> &features() const { return Specs; }

  /// The type of an answer.
  const llvm::TensorSpec &advice() const { return *Advice; }

  /// Runs \p Question, in which LLVM asks at most once and gets \p Answer. Returns the raw features
  /// of its question, in the order of features(), or nothing when it did not ask.
  llvm::StringRef ask(llvm::function_ref<void()> Question, llvm::ArrayRef<char> Answer);

  /// Throws away what LLVM has written, e.g. the name of a function, and answers that it has not
  /// read. The pipe must not fill.
  void drain();

private:
  void receive();
  void dropAnswer();
  void readHeader();

  int Questions = -1, Answers = -1; // both open for reading and writing
  std::string Received;
  std::vector<llvm::TensorSpec> Specs;
  std::optional<llvm::TensorSpec> Advice;
  size_t ObservationSize = 0;
};

} // namespace mlgo

#endif
