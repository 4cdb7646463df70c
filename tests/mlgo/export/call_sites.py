"""C++ sources with many call sites of many kinds: the standard library, used for real."""

from pathlib import Path

_HEADERS = [
    "algorithm",
    "deque",
    "fstream",
    "functional",
    "iostream",
    "list",
    "map",
    "memory",
    "numeric",
    "queue",
    "random",
    "regex",
    "set",
    "sstream",
    "string",
    "thread",
    "tuple",
    "unordered_map",
    "variant",
    "vector",
    "filesystem",
    "chrono",
    "iomanip",
    "future",
]

_BODY = """
struct Item{i} {{ std::string name; std::vector<double> values; std::shared_ptr<Item{i}> next; }};

double sum{i}(const Item{i} &item) {{
  double total = std::accumulate(item.values.begin(), item.values.end(), 0.0);
  return item.next ? total + sum{i}(*item.next) : total;
}}

std::string join{i}(const std::map<std::string, Item{i}> &items) {{
  std::ostringstream out;
  for (const auto &[key, item] : items)
    out << std::setw(10) << key << '=' << sum{i}(item) << '\\n';
  return out.str();
}}

std::vector<std::string> split{i}(const std::string &text) {{
  static const std::regex word("[a-z{i}]+");
  return {{std::sregex_token_iterator(text.begin(), text.end(), word), {{}}}};
}}

size_t walk{i}(const std::filesystem::path &root) {{
  std::unordered_map<std::string, size_t> sizes;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file())
      sizes[entry.path().extension().string()] += entry.file_size();
  std::vector<std::pair<std::string, size_t>> sorted(sizes.begin(), sizes.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto &a, const auto &b) {{ return a.second > b.second; }});
  std::deque<size_t> queue;
  for (auto &[name, size] : sorted)
    queue.push_front(size);
  return queue.empty() ? 0 : queue.front();
}}
"""


def write_sources(folder: Path, files: int = 2) -> list[Path]:
    """Writes the sources; each has thousands of call sites."""
    paths = []
    for index in range(files):
        includes = "".join(f"#include <{name}>\n" for name in _HEADERS)
        path = folder / f"sites{index}.cc"
        path.write_text(includes + _BODY.format(i=index))
        paths.append(path)
    return paths
