// Loads, hints and renders glyphs of a font at two sizes, with FreeType.
#include <ft2build.h>
#include <stdio.h>
#include <stdlib.h>
#include FT_FREETYPE_H

int main(int Count, char **Arguments) {
  if (Count != 3)
    return 2;
  FT_Library Library;
  FT_Face Face;
  unsigned long Sum = 0;
  if (FT_Init_FreeType(&Library) || FT_New_Face(Library, Arguments[1], 0, &Face))
    return 1;
  for (int Pixels = atoi(Arguments[2]); Pixels < 60; Pixels *= 2) {
    FT_Set_Pixel_Sizes(Face, 0, (FT_UInt)Pixels);
    for (FT_ULong Code = 33; Code < 700; Code += 2) {
      if (FT_Load_Char(Face, Code, FT_LOAD_RENDER))
        continue;
      const FT_Bitmap *Map = &Face->glyph->bitmap;
      for (unsigned Row = 0; Row < Map->rows; ++Row)
        Sum = Sum * 31 + Map->buffer[Row * (unsigned)Map->pitch];
    }
  }
  printf("%lu\n", Sum);
  return 0;
}
