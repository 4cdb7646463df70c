#include "Channel.h"
#include "Error.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace {

// Linux's limit for users. A question of LLVM 22 is 4 KiB.
constexpr int PipeSize = 1 << 20;

/// A folder that only this user can enter, for as long as the pipes need names.
class PrivateFolder {
public:
  PrivateFolder() {
    SmallString<128> Pattern;
    sys::path::system_temp_directory(/*ErasedOnReboot=*/true, Pattern);
    sys::path::append(Pattern, "mlgo-channel-XXXXXX");
    Path = Pattern.str().str();
    if (!mkdtemp(Path.data()))
      fail();
  }
  ~PrivateFolder() {
    unlink((base() + ".in").c_str());
    unlink((base() + ".out").c_str());
    rmdir(Path.c_str());
  }

  std::string base() const { return Path + "/c"; }

  /// Makes a pipe and opens it without waiting for its other end.
  int pipe(const char *Suffix) const {
    std::string Name = base() + Suffix;
    int File = mkfifo(Name.c_str(), 0600) ? -1 : open(Name.c_str(), O_RDWR | O_CLOEXEC);
    if (File < 0)
      fail();
    fcntl(File, F_SETPIPE_SZ, PipeSize);
    return File;
  }

private:
  [[noreturn]] void fail() const {
    int Error = errno;
    std::string Where = Path;
    this->~PrivateFolder();
    mlgo::fatal("cannot make a pipe in " + Where + ": " + std::strerror(Error),
                "set TMPDIR to a folder on a local disk that you may write to");
  }

  std::string Path;
};

void setWaiting(int File, bool Waiting) {
  int Flags = fcntl(File, F_GETFL);
  fcntl(File, F_SETFL, Waiting ? Flags & ~O_NONBLOCK : Flags | O_NONBLOCK);
}

} // namespace

namespace mlgo {

Channel::Channel(function_ref<void(const std::string &)> Open) {
  PrivateFolder Folder;
  Answers = Folder.pipe(".in");
  Questions = Folder.pipe(".out");
  Open(Folder.base());
  // Ours alone: LLVM has opened files of its own on the same pipes.
  setWaiting(Questions, false);
  setWaiting(Answers, false);
  receive();
  readHeader();
}

Channel::~Channel() {
  close(Questions);
  close(Answers);
}

void Channel::readHeader() {
  LLVMContext Context; // only to report a malformed specification
  auto [Line, Rest] = StringRef(Received).split('\n');
  auto Header = json::parse(Line);
  const json::Object *Root = Header ? Header->getAsObject() : nullptr;
  const json::Array *Features = Root ? Root->getArray("features") : nullptr;
  const json::Value *Reply = Root ? Root->get("advice") : nullptr;
  if (!Features || !Reply)
    fatal("LLVM " LLVM_VERSION_STRING " opened its channel in a way that is not understood");
  for (const json::Value &Feature : *Features)
    if (auto Spec = getTensorSpecFromJSON(Context, Feature)) {
      Specs.push_back(*Spec);
      ObservationSize += Spec->getTotalTensorBufferSize();
    }
  Advice = getTensorSpecFromJSON(Context, *Reply);
  if (ObservationSize + 128 > static_cast<size_t>(fcntl(Questions, F_GETPIPE_SZ)))
    fatal("LLVM's questions of " + Twine(ObservationSize) + " bytes do not fit into a pipe");
  Received.clear();
}

StringRef Channel::ask(function_ref<void()> Question, ArrayRef<char> Answer) {
  if (write(Answers, Answer.data(), Answer.size()) != static_cast<ssize_t>(Answer.size()))
    fatal(Twine("cannot write to the channel: ") + std::strerror(errno));
  Received.clear();
  Question();
  receive();
  size_t Line = StringRef(Received).find("{\"observation\"");
  if (Line == StringRef::npos) {
    dropAnswer(); // LLVM has not asked
    return {};
  }
  StringRef Body = StringRef(Received).substr(Line).split('\n').second;
  if (Body.size() < ObservationSize)
    fatal("LLVM's question was cut short");
  return Body.take_front(ObservationSize);
}

void Channel::drain() {
  receive();
  Received.clear();
  dropAnswer();
}

void Channel::dropAnswer() {
  char Unread[64];
  (void)!read(Answers, Unread, sizeof Unread);
}

void Channel::receive() {
  char Chunk[8192];
  for (;;) {
    ssize_t Size = read(Questions, Chunk, sizeof Chunk);
    if (Size > 0)
      Received.append(Chunk, static_cast<size_t>(Size));
    else if (Size == 0 || errno != EINTR)
      return;
    if (Size > 0 && static_cast<size_t>(Size) < sizeof Chunk)
      return;
  }
}

} // namespace mlgo
