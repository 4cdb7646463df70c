// Files that the plugin writes beside the object file: one a module, and never silently cut short.
#ifndef MLGO_OUTPUT_H
#define MLGO_OUTPUT_H

#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>

namespace mlgo {

/// A file stream that reports a failed write as an error of ours and not as a crash.
class CheckedStream final : public llvm::raw_fd_ostream {
public:
  CheckedStream(llvm::StringRef Path, std::error_code &Error)
      : raw_fd_ostream(Path, Error), Path(Path.str()) {}
  ~CheckedStream() override { check(); }

  /// Flushes; stops the compile when something could not be written.
  void check();

private:
  const std::string Path;
};

/// Opens \p Path; in a folder, a file named after the module. Stops the compile when it cannot.
std::unique_ptr<CheckedStream> openOutput(llvm::StringRef Path, llvm::StringRef ModuleName,
                                          llvm::StringRef Extension);

} // namespace mlgo

#endif
