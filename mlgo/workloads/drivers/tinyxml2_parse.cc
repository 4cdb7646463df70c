// Parses an XML file and writes it again, with TinyXML-2.
#include <cstdio>
#include <tinyxml2.h>

#include "whole_file.h"

int main(int, char **Arguments) {
  size_t Size = 0;
  const char *Text = readWholeFile(Arguments[1], &Size);
  tinyxml2::XMLDocument Document;
  if (Document.Parse(Text, Size) != tinyxml2::XML_SUCCESS)
    return 1;
  tinyxml2::XMLPrinter Printer;
  Document.Print(&Printer);
  std::puts(Printer.CStr());
}
