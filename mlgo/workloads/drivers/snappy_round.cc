// Compresses a file and decompresses it again, with Snappy.
#include <cstdio>
#include <snappy.h>
#include <string>

#include "whole_file.h"

int main(int, char **Arguments) {
  size_t Size = 0;
  const char *Text = readWholeFile(Arguments[1], &Size);
  std::string Small;
  std::string Again;
  snappy::Compress(Text, Size, &Small);
  if (!snappy::Uncompress(Small.data(), Small.size(), &Again) || Again != std::string(Text, Size))
    return 1;
  std::printf("%zu %zu\n", Small.size(), Again.size());
}
