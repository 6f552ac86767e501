using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Cuda.Tests.Support;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>The committed PTX of the row kernels, run by the interpreter, against the CPU path of the core.</summary>
public class RowKernelTests
{
    /// <summary>
    /// What a log-probability may be off, in nats: exponentials and logarithms of the hardware have 2 ulp, the sum of a row is in single
    /// precision in 256 parts. The largest that was seen is 2.5e-6.
    /// </summary>
    private const double LogProbabilityTolerance = 4e-6;

    private const int Rows = 5;

    public static TheoryData<LogitFormat, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<LogitFormat, int, int>();
            foreach (var format in Enum.GetValues<LogitFormat>())
            {
                foreach (var (vocabulary, misalignment) in new[] { (1, 0), (2, 1), (7, 3), (8, 0), (9, 1), (31, 2), (257, 0), (1000, 3), (2056, 0), (4099, 1) })
                {
                    cases.Add(format, vocabulary, misalignment);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_and_backward_are_those_of_the_core(LogitFormat format, int vocabulary, int misalignment) =>
        Agrees(format, vocabulary, misalignment, LogProbabilityTolerance);

    [Theory]
    [InlineData(LogitFormat.Bf16, 4099, 3, 1)]
    [InlineData(LogitFormat.Fp16, 4096, 2, 0)]
    [InlineData(LogitFormat.Fp32, 4099, 37, 1)]
    [InlineData(LogitFormat.Bf16, 9, 4, 1)]
    [InlineData(LogitFormat.Fp32, 1, 2, 0)]
    public void Blocks_that_share_a_row_give_the_same(LogitFormat format, int vocabulary, int parts, int misalignment) =>
        Agrees(format, vocabulary, misalignment, LogProbabilityTolerance, parts);

    [Theory]
    [InlineData(LogitFormat.Bf16)]
    [InlineData(LogitFormat.Fp32)]
    public void No_digit_depends_on_the_order_of_blocks_and_gradients_not_on_their_number(LogitFormat format)
    {
        const int Vocabulary = 2100;
        var values = Logits(2, Vocabulary, Vocabulary);
        EmulatedRows Rows(ThreadOrder order, int parts) => new(values, format, Vocabulary, Vocabulary, [5, 2099], order: order, parts: parts);
        EmulatedRows[] shared = [.. Enum.GetValues<ThreadOrder>().Select(order => Rows(order, 5))];
        Array.ForEach(shared, rows => rows.Forward(RowExtra.Entropy));
        foreach (var region in new Func<EmulatedRows, Region>[] { r => r.Tokens, r => r.Maxima, r => r.LogSums, r => r.Extras })
        {
            Assert.All(shared, rows => Assert.Equal(region(shared[0]).Bytes, region(rows).Bytes));
        }

        float[] Gradients(int parts)
        {
            var rows = Rows(ThreadOrder.Random, parts);
            shared[0].Maxima.Bytes.CopyTo(rows.Maxima.Bytes, 0);
            shared[0].LogSums.Bytes.CopyTo(rows.LogSums.Bytes, 0);
            return rows.Backward([1.5f, -0.25f]).Gradients;
        }

        Assert.Equal(Gradients(1), Gradients(5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void What_a_completion_is_longer_by_counts_by_a_share(double share)
    {
        // Two pairs; of the second one the rejected completion has no row that counts.
        const int Vocabulary = 5;
        int[] offsets = [0, 3, 70, 400, 402];
        int[] labels = [.. Enumerable.Range(0, 402).Select(i => i % 4 == 1 || i >= 400 ? -100 : i % Vocabulary)];
        var values = Logits(labels.Length, Vocabulary, Vocabulary).Select(v => float.IsFinite(v) ? v : 1).ToArray();
        var rows = new EmulatedRows(values, LogitFormat.Fp32, Vocabulary, Vocabulary, labels);
        var core = new SequenceLogProbabilities();
        core.Forward(PreferenceLosses.Logits.Of(values, Vocabulary), new TokenSequences { Labels = labels, Offsets = offsets });
        int[] both = [.. Enumerable.Range(0, 4).Select(s => (int)Math.Min(core.Lengths[s], core.Lengths[s ^ 2]))];
        var (common, tails) = (new double[4], new double[4]);
        core.Split(both, common, tails);
        var exact = new float[values.Length];
        double[] upstream = [1, -2, 0.5, 3];
        core.BackwardSplit(PreferenceLosses.Logits.Of(values, Vocabulary), both, upstream, [.. upstream.Select(u => share * u)], LogitGradients.Of(exact, Vocabulary));

        rows.Forward();
        var (sums, ofRows) = rows.Split([.. upstream.Select(u => (float)u)], offsets, (float)share);
        AssertNear([.. common.Zip(tails, (c, t) => c + (share * t))], sums, LogProbabilityTolerance);
        var (_, gradients) = rows.Backward(ofRows);
        Assert.All(exact.Zip(gradients), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Theory]
    [InlineData(1, 128256, 31)]
    [InlineData(8, 128256, 31)]
    [InlineData(17, 128256, 30)]
    [InlineData(128, 128256, 4)]
    [InlineData(256, 128256, 2)]
    [InlineData(257, 128256, 1)]
    [InlineData(100_000, 128256, 1)]
    [InlineData(1, 8192, 2)]
    [InlineData(1, 8191, 1)]
    [InlineData(1, 1, 1)]
    public void Few_rows_are_shared_by_as_many_blocks_as_rows_and_vocabulary_say(int rows, int vocabulary, int parts)
    {
        Assert.Equal(parts, RowKernels.Parts(rows, vocabulary));
        Assert.Equal(parts == 1 ? 0 : 12 * rows * parts, CudaSequenceLogProbabilities.PartialBytes(rows, vocabulary));
        Assert.InRange(CudaSequenceLogProbabilities.PartialBytes(rows, vocabulary), 0, 6144);
    }

    [Theory]
    [InlineData(LogitFormat.Bf16)]
    [InlineData(LogitFormat.Fp32)]
    public void Approximate_instructions_may_be_off_by_2_units(LogitFormat format)
    {
        var random = new Random(5);
        InstructionSet.Perturbation = value => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) + random.Next(-2, 3));
        try
        {
            Agrees(format, vocabulary: 3001, misalignment: 1, LogProbabilityTolerance);
        }
        finally
        {
            InstructionSet.Perturbation = null;
        }
    }

    [Theory]
    [InlineData(LogitFormat.Bf16, 2.05, 4.1, 9.2, 8.9)]
    [InlineData(LogitFormat.Fp16, 2.05, 4.1, 10.6, 10.7)]
    [InlineData(LogitFormat.Fp32, 4.1, 8.2, 9.9, 8.9)]
    public void Logits_are_read_once_forward_and_read_and_written_once_backward(
        LogitFormat format, double forward, double backward, double forwardInstructions, double backwardInstructions)
    {
        const int Vocabulary = 128256;
        var rows = new EmulatedRows(Logits(1, Vocabulary, Vocabulary), format, Vocabulary, Vocabulary, [77]);
        var there = rows.Forward();
        var (back, _) = rows.Backward([0.5f]);
        var shared = new EmulatedRows(Logits(1, Vocabulary, Vocabulary), format, Vocabulary, Vocabulary, [77], parts: RowKernels.Parts(1, Vocabulary)).Forward();
        Assert.InRange((double)(there.BytesRead + there.BytesWritten) / Vocabulary, 2, forward);

        // Every thread of 31 blocks reads the label, which is in a cache by then.
        Assert.InRange((double)(shared.BytesRead + shared.BytesWritten) / Vocabulary, 2, forward + 0.25);
        Assert.InRange((double)(back.BytesRead + back.BytesWritten) / Vocabulary, 4, backward);

        // Instructions per logit: numbers that may not grow.
        Assert.InRange((double)there.Instructions / Vocabulary, 5, forwardInstructions);
        Assert.InRange((double)back.Instructions / Vocabulary, 5, backwardInstructions);
    }

    [Fact]
    public void A_row_that_does_not_count_is_not_read()
    {
        const int Vocabulary = 4096;
        var rows = new EmulatedRows(Logits(2, Vocabulary, Vocabulary), LogitFormat.Bf16, Vocabulary, Vocabulary, [-100, -1]);
        Assert.InRange(rows.Forward().BytesRead, 0, 256 * 4 * 2);
        var (counts, gradients) = rows.Backward([1, 1]);
        Assert.InRange(counts.BytesRead, 0, 2 * 256 * 16);
        Assert.InRange(counts.BytesWritten, 2 * Vocabulary * 2, 2 * Vocabulary * 2);
        Assert.All(gradients, g => Assert.Equal(0, g));
    }

    [Theory]
    [InlineData("forward_bf16")]
    [InlineData("backward_bf16")]
    public void Offsets_have_64_bits(string entry)
    {
        // Two rows of eight logits each, more than 2^32 logits apart: nothing is between them.
        const ulong Stride = (1UL << 32) + 16;
        var memory = new EmulatedMemory();
        var first = memory.Place("row 0", 0x1000_0000_0000, EmulatedRows.Encode([1, 2, 3, 4, 5, 6, 7, 8], LogitFormat.Bf16));
        var second = memory.Place("row 1", first.Start + (2 * Stride), EmulatedRows.Encode([8, 7, 6, 5, 4, 3, 2, 1], LogitFormat.Bf16));
        var labels = memory.Allocate<int>("labels", [0, 0]);
        var (tokens, maxima, logSums) = (memory.Allocate<float>("tokens", [0, 0]), memory.Allocate<float>("maxima", [8, 8]), memory.Allocate<float>("log-sums", [0.458f, 0.458f]));
        var upstream = memory.Allocate<float>("upstream", [1, 1]);
        object[] arguments = entry == "forward_bf16"
            ? [first.Start, Stride, 8, labels.Start, tokens.Start, maxima.Start, logSums.Start, tokens.Start, 1, tokens.Start]
            : [first.Start, Stride, 8, labels.Start, maxima.Start, logSums.Start, upstream.Start, first.Start, Stride, 1];
        new PtxMachine(memory).Launch(PtxModule.Parse(RowKernels.Text)[entry], 2, RowKernels.Threads, arguments);
        if (entry == "forward_bf16")
        {
            Assert.InRange(EmulatedMemory.Read<float>(tokens)[1] - EmulatedMemory.Read<float>(tokens)[0], 6.99f, 7.01f);
        }
        else
        {
            Assert.InRange(EmulatedRows.Decode(second.Bytes, LogitFormat.Bf16)[0], 0.3f, 0.4f);
        }
    }

    [Fact]
    public void A_missing_barrier_is_noticed()
    {
        var broken = PtxModule.Parse(RowKernels.Text.Replace("bar.sync", "// bar.sync", StringComparison.Ordinal));
        var values = Logits(2, 2000, 2000);
        var intact = new EmulatedRows(values, LogitFormat.Fp32, 2000, 2000, [5, 1999]);
        intact.Forward();
        Assert.Contains(Enum.GetValues<ThreadOrder>(), order =>
        {
            var rows = new EmulatedRows(values, LogitFormat.Fp32, 2000, 2000, [5, 1999], order: order, module: broken);
            rows.Forward();
            return !EmulatedMemory.Read<float>(rows.Tokens).SequenceEqual(EmulatedMemory.Read<float>(intact.Tokens));
        });
    }

    private static void Agrees(LogitFormat format, int vocabulary, int misalignment, double tolerance, int parts = 1)
    {
        var stride = vocabulary + misalignment;
        int[] labels = [vocabulary - 1, 0, -100, vocabulary / 2, vocabulary / 3];
        int[] offsets = [0, 3, 3, 5];
        var rows = new EmulatedRows(Logits(Rows, vocabulary, stride), format, vocabulary, stride, labels, misalignment, parts: parts);
        var values = rows.Logits;
        var core = new SequenceLogProbabilities();
        core.Forward(
            PreferenceLosses.Logits.Of(values, vocabulary, stride), new TokenSequences { Labels = labels, Offsets = offsets }, LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight);

        rows.Forward(RowExtra.LogSquares);
        AssertNear(core.PairWeights.ToArray(), rows.Weights(offsets), 4 * tolerance);
        rows.Forward(RowExtra.Entropy);
        AssertNear(core.Entropies.ToArray(), EmulatedMemory.Read<float>(rows.Extras), 4 * tolerance);
        var withEntropy = EmulatedMemory.Read<float>(rows.Tokens);
        rows.Forward();
        var tokens = EmulatedMemory.Read<float>(rows.Tokens);
        Assert.Equal(InstructionSet.Perturbation is null ? withEntropy : tokens, tokens);
        AssertNear(core.Tokens.ToArray(), tokens, tolerance);
        var (sums, lengths) = rows.Sum(offsets);
        AssertNear(core.Sums.ToArray(), sums, 3 * tolerance);
        Assert.Equal(core.Lengths.ToArray(), lengths.Select(l => (double)l));

        double[] upstream = [0.75, 3, -1.5];
        var ofRows = rows.Spread([.. upstream.Select(u => (float)u)], offsets);
        var exact = new float[values.Length];
        core.Backward(PreferenceLosses.Logits.Of(values, vocabulary, stride), upstream, LogitGradients.Of(exact, vocabulary, stride));
        foreach (var elsewhere in new int?[] { misalignment, 0, 1, null })
        {
            var (_, gradients) = rows.Backward(ofRows, elsewhere);
            AssertGradients(exact, gradients, format, vocabulary, stride, tolerance, isInPlace: elsewhere is null, values);
        }
    }

    private static void AssertGradients(
        float[] exact, float[] actual, LogitFormat format, int vocabulary, int stride, double tolerance, bool isInPlace, float[] values)
    {
        var roundoff = format switch
        {
            LogitFormat.Bf16 => 1.0 / 256,
            LogitFormat.Fp16 => 1.0 / 2048,
            _ => 0,
        };
        for (var i = 0; i < exact.Length; i++)
        {
            if (i % stride < vocabulary)
            {
                // Half a unit of the format (of the smallest fp16, where they are subnormal), and what the exponential is off.
                var allowed = (Math.Abs(exact[i]) * (roundoff + (2 * tolerance))) + (format == LogitFormat.Fp16 ? 3e-8 : 1e-37) + (1.5 * 1e-7);
                Assert.True(Math.Abs(exact[i] - actual[i]) <= allowed, FormattableString.Invariant($"{actual[i]} at {i}, expected {exact[i]}"));
            }
            else
            {
                // Nothing is written between rows.
                Assert.Equal(isInPlace ? values[i] : float.NaN, actual[i]);
            }
        }
    }

    private static void AssertNear(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(
                expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + (0.1 * Math.Abs(expected[i]))),
                FormattableString.Invariant($"{actual[i]:R} at {i}, expected {expected[i]:R}, off by {actual[i] - expected[i]:G3}"));
        }
    }

    /// <summary>Logits up to about 40, runs of −∞ in one row, NaN in the one that does not count.</summary>
    private static float[] Logits(int rows, int vocabulary, int stride)
    {
        var random = new Random(vocabulary);
        var values = new float[((rows - 1) * stride) + vocabulary];
        for (var i = 0; i < values.Length; i++)
        {
            var (row, token) = (i / stride, i % stride);
            values[i] = row == 2 && rows > 3 ? float.NaN
                : row == 3 && token != vocabulary / 2 && token % 50 < 30 ? float.NegativeInfinity
                : (float)(8 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(6.283 * random.NextDouble()));
        }

        return values;
    }
}
