// The source of the row kernels on the emulated grid, against sums in double precision.
#include <sys/mman.h>

#include <cfenv>

#include LOGITS

#include <cstdint>
#include <string>

using grid::Order;

static int checks;

static void check(bool holds, const std::string &what) {
  checks++;
  if (!holds) {
    std::printf("failed: %s\n", what.c_str());
    std::exit(1);
  }
}

struct Bf16 {
  typedef u16 Element;
  static constexpr double Roundoff = 1.0 / 256, Smallest = 1e-38;
  static Element make(float v) { return (u16)round_bf16(v); }
  static float value(Element e) { return bits_to_float((u32)e << 16); }
  static constexpr auto Forward = forward_bf16, WithEntropy = forward_entropy_bf16, WithSquares = forward_squares_bf16;
  static constexpr auto Backward = backward_bf16;
};

struct Fp16 {
  typedef u16 Element;
  static constexpr double Roundoff = 1.0 / 2048, Smallest = 3e-8;
  static Element make(float v) { return (u16)round_fp16(v); }
  static float value(Element e) { return unpack_fp16(e); }
  static constexpr auto Forward = forward_fp16, WithEntropy = forward_entropy_fp16, WithSquares = forward_squares_fp16;
  static constexpr auto Backward = backward_fp16;
};

struct Fp32 {
  typedef u32 Element;
  static constexpr double Roundoff = 0, Smallest = 1e-38;
  static Element make(float v) { return float_to_bits(v); }
  static float value(Element e) { return bits_to_float(e); }
  static constexpr auto Forward = forward_fp32, WithEntropy = forward_entropy_fp32, WithSquares = forward_squares_fp32;
  static constexpr auto Backward = backward_fp32;
};

struct Results {
  std::vector<float> tokens, maxima, logSums, entropies, squares;
  explicit Results(size_t rows) : tokens(rows, NAN), maxima(rows, NAN), logSums(rows, NAN), entropies(rows, NAN), squares(rows, NAN) {}
  bool operator==(const Results &other) const {
    auto same = [](const std::vector<float> &a, const std::vector<float> &b) { return std::memcmp(a.data(), b.data(), 4 * a.size()) == 0; };
    return same(tokens, other.tokens) && same(maxima, other.maxima) && same(logSums, other.logSums) && same(entropies, other.entropies) && same(squares, other.squares);
  }
};

template <class Format> static void test(u32 vocabulary, u32 misalignment, u32 parts, std::mt19937 &random) {
  typedef typename Format::Element Element;
  const u32 rows = 4, stride = vocabulary + misalignment;
  const std::vector<int> labels = {(int)vocabulary - 1, -100, 0, (int)vocabulary / 2};
  const std::string name = "vocabulary " + std::to_string(vocabulary) + ", misalignment " + std::to_string(misalignment) + ", parts " + std::to_string(parts);

  // The sanitizer sees what is read beside the rows: the memory ends where the last row does.
  std::vector<Element> memory(misalignment + 16 / sizeof(Element) + (rows - 1) * stride + vocabulary);
  size_t shift = ((16 - ((uintptr_t)memory.data() & 15)) & 15) / sizeof(Element) + misalignment;
  memory.resize(shift + (rows - 1) * stride + vocabulary);
  Element *logits = memory.data() + shift;
  std::normal_distribution<float> normal(0, 8);
  for (u32 row = 0; row < rows; row++) {
    for (u32 i = 0; i < vocabulary; i++) {
      // All are far below 0 in one row. Large values come late in another, so that sums have to be brought to a new maximum. In a third most are -infinity.
      float z = normal(random) + (row == 0 ? -500.0f : row == 2 ? 30.0f * i / vocabulary : 0.0f);
      logits[(size_t)row * stride + i] = Format::make(row == 1 ? NAN : row == 3 && i % 50 < 40 && (int)i != labels[3] ? -INFINITY : z);
    }
  }

  std::vector<Results> all;
  for (Order order : {Order::Forward, Order::Backward, Order::Random}) {
    all.emplace_back(rows);
    Results &r = all.back();
    std::vector<Sums> partials(parts == 1 ? 0 : rows * parts, Sums{NAN, NAN, NAN});
    auto forward = [&](auto kernel, auto combine, float *extras) {
      grid::launch(rows * parts, THREADS_OF_ROW, order, [&] {
        kernel(logits, stride, vocabulary, labels.data(), r.tokens.data(), r.maxima.data(), r.logSums.data(), extras, parts, partials.data());
      });
      if (parts > 1) {
        grid::launch(rows, 32, order, [&] {
          combine(partials.data(), parts, labels.data(), r.tokens.data(), r.maxima.data(), r.logSums.data(), extras);
        });
      }
    };
    forward(Format::Forward, combine_parts, nullptr);
    Results plain = r;
    forward(Format::WithEntropy, combine_parts_entropy, r.entropies.data());
    plain.entropies = r.entropies;
    check(plain == r, name + ": with the entropy the rest is the same");
    forward(Format::WithSquares, combine_parts_squares, r.squares.data());
    plain.squares = r.squares;
    check(plain == r, name + ": with the squares the rest is the same");
    check(r == all[0], name + ": the order of threads shows");
  }

  const float upstream[] = {0.75f, 2.0f, -1.5f, 1.0f};
  std::vector<Element> before(memory);
  for (u32 row = 0; row < rows; row++) {
    const Element *z = before.data() + shift + (size_t)row * stride;
    double maximum = -INFINITY, sum = 0, weighted = 0, squares = 0;
    for (u32 i = 0; i < vocabulary; i++) {
      maximum = std::max(maximum, (double)Format::value(z[i]));
    }
    for (u32 i = 0; i < vocabulary && labels[row] >= 0; i++) {
      double distance = Format::value(z[i]) - maximum;
      sum += std::exp(distance);
      squares += std::exp(2 * distance);
      weighted += distance > -1000 ? std::exp(distance) * distance : 0;
    }
    bool counts = labels[row] >= 0;
    double token = counts ? Format::value(z[labels[row]]) - maximum - std::log(sum) : 0;
    double entropy = counts ? std::log(sum) - weighted / sum : 0;
    check(std::abs(all[0].tokens[row] - token) <= 4e-6 * (1 + 0.1 * std::abs(token)), name + ": token of row " + std::to_string(row));
    check(std::abs(all[0].entropies[row] - entropy) <= 2e-5, name + ": entropy of row " + std::to_string(row));
    double logSquares = counts ? std::log(squares) - 2 * std::log(sum) : 0;
    check(std::abs(all[0].squares[row] - logSquares) <= 8e-6 * (1 + 0.1 * std::abs(logSquares)), name + ": squares of row " + std::to_string(row));
  }

  for (bool inPlace : {false, true}) {
    for (u32 shiftOfTarget : inPlace ? std::vector<u32>{0} : std::vector<u32>{0, misalignment, 1}) {
      std::vector<Element> other(memory.size() + 16, Format::make(1234));
      Element *target = inPlace ? logits : other.data() + shiftOfTarget;
      grid::launch(rows * parts, THREADS_OF_ROW, Order::Random, [&] {
        Format::Backward(logits, stride, vocabulary, labels.data(), all[0].maxima.data(), all[0].logSums.data(), upstream, target, stride, parts);
      });
      for (u32 row = 0; row < rows; row++) {
        const Element *z = before.data() + shift + (size_t)row * stride;
        for (u32 i = 0; i < stride && (size_t)row * stride + i < (rows - 1) * (size_t)stride + vocabulary; i++) {
          float g = Format::value(target[(size_t)row * stride + i]);
          if (i >= vocabulary) {
            check(inPlace || g == Format::value(Format::make(1234)), name + ": something is written between rows");
            continue;
          }
          double p = labels[row] < 0 ? 0 : std::exp(Format::value(z[i]) - (double)all[0].maxima[row] - all[0].logSums[row]);
          double exact = labels[row] < 0 ? 0 : upstream[row] * (((int)i == labels[row]) - p);
          double allowed = std::abs(exact) * (Format::Roundoff + 8e-6) + Format::Smallest + 3e-7;
          check(std::abs(g - exact) <= allowed, name + ": gradient of row " + std::to_string(row) + " at " + std::to_string(i));
        }
      }
    }
  }
}

// Rows more than 2^32 logits apart, in memory that is only promised.
static void test_far_rows() {
  const u64 stride = (1ull << 32) + 16;
  const size_t bytes = stride * 2 + 64;
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  check(memory != MAP_FAILED, "memory is promised");
  u16 *logits = (u16 *)memory;
  for (int i = 0; i < 8; i++) {
    logits[i] = (u16)round_bf16(i);
    logits[stride + i] = (u16)round_bf16(7 - i);
  }
  int labels[] = {7, 7};
  Results r(2);
  grid::launch(2, THREADS_OF_ROW, Order::Forward, [&] {
    forward_bf16(logits, stride, 8, labels, r.tokens.data(), r.maxima.data(), r.logSums.data(), nullptr, 1, nullptr);
  });
  check(std::abs(r.tokens[0] - r.tokens[1] - 7) < 1e-5, "the second row is where it is");
  munmap(memory, bytes);
}

static void test_sequences() {
  const int offsets[] = {0, 700, 700, 1000};
  std::vector<float> tokens(1000), spread(1000, NAN);
  std::vector<int> labels(1000, 3);
  double sums[3] = {};
  for (int i = 0; i < 1000; i++) {
    labels[i] = i % 3 == 0 ? -100 : 5;
    tokens[i] = labels[i] < 0 ? 0.0f : -0.37f * (i % 17);
    sums[i < 700 ? 0 : 2] += tokens[i];
  }
  float first[3];
  for (Order order : {Order::Forward, Order::Backward, Order::Random}) {
    float actual[3], lengths[3];
    grid::launch(3, THREADS_OF_ROW, order, [&] { sum_sequences(tokens.data(), labels.data(), offsets, actual, lengths); });
    for (int s = 0; s < 3; s++) {
      check(std::abs(actual[s] - sums[s]) <= 1e-6 * std::abs(sums[s]), "sum of a sequence");
      check(order == Order::Forward || actual[s] == first[s], "the order of threads shows in a sum");
      first[s] = actual[s];
    }
    check(lengths[0] == 466 && lengths[1] == 0 && lengths[2] == 200, "lengths of sequences");
    float upstream[] = {1, 2, 3};
    grid::launch(3, THREADS_OF_ROW, order, [&] { spread_upstream(upstream, offsets, spread.data()); });
    check(spread[0] == 1 && spread[699] == 1 && spread[700] == 3 && spread[999] == 3, "upstream of rows");
  }
}

// Two pairs: of the first the rejected completion is longer, the second has an empty rejected one; rows in between do not count.
static void test_splits() {
  const std::vector<int> offsets = {0, 300, 700, 1400, 1403};
  std::vector<float> tokens(1403), lengths(4), squares(1403, 0.0f);
  std::vector<int> labels(1403);
  for (int i = 0; i < 1403; i++) {
    labels[i] = i % 7 == 3 || i >= 1400 ? -1 : 5;
    tokens[i] = labels[i] < 0 ? 0.0f : -0.25f * (i % 13) - 0.01f * (i % 5);
    squares[i] = labels[i] < 0 ? 0.0f : -0.1f * (i % 11);
  }
  for (int s = 0; s < 4; s++) {
    for (int i = offsets[s]; i < offsets[s + 1]; i++) {
      lengths[s] += labels[i] >= 0 ? 1 : 0;
    }
  }
  tokens[1390] = -INFINITY; /* in the tail of the second of the first pair, where a share of 0 leaves it out */
  for (float share : {0.0f, 0.5f, 1.0f}) {
    std::vector<float> first(4);
    for (Order order : {Order::Forward, Order::Backward, Order::Random}) {
      std::vector<float> sums(4, NAN), weights(4, NAN), spread(1403, NAN);
      const float upstream[] = {1, -2, 3, 4}, whole[] = {-30, -60, -90, 0};
      grid::launch(4, THREADS_OF_ROW, order, [&] { sum_pairs_split(tokens.data(), labels.data(), offsets.data(), lengths.data(), 2, share, sums.data()); });
      grid::launch(4, THREADS_OF_ROW, order, [&] { spread_upstream_split(upstream, labels.data(), offsets.data(), lengths.data(), 2, share, spread.data()); });
      grid::launch(4, THREADS_OF_ROW, order, [&] { weigh_sequences(whole, lengths.data(), squares.data(), offsets.data(), weights.data()); });
      for (int s = 0; s < 4; s++) {
        double sum = 0, ofSquares = 0;
        int both = (int)std::min(lengths[s], lengths[s ^ 2]), before = 0;
        for (int i = offsets[s]; i < offsets[s + 1]; i++) {
          double scale = before < both ? 1 : share;
          check(labels[i] < 0 || spread[i] == (float)(scale * upstream[s]), "spread of row " + std::to_string(i));
          sum += labels[i] < 0 || scale == 0 ? 0 : scale * tokens[i];
          ofSquares += squares[i];
          before += labels[i] >= 0 ? 1 : 0;
        }
        check(sums[s] == sum || std::abs(sums[s] - sum) <= 1e-6 * std::abs(sum), "split sum of sequence " + std::to_string(s));
        double weight = std::exp((whole[s] - ofSquares) / lengths[s]);
        check(lengths[s] == 0 ? std::isnan(weights[s]) : std::abs(weights[s] - weight) <= 1e-6 * weight, "weight of sequence " + std::to_string(s));
        check(order == Order::Forward || sums[s] == first[s], "the order of threads shows in a split sum");
        first[s] = sums[s];
      }
    }
  }
}

int main() {
  test_far_rows();
  test_sequences();
  test_splits();
  std::mt19937 random(3);
  for (auto [vocabulary, misalignment] : std::vector<std::pair<u32, u32>>{{1, 0}, {2, 1}, {7, 3}, {8, 0}, {9, 1}, {31, 2}, {257, 0}, {1000, 3}, {4099, 1}, {32000, 0}}) {
    // More parts than there are vectors, too, so that some have nothing; and more than a warp has lanes.
    for (u32 parts : vocabulary == 4099 ? std::vector<u32>{3, 41} : vocabulary < 300 ? std::vector<u32>{1, 2} : std::vector<u32>{1}) {
      test<Bf16>(vocabulary, misalignment, parts, random);
      test<Fp16>(vocabulary, misalignment, parts, random);
      test<Fp32>(vocabulary, misalignment, parts, random);
    }
  }
  std::printf("%d checks passed\n", checks);
}
