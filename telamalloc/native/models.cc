//===- models.cc - Written by `telamalloc train` --------------------------===//

#include "forest.h"

const telamalloc::Forest telamalloc::OrderForest = {nullptr, nullptr, 0};
