// Reads a whole file; shared by the drivers, which are compiled as C or C++.
#ifndef MLGO_WORKLOADS_WHOLE_FILE_H
#define MLGO_WORKLOADS_WHOLE_FILE_H

#include <stdio.h>
#include <stdlib.h>

// Returns the file's bytes with a zero behind them, and their number; exits if it cannot.
static char *readWholeFile(const char *Path, size_t *Size) {
  FILE *File = fopen(Path, "rb");
  if (!File) {
    perror(Path);
    exit(1);
  }
  fseek(File, 0, SEEK_END);
  *Size = (size_t)ftell(File);
  rewind(File);
  char *Bytes = (char *)malloc(*Size + 1);
  if (!Bytes || fread(Bytes, 1, *Size, File) != *Size) {
    fprintf(stderr, "%s: cannot be read\n", Path);
    exit(1);
  }
  fclose(File);
  Bytes[*Size] = 0;
  return Bytes;
}

#endif
