// Looks for patterns of several kinds in the lines of a file, with RE2.
#include <cstdio>
#include <re2/re2.h>

#include "whole_file.h"

namespace {

const char *const Patterns[] = {
    "([a-z]+)@([a-z]+)\\.example",  "(\\d{4})-(\\d\\d)-(\\d\\d)T(\\d\\d)",
    "(?:\\d{1,3}\\.){3}25\\d",      "\"GET /([^/?]+)/(\\d+)\\?q=(k|l)[^\"]*\" ([45])0",
    "(?i)KA(lo|mi)+(?:ten|ra).*su", "^[^ ]+ +[^ ]+ (\\S+) .*?(\\d+)$",
};

long countMatches(const re2::RE2 &Pattern, re2::StringPiece Text) {
  const int Groups = 1 + Pattern.NumberOfCapturingGroups();
  re2::StringPiece Found[8];
  long Sum = 0;
  size_t Line = 0;
  while (Line < Text.size()) {
    size_t End = Text.find('\n', Line);
    if (End == re2::StringPiece::npos)
      End = Text.size();
    if (Pattern.Match(Text, Line, End, re2::RE2::UNANCHORED, Found, Groups))
      Sum += 1 + (long)Found[Groups - 1].size();
    Line = End + 1;
  }
  return Sum;
}

} // namespace

int main(int, char **Arguments) {
  size_t Size = 0;
  const char *Text = readWholeFile(Arguments[1], &Size);
  for (const char *Source : Patterns) {
    re2::RE2 Pattern(Source);
    std::printf("%ld\n", countMatches(Pattern, re2::StringPiece(Text, Size)));
  }
}
