// Parses a JSON file and writes it again, with cJSON.
#include <stdio.h>

#include "whole_file.h"

typedef struct cJSON cJSON;
cJSON *cJSON_Parse(const char *Text);
char *cJSON_Print(const cJSON *Value);

int main(int Count, char **Arguments) {
  (void)Count;
  size_t Size = 0;
  cJSON *Value = cJSON_Parse(readWholeFile(Arguments[1], &Size));
  if (!Value)
    return 1;
  puts(cJSON_Print(Value));
  return 0;
}
