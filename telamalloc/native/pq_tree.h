//===- pq_tree.h - All orders in which some things stay together -*- C++ -*-===//
//
// A PQ-tree (Booth and Lueker, 1976) holds a set of orders of its leaves: the
// children of a P node may come in any order, those of a Q node in theirs or the
// reverse. Here the leaves are the buffers that are live at one time.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_PQ_TREE_H
#define TELAMALLOC_PQ_TREE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace telamalloc {

class PQTree {
public:
  using Leaf = int16_t;
  using Leaves = std::vector<Leaf>;

  /// A node: a leaf's number, or the kind. Its children follow; `Length` counts them all.
  struct Token {
    Leaf What;
    uint16_t Length;
    bool isLeaf() const { return What >= 0; }
    const Token *end() const { return this + Length; }
  };
  static constexpr Leaf P = -1, Q = -2;

  /// Rewrites a tree so that some of its leaves lie together.
  class Editor {
  public:
    /// \param MostLeaves one more than the largest number of a leaf.
    explicit Editor(size_t MostLeaves) : Marked(MostLeaves) {}

    /// The orders of a tree in which `Group` lies together; false: there is none.
    bool join(const PQTree &T, const Leaves &Group, PQTree &To);
    /// The same, with other leaves, in any order, in the place of `Old`.
    bool replace(const PQTree &T, const Leaves &Old, const Leaves &New, PQTree &To);

  private:
    enum class Fill : uint8_t { Empty, Partial, Full };

    bool run(const PQTree &T, const Leaves &Group, PQTree &To);
    void count(const std::vector<Token> &In);
    Fill at(const Token *N) const;
    void copy(const Token *N) { Out->insert(Out->end(), N, N->end()); }
    void copyChildren(const Token *N, Fill Which);
    size_t open(Leaf Kind);
    void close(size_t At);
    void group(const Token *N);
    bool root(const Token *N);
    bool within(const Token *N, const Token *Child);
    bool rootP(const Token *N);
    bool rootQ(const Token *N);
    bool edge(const Token *N, bool GroupLast);
    bool partialP(const Token *N, bool GroupLast);
    bool partialQ(const Token *N, bool GroupLast);

    struct Count {
      uint16_t Leaves, Marked;
    };

    std::vector<char> Marked;
    const Leaves *New = nullptr; ///< What takes the group's place; nothing: itself.
    const Token *Begin = nullptr;
    std::vector<Count> Before; ///< Of each node, and of the end.
    std::vector<Token> *Out = nullptr;
  };

  /// Any order of the leaves.
  static PQTree ofAny(const Leaves &All);
  /// One of the orders.
  Leaves order() const;
  /// Natural logarithm of how many there are.
  double logOrders() const;
  /// Mostly the same only for trees that hold the same orders, if leaves of a key are equal.
  /// \param Key of each leaf.
  uint64_t hash(const std::vector<uint64_t> &Key) const { return hash(root(), Key); }
  const Token *root() const { return Tokens.data(); }

private:
  static uint64_t hash(const Token *N, const std::vector<uint64_t> &Key);

  std::vector<Token> Tokens;
};

} // namespace telamalloc

#endif // TELAMALLOC_PQ_TREE_H
