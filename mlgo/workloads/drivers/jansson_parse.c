// Parses a JSON file and writes it again, with Jansson.
#include <jansson.h>
#include <stdio.h>

#include "whole_file.h"

int main(int Count, char **Arguments) {
  (void)Count;
  size_t Size = 0;
  const char *Text = readWholeFile(Arguments[1], &Size);
  json_object_seed(1);
  json_t *Value = json_loadb(Text, Size, 0, NULL);
  if (!Value)
    return 1;
  puts(json_dumps(Value, JSON_COMPACT));
  return 0;
}
