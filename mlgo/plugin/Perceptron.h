// A multi-layer perceptron, and the model files that hold one.
#ifndef MLGO_PERCEPTRON_H
#define MLGO_PERCEPTRON_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>
#include <vector>

namespace mlgo {

/// A line of JSON, then float32 little-endian numbers. Everything that is wrong with a file stops
/// the compile.
class WeightsFile {
public:
  /// \p Maker is the command that makes such files.
  WeightsFile(llvm::StringRef Path, llvm::StringRef Format, llvm::StringRef Maker);

  /// The strings under \p Key of the header.
  std::vector<std::string> names(llvm::StringRef Key) const;

  /// The positive numbers under \p Key of the header.
  std::vector<size_t> sizes(llvm::StringRef Key) const;

  /// The next numbers.
  std::vector<float> take(size_t Count);

  /// To call after the last number.
  void finish() const;

  [[noreturn]] void fail(const llvm::Twine &Why) const;

private:
  const llvm::json::Array &list(llvm::StringRef Key) const;

  const std::string Path, Maker;
  std::unique_ptr<llvm::MemoryBuffer> Buffer;
  llvm::json::Value Header = nullptr;
  llvm::StringRef Rest;
};

/// Normalises its inputs, applies tanh layers and a linear one with a single output.
class Perceptron {
public:
  /// Reads mean, deviation, and the layers that the header's `layers` tells the sizes of.
  Perceptron(WeightsFile &File, size_t Inputs);

  /// The output for squashed \p Inputs, which are used up.
  float evaluate(std::vector<float> &Inputs) const;

private:
  struct Layer {
    size_t Inputs, Outputs;
    std::vector<float> Kernel; // Inputs x Outputs, row-major
    std::vector<float> Bias;   // Outputs

    void apply(const std::vector<float> &In, std::vector<float> &Out) const;
  };

  std::vector<float> Mean, Deviation;
  std::vector<Layer> Layers;
  mutable std::vector<float> Next;
};

/// Compresses numbers of any magnitude: sign(x) log(1 + |x|); 0 for what is no number.
float squash(float Value);

} // namespace mlgo

#endif
