// Parses a JSON file and writes it again, with JsonCpp.
#include <cstdio>
#include <json/json.h>

#include "whole_file.h"

int main(int, char **Arguments) {
  size_t Size = 0;
  const char *Text = readWholeFile(Arguments[1], &Size);
  const std::unique_ptr<Json::CharReader> Reader(Json::CharReaderBuilder().newCharReader());
  Json::Value Value;
  std::string Errors;
  if (!Reader->parse(Text, Text + Size, &Value, &Errors)) {
    std::fprintf(stderr, "%s\n", Errors.c_str());
    return 1;
  }
  Json::StreamWriterBuilder Builder;
  Builder["indentation"] = "";
  std::puts(Json::writeString(Builder, Value).c_str());
}
