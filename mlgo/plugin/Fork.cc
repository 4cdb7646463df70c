#include "Fork.h"
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

mlgo::Forked mlgo::forkAndWait() {
  pid_t Parent = getpid(), Child = fork();
  if (Child < 0)
    return Forked::Failed;
  if (Child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // when a parent is killed, nothing is left running
    if (getppid() != Parent)
      std::_Exit(1);
    return Forked::Child;
  }
  int Status;
  while (waitpid(Child, &Status, 0) < 0 && errno == EINTR) {
  }
  return Forked::Parent;
}
