#include "Output.h"
#include "Error.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

/// In a folder, a module's file is named after the module; the hash keeps modules of the same
/// relative name apart.
static SmallString<128> pathIn(StringRef Folder, StringRef ModuleName, StringRef Extension) {
  SmallString<128> Absolute(ModuleName);
  sys::fs::make_absolute(Absolute);
  std::string Name = ModuleName.str();
  for (char &C : Name)
    if (!isAlnum(C) && C != '.')
      C = '_';
  std::string Hash;
  raw_string_ostream(Hash) << format("-%08x", static_cast<unsigned>(xxh3_64bits(Absolute)));
  SmallString<128> Path(Folder);
  sys::path::append(Path, StringRef(Name).take_back(100) + Hash + Extension);
  return Path;
}

namespace mlgo {

void CheckedStream::check() {
  flush();
  if (!has_error())
    return;
  std::string Why = error().message();
  clear_error();
  fatal("cannot write " + Path + ": " + Why);
}

std::unique_ptr<CheckedStream> openOutput(StringRef Path, StringRef ModuleName,
                                          StringRef Extension) {
  SmallString<128> File(Path);
  if (sys::fs::is_directory(Path))
    File = pathIn(Path, ModuleName, Extension);
  std::error_code Error;
  auto Stream = std::make_unique<CheckedStream>(File, Error);
  if (Error)
    fatal("cannot write " + File.str() + ": " + Error.message());
  return Stream;
}

} // namespace mlgo
