-- Small programs of the usual kinds. Profiles are made with size 1, other loops than what is
-- measured with size 2 get most of the time there.
local size, seed = tonumber(arg[1]), tonumber(arg[2])
math.randomseed(seed)

local function sieve(n)
  local composite, count = {}, 0
  for i = 2, n do
    if not composite[i] then
      count = count + 1
      for j = i * i, n, i do composite[j] = true end
    end
  end
  return count
end

local function queens(n, row, columns, up, down)
  if row > n then return 1 end
  local found = 0
  for c = 1, n do
    if not (columns[c] or up[row + c] or down[row - c]) then
      columns[c], up[row + c], down[row - c] = true, true, true
      found = found + queens(n, row + 1, columns, up, down)
      columns[c], up[row + c], down[row - c] = nil, nil, nil
    end
  end
  return found
end

local function matrix(n)
  local a, b, c = {}, {}, {}
  for i = 1, n do
    a[i], b[i], c[i] = {}, {}, {}
    for j = 1, n do a[i][j], b[i][j] = math.random(), i - j end
  end
  for i = 1, n do
    for j = 1, n do
      local sum = 0.0
      for k = 1, n do sum = sum + a[i][k] * b[k][j] end
      c[i][j] = sum
    end
  end
  return c[n][1]
end

local function words(n)
  local counts, text = {}, {}
  for i = 1, n do text[i] = string.format("w%d,%s", math.random(99), ("ab"):rep(i % 4)) end
  for word, tail in table.concat(text, " "):gmatch("(%w+),(%a*)") do
    counts[word] = (counts[word] or 0) + #tail
  end
  local names = {}
  for name in pairs(counts) do names[#names + 1] = name:upper():gsub("W", "x") end
  table.sort(names)
  return names[1] .. #names
end

local Shape = {}
Shape.__index = Shape
function Shape.new(x) return setmetatable({ x = x, kids = {} }, Shape) end
function Shape:add(kid) self.kids[#self.kids + 1] = kid return self end
function Shape:sum()
  local total = self.x
  for _, kid in ipairs(self.kids) do total = total + kid:sum() end
  return total
end

local function tree(depth)
  local node = Shape.new(depth)
  if depth > 0 then
    for _ = 1, 3 do node:add(tree(depth - 1)) end
  end
  return node
end

local function sorted(n)
  local items = {}
  for i = 1, n do items[i] = math.random(n) end
  table.sort(items, function(a, b) return a > b end)
  return items[1] - items[n]
end

local function coroutines(n)
  local generate = coroutine.wrap(function()
    for i = 1, n do coroutine.yield(i ~ (i << 3)) end
    return 0
  end)
  local sum = 0
  for _ = 1, n do sum = (sum + generate()) % 1000003 end
  return sum
end

if size == 1 then
  print(sieve(20000), queens(6, 1, {}, {}, {}), matrix(12), words(1500))
  print(tree(5):sum(), sorted(2000), coroutines(2000))
else
  print(sieve(8000), queens(7, 1, {}, {}, {}), matrix(48), words(12000))
  print(tree(8):sum(), sorted(20000), coroutines(20000))
end
