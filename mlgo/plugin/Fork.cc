#include "Fork.h"
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

mlgo::Forked mlgo::forkAndWait(llvm::function_ref<void()> Prepare) {
  sigset_t All, Before;
  sigfillset(&All);
  sigprocmask(SIG_SETMASK, &All, &Before); // the parent's handlers are not for a child to run
  pid_t Parent = getpid(), Child = fork();
  if (Child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // when a parent is killed, nothing is left running
    if (getppid() != Parent)
      std::_Exit(1);
    Prepare();
  }
  sigprocmask(SIG_SETMASK, &Before, nullptr);
  if (Child <= 0)
    return Child ? Forked::Failed : Forked::Child;
  int Status;
  while (waitpid(Child, &Status, 0) < 0 && errno == EINTR) {
  }
  return Forked::Parent;
}
