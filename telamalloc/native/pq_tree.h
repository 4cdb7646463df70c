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
    explicit Editor(size_t MostLeaves);

    /// Says what is to lie together. The tree has to stay as it is until it is rewritten.
    void mark(const PQTree &T, const Leaves &Group);
    /// The orders of the tree in which the group lies together; false: there is none.
    bool join(PQTree &To) { return write(nullptr, To); }
    /// The same, with other leaves, in any order, in the place of the group.
    bool replace(const Leaves &Others, PQTree &To) { return write(&Others, To); }

  private:
    enum class Fill : uint8_t { Empty, Partial, Full };

    bool write(const Leaves *Others, PQTree &To);
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

    /// Leaves in the upper half, marked ones in the lower.
    using Count = uint32_t;
    static constexpr Count OneLeaf = 1 << 16, OneMarked = 1;

    std::vector<Count> Counts;   ///< Of one token, by what it is: inner nodes come first.
    const Leaves *New = nullptr; ///< What takes the group's place; nothing: itself.
    const Token *Begin = nullptr;
    std::vector<Count> Before; ///< Of what precedes each token, and the end.
    std::vector<Token> *Out = nullptr;
    std::vector<const Token *> Row; ///< Children of the Q nodes that are being rewritten.
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
