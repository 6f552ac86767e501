// Row kernels: logits -> log-probabilities of labels, and back. A block does one row, or, where there are few rows, one of several parts of a row:
// block r * parts + p does part p of row r.
//
// Forward, a row's logits z are read once: the maximum m and s = sum e^(z - m), carried together, with one exponential per logit and one more
// for each vector of 16 bytes whose maximum is new. log p = (z_label - m) - log s. m and log s are kept apart: their sum would round away what backward needs.
// Backward: g * (onehot(label) - e^(z - m - log s)), in place of the logits or elsewhere, rounded once. A logit is read and
// its gradient written by one thread, so there is nothing to wait for.
//
// A label that is negative means that the row does not count: forward reads nothing of it, backward writes zeros.
// Logits of -infinity have probability 0. Offsets have 64 bits. Any alignment to the element is accepted: vectors have scalar heads and tails.
#include "device.h"

#define THREADS_OF_ROW 256
#define WARPS (THREADS_OF_ROW / 32)

static constexpr float Log2OfE = 1.4426950408889634f;
static constexpr float Ln2 = 0.6931471805599453f;

// Below every logit of an ordinary model, and finite, so that differences of it are.
static constexpr float Lowest = -1e30f;

struct BFloat16 {
  typedef u16 Element;
  static constexpr int PerWord = 2;
  DEVICE void read(u32 word, float *z) {
    z[0] = bits_to_float(word << 16);
    z[1] = bits_to_float(word & 0xFFFF0000u);
  }
  DEVICE u32 write(const float *g) { return pack_bf16(g[0], g[1]); }
  DEVICE float read_one(Element e) { return bits_to_float((u32)e << 16); }
  DEVICE Element write_one(float g) { return (Element)pack_bf16(g, 0.0f); }
};

struct Float16 {
  typedef u16 Element;
  static constexpr int PerWord = 2;
  DEVICE void read(u32 word, float *z) {
    z[0] = unpack_fp16((u16)word);
    z[1] = unpack_fp16((u16)(word >> 16));
  }
  DEVICE u32 write(const float *g) { return pack_fp16(g[0], g[1]); }
  DEVICE float read_one(Element e) { return unpack_fp16(e); }
  DEVICE Element write_one(float g) { return (Element)pack_fp16(g, 0.0f); }
};

struct Float32 {
  typedef u32 Element;
  static constexpr int PerWord = 1;
  DEVICE void read(u32 word, float *z) { z[0] = bits_to_float(word); }
  DEVICE u32 write(const float *g) { return float_to_bits(g[0]); }
  DEVICE float read_one(Element e) { return bits_to_float(e); }
  DEVICE Element write_one(float g) { return float_to_bits(g); }
};

// What is added up of a row beside e^(z - maximum).
enum Extra {
  Nothing,

  // z - maximum, weighted by it: for the entropy.
  Weighted,

  // Its square: for the sum of squared probabilities, of WPO's weight.
  Squares,
};

struct Sums {
  float maximum;
  float sum;
  float extra;
};

DEVICE float larger(float a, float b) { return a > b ? a : b; }

// The same sums relative to a larger maximum: sum of w*(z - M) = e^(m - M) * (sum of e^(z - m)*(z - m) + (m - M) * sum of e^(z - m)).
template <Extra E> DEVICE void raise(Sums &s, float maximum) {
  float distance = s.maximum - maximum;
  float factor = exp2_fast(distance * Log2OfE);
  if (E == Weighted) {
    s.extra = factor * (s.extra + distance * s.sum);
  }
  if (E == Squares) {
    s.extra = s.extra * factor * factor;
  }
  s.sum = s.sum * factor;
  s.maximum = maximum;
}

template <Extra E> DEVICE void add(Sums &s, float z) {
  // The difference first: of a large logit and a large maximum it is exact, and their products would not be.
  float e = exp2_fast((z - s.maximum) * Log2OfE);
  s.sum += e;
  if (E == Weighted) {
    // 0 * infinity of a logit of -infinity is nothing.
    s.extra += e > 0.0f ? e * (z - s.maximum) : 0.0f;
  }
  if (E == Squares) {
    s.extra += e * e;
  }
}

template <Extra E> DEVICE void combine(Sums &a, float maximum, float sum, float extra) {
  Sums b = {maximum, sum, extra};
  float both = larger(a.maximum, b.maximum);
  raise<E>(a, both);
  raise<E>(b, both);
  a.sum += b.sum;
  if (E != Nothing) {
    a.extra += b.extra;
  }
}

template <Extra E> DEVICE void combine_lanes(Sums &s, u32 distance) {
  for (; distance > 0; distance /= 2) {
    combine<E>(s, shuffle_xor(s.maximum, distance), shuffle_xor(s.sum, distance), E != Nothing ? shuffle_xor(s.extra, distance) : 0.0f);
  }
}

// Over the lanes of a warp and then over the warps, in the same order each time; every thread of the first warp has the result.
template <Extra E> DEVICE void combine_block(Sums &s, Sums *ofWarps) {
  combine_lanes<E>(s, 16);
  u32 thread = thread_index();
  if (thread % 32 == 0) {
    ofWarps[thread / 32] = s;
  }
  barrier();
  s = ofWarps[thread % WARPS];
  combine_lanes<E>(s, WARPS / 2);
}

// Of so many things, those that a part of a row has.
struct Share {
  u32 start;
  u32 end;
};

DEVICE u32 smaller(u32 a, u32 b) { return a < b ? a : b; }

DEVICE Share share_of(u32 count, u32 part, u32 parts) {
  u32 each = (count + parts - 1) / parts;
  u32 start = smaller(part * each, count);
  return {start, smaller(start + each, count)};
}

// What there is of a row when all of it was read; z is the logit of its label.
template <Extra E> DEVICE void finish(u32 row, const Sums &s, float z, float *tokens, float *maxima, float *logSums, float *extras) {
  float logSum = log2_fast(s.sum) * Ln2;
  tokens[row] = (z - s.maximum) - logSum;
  maxima[row] = s.maximum;
  logSums[row] = logSum;
  if (E == Weighted) {
    extras[row] = logSum - s.extra / s.sum;
  }
  if (E == Squares) {
    extras[row] = log2_fast(s.extra) * Ln2 - 2.0f * logSum;
  }
}

// Elements before the first multiple of 16 bytes, at most all of them.
template <class Format> DEVICE u32 head_of(const typename Format::Element *row, u32 vocabulary) {
  u32 beyond = (u32)((u64)row & 15);
  u32 head = beyond == 0 ? 0 : (16 - beyond) / (u32)sizeof(typename Format::Element);
  return head < vocabulary ? head : vocabulary;
}

template <class Format, Extra E>
DEVICE void forward(
    const void *logits, u64 stride, u32 vocabulary, const int *labels, float *tokens, float *maxima, float *logSums, float *extras, u32 parts,
    Sums *partials) {
  typedef typename Format::Element Element;
  constexpr int PerVector = 4 * Format::PerWord;
  SHARED Sums ofWarps[WARPS];
  u32 row = block_index() / parts;
  u32 part = block_index() % parts;
  u32 thread = thread_index();
  int label = labels[row];
  if (label < 0) {
    if (thread == 0 && part == 0) {
      tokens[row] = 0.0f;
      maxima[row] = 0.0f;
      logSums[row] = 0.0f;
      if (E != Nothing) {
        extras[row] = 0.0f;
      }
    }
    return;
  }

  const Element *start = (const Element *)logits + (u64)row * stride;
  Sums s = {Lowest, 0.0f, 0.0f};
  u32 head = head_of<Format>(start, vocabulary);
  u32 vectors = (vocabulary - head) / PerVector;
  const Words *words = (const Words *)(start + head);

  // What is before and after the vectors is less than two vectors: one element per thread.
  if (part == 0 && thread < vocabulary - vectors * PerVector) {
    float z = Format::read_one(start[thread < head ? thread : thread + vectors * PerVector]);
    raise<E>(s, larger(s.maximum, z));
    add<E>(s, z);
  }

  Share share = share_of(vectors, part, parts);
  #pragma unroll 4
  for (u32 v = share.start + thread; v < share.end; v += THREADS_OF_ROW) {
    Words vector = words[v];
    float z[PerVector];
    for (int w = 0; w < 4; w++) {
      Format::read(vector.word[w], z + w * Format::PerWord);
    }
    float maximum = s.maximum;
    for (int i = 0; i < PerVector; i++) {
      maximum = larger(maximum, z[i]);
    }
    raise<E>(s, maximum);
    for (int i = 0; i < PerVector; i++) {
      add<E>(s, z[i]);
    }
  }

  combine_block<E>(s, ofWarps);
  if (thread == 0) {
    if (parts == 1) {
      finish<E>(row, s, Format::read_one(start[label]), tokens, maxima, logSums, extras);
    } else {
      partials[block_index()] = s;
      if (part == 0) {
        tokens[row] = Format::read_one(start[label]);
      }
    }
  }
}

// The parts of a row, in the same order each time, by one warp; its token is the logit of the label before.
template <Extra E>
DEVICE void combine_parts_of(const Sums *partials, u32 parts, const int *labels, float *tokens, float *maxima, float *logSums, float *extras) {
  u32 row = block_index();
  if (labels[row] < 0) {
    return;
  }
  u32 lane = thread_index();
  Sums s = {Lowest, 0.0f, 0.0f};
  for (u32 part = lane; part < parts; part += 32) {
    Sums p = partials[row * parts + part];
    combine<E>(s, p.maximum, p.sum, p.extra);
  }
  combine_lanes<E>(s, 16);
  if (lane == 0) {
    finish<E>(row, s, tokens[row], tokens, maxima, logSums, extras);
  }
}

// Of the row's gradient, what does not depend on the element.
struct Slope {
  float upstream;
  float shift;
  float logSum;
};

DEVICE float slope_of(const Slope &s, float z) {
  return -s.upstream * exp2_fast(((z - s.shift) - s.logSum) * Log2OfE);
}

template <class Format>
DEVICE void backward(
    const void *logits, u64 stride, u32 vocabulary, const int *labels, const float *maxima, const float *logSums, const float *upstream,
    void *gradients, u64 gradientStride, u32 parts) {
  typedef typename Format::Element Element;
  constexpr int PerVector = 4 * Format::PerWord;
  u32 row = block_index() / parts;
  u32 part = block_index() % parts;
  u32 thread = thread_index();
  int label = labels[row];
  const Element *start = (const Element *)logits + (u64)row * stride;
  Element *target = (Element *)gradients + (u64)row * gradientStride;
  bool counts = label >= 0;
  Slope slope = {counts ? upstream[row] : 0.0f, maxima[row], logSums[row]};

  // Where the two do not lie alike there are no common vectors: element by element.
  u32 head = head_of<Format>(target, vocabulary);
  bool isAlike = (((u64)start ^ (u64)target) & 15) == 0;
  u32 vectors = isAlike ? (vocabulary - head) / PerVector : 0;
  Share singles = share_of(vocabulary - vectors * PerVector, part, parts);
  for (u32 single = singles.start + thread; single < singles.end; single += THREADS_OF_ROW) {
    u32 i = single < head ? single : single + vectors * PerVector;
    float g = counts ? slope_of(slope, Format::read_one(start[i])) : 0.0f;
    target[i] = Format::write_one((int)i == label ? slope.upstream + g : g);
  }

  const Words *words = (const Words *)(start + head);
  Words *targets = (Words *)(target + head);
  Share share = share_of(vectors, part, parts);
  if (!counts) {
    for (u32 v = share.start + thread; v < share.end; v += THREADS_OF_ROW) {
      Words zeros = {{0, 0, 0, 0}};
      targets[v] = zeros;
    }
    return;
  }

  #pragma unroll 4
  for (u32 v = share.start + thread; v < share.end; v += THREADS_OF_ROW) {
    Words vector = words[v];
    float g[PerVector];
    for (int w = 0; w < 4; w++) {
      Format::read(vector.word[w], g + w * Format::PerWord);
    }
    for (int i = 0; i < PerVector; i++) {
      g[i] = slope_of(slope, g[i]);
    }
    u32 labelHere = (u32)label - (head + v * PerVector);
    if (labelHere < (u32)PerVector) {
      for (u32 i = 0; i < (u32)PerVector; i++) {
        g[i] += i == labelHere ? slope.upstream : 0.0f;
      }
    }
    for (int w = 0; w < 4; w++) {
      vector.word[w] = Format::write(g + w * Format::PerWord);
    }
    targets[v] = vector;
  }
}

#define FORWARD(name, Format, E)                                                                                                            \
  KERNEL void THREADS(THREADS_OF_ROW) name(                                                                                                 \
      const void *logits, u64 stride, u32 vocabulary, const int *labels, float *tokens, float *maxima, float *logSums, float *extras,       \
      u32 parts, Sums *partials) {                                                                                                          \
    forward<Format, E>(logits, stride, vocabulary, labels, tokens, maxima, logSums, extras, parts, partials);                               \
  }

#define COMBINE(name, E)                                                                                                                    \
  KERNEL void THREADS(32) name(                                                                                                             \
      const Sums *partials, u32 parts, const int *labels, float *tokens, float *maxima, float *logSums, float *extras) {                    \
    combine_parts_of<E>(partials, parts, labels, tokens, maxima, logSums, extras);                                                          \
  }

#define BACKWARD(name, Format)                                                                                                              \
  KERNEL void THREADS(THREADS_OF_ROW) name(                                                                                                 \
      const void *logits, u64 stride, u32 vocabulary, const int *labels, const float *maxima, const float *logSums, const float *upstream,  \
      void *gradients, u64 gradientStride, u32 parts) {                                                                                     \
    backward<Format>(logits, stride, vocabulary, labels, maxima, logSums, upstream, gradients, gradientStride, parts);                      \
  }

FORWARD(forward_bf16, BFloat16, Nothing)
FORWARD(forward_fp16, Float16, Nothing)
FORWARD(forward_fp32, Float32, Nothing)
FORWARD(forward_entropy_bf16, BFloat16, Weighted)
FORWARD(forward_entropy_fp16, Float16, Weighted)
FORWARD(forward_entropy_fp32, Float32, Weighted)
FORWARD(forward_squares_bf16, BFloat16, Squares)
FORWARD(forward_squares_fp16, Float16, Squares)
FORWARD(forward_squares_fp32, Float32, Squares)
COMBINE(combine_parts, Nothing)
COMBINE(combine_parts_entropy, Weighted)
COMBINE(combine_parts_squares, Squares)
BACKWARD(backward_bf16, BFloat16)
BACKWARD(backward_fp16, Float16)
BACKWARD(backward_fp32, Float32)

// A sum over the threads of a block, in the same order each time; the first thread has it.
DEVICE double sum_block(double sum, double *ofWarps) {
  for (u32 distance = 16; distance > 0; distance /= 2) {
    sum += shuffle_xor(sum, distance);
  }
  u32 thread = thread_index();
  if (thread % 32 == 0) {
    ofWarps[thread / 32] = sum;
  }
  barrier();
  double total = 0.0;
  if (thread == 0) {
    for (u32 warp = 0; warp < WARPS; warp++) {
      total += ofWarps[warp];
    }
  }
  return total;
}

// Sums of the tokens of each sequence, one block a sequence, in double precision and in an order that depends on the lengths alone.
// A row that does not count has a token of 0.
KERNEL void THREADS(THREADS_OF_ROW) sum_sequences(const float *tokens, const int *labels, const int *offsets, float *sums, float *lengths) {
  SHARED double ofWarps[WARPS];
  SHARED u32 countOfWarps[WARPS];
  u32 sequence = block_index();
  u32 thread = thread_index();
  u32 end = (u32)offsets[sequence + 1];
  double sum = 0.0;
  u32 count = 0;
  for (u32 row = (u32)offsets[sequence] + thread; row < end; row += THREADS_OF_ROW) {
    sum += tokens[row];
    count += labels[row] >= 0 ? 1 : 0;
  }
  for (u32 distance = 16; distance > 0; distance /= 2) {
    sum += shuffle_xor(sum, distance);
    count += shuffle_xor(count, distance);
  }
  if (thread % 32 == 0) {
    ofWarps[thread / 32] = sum;
    countOfWarps[thread / 32] = count;
  }
  barrier();
  if (thread == 0) {
    double total = 0.0;
    u32 rows = 0;
    for (u32 warp = 0; warp < WARPS; warp++) {
      total += ofWarps[warp];
      rows += countOfWarps[warp];
    }
    sums[sequence] = (float)total;
    lengths[sequence] = (float)rows;
  }
}

// The derivative of each sequence's sum, for all of its rows.
KERNEL void THREADS(THREADS_OF_ROW) spread_upstream(const float *ofSequences, const int *offsets, float *ofRows) {
  u32 sequence = block_index();
  u32 end = (u32)offsets[sequence + 1];
  for (u32 row = (u32)offsets[sequence] + thread_index(); row < end; row += THREADS_OF_ROW) {
    ofRows[row] = ofSequences[sequence];
  }
}

// WPO's weight of each sequence: exp of the mean of log p - log sum p^2 over the rows that count, NaN without any. Squares are 0 in other rows.
KERNEL void THREADS(THREADS_OF_ROW) weigh_sequences(const float *sums, const float *lengths, const float *squares, const int *offsets, float *weights) {
  SHARED double squaresOfWarps[WARPS];
  u32 sequence = block_index();
  u32 thread = thread_index();
  u32 end = (u32)offsets[sequence + 1];
  double sum = 0.0;
  for (u32 row = (u32)offsets[sequence] + thread; row < end; row += THREADS_OF_ROW) {
    sum += squares[row];
  }
  sum = sum_block(sum, squaresOfWarps);
  if (thread == 0) {
    weights[sequence] = exp2_fast((float)((sums[sequence] - sum) / lengths[sequence]) * Log2OfE);
  }
}

// Of the rows of a sequence, a run for each thread: how many rows that count are before it, and how many both sequences of the pair have.
struct Run {
  u32 start;
  u32 end;
  u32 before;
  u32 both;
};

// Sequence s and s + pairs are a pair, s < pairs.
DEVICE Run run_of(const int *labels, const int *offsets, const float *lengths, u32 pairs, u32 *rowsOfWarps) {
  u32 sequence = block_index();
  u32 thread = thread_index();
  u32 first = (u32)offsets[sequence];
  Share rows = share_of((u32)offsets[sequence + 1] - first, thread, THREADS_OF_ROW);
  Run run = {first + rows.start, first + rows.end, 0, 0};
  u32 count = 0;
  for (u32 row = run.start; row < run.end; row++) {
    count += labels[row] >= 0 ? 1 : 0;
  }

  // For a lane whose number has the bit of the distance, the lanes of the other half are before it.
  for (u32 distance = 1; distance < 32; distance *= 2) {
    u32 other = shuffle_xor(count, distance);
    run.before += (thread & distance) != 0 ? other : 0;
    count += other;
  }
  if (thread % 32 == 0) {
    rowsOfWarps[thread / 32] = count;
  }
  barrier();
  for (u32 warp = 0; warp < thread / 32; warp++) {
    run.before += rowsOfWarps[warp];
  }
  u32 other = sequence < pairs ? sequence + pairs : sequence - pairs;
  run.both = smaller((u32)lengths[sequence], (u32)lengths[other]);
  return run;
}

// LD-DPO's sums: what a completion has beyond the length of the other one of its pair counts by a share. A share of 0 leaves it out, whatever it is.
KERNEL void THREADS(THREADS_OF_ROW) sum_pairs_split(
    const float *tokens, const int *labels, const int *offsets, const float *lengths, u32 pairs, float share, float *sums) {
  SHARED u32 countOfRuns[WARPS];
  SHARED double splitOfWarps[WARPS];
  Run run = run_of(labels, offsets, lengths, pairs, countOfRuns);
  double sum = 0.0;
  for (u32 row = run.start; row < run.end; row++) {
    if (labels[row] >= 0) {
      sum += run.before < run.both ? (double)tokens[row] : share != 0.0f ? (double)share * tokens[row] : 0.0;
      run.before++;
    }
  }
  sum = sum_block(sum, splitOfWarps);
  if (thread_index() == 0) {
    sums[block_index()] = (float)sum;
  }
}

// The derivative of those sums, for all of their rows.
KERNEL void THREADS(THREADS_OF_ROW) spread_upstream_split(
    const float *ofSequences, const int *labels, const int *offsets, const float *lengths, u32 pairs, float share, float *ofRows) {
  SHARED u32 countOfSpreadRuns[WARPS];
  float whole = ofSequences[block_index()];
  Run run = run_of(labels, offsets, lengths, pairs, countOfSpreadRuns);
  for (u32 row = run.start; row < run.end; row++) {
    ofRows[row] = run.before < run.both ? whole : share * whole;
    run.before += labels[row] >= 0 ? 1 : 0;
  }
}
