// All tensors of a model in one launch: their addresses, counts and numbers stand in a table of words in device memory, and their
// pieces of some 32,768 elements are shared out over threads as if they were one tensor.
#pragma once
#include <bit>

#include "kernels/rows.h"
#include "runtime/arena.h"
#include "runtime/scratch.h"

namespace thinkwright {
namespace {

enum TensorListScratch : int { kFirstPieces = 8, kPieceSums = 9 };

// Row i of the table: `stride` words, of which word `countAt` is the number of elements.
struct TensorList {
  const std::int32_t* words;
  int tensors, stride, countAt;

  std::int32_t word(int tensor, int at) const { return words[static_cast<std::int64_t>(tensor) * stride + at]; }
  int count(int tensor) const { return word(tensor, countAt); }
  float number(int tensor, int at) const { return std::bit_cast<float>(word(tensor, at)); }
  float* pointer(int tensor, int at) const { return thinkwright::at<float>(word(tensor, at)); }
};

// firstPieces[i] is the number of pieces before tensor i; the last entry is that of all. pieceOf(tensor) is how many elements a piece has.
template <class PieceOf>
inline const int* countPieces(const TensorList& list, PieceOf&& pieceOf) {
  int* first = sharedScratch<int>(kFirstPieces, list.tensors + 1);
  first[0] = 0;
  for (int i = 0; i < list.tensors; i++) first[i + 1] = first[i] + static_cast<int>((list.count(i) + pieceOf(i) - 1) / pieceOf(i));
  return first;
}

// body(piece, tensor, begin, end) for every piece of every tensor.
template <class PieceOf, class Body>
inline void forPieces(const TensorList& list, const int* firstPieces, PieceOf&& pieceOf, Body&& body) {
  parallel(firstPieces[list.tensors], [&](int piece) {
    const int tensor = static_cast<int>(std::upper_bound(firstPieces, firstPieces + list.tensors, piece) - firstPieces) - 1;
    const std::int64_t begin = (piece - firstPieces[tensor]) * pieceOf(tensor);
    body(piece, tensor, begin, std::min<std::int64_t>(list.count(tensor), begin + pieceOf(tensor)));
  });
}

}  // namespace
}  // namespace thinkwright
