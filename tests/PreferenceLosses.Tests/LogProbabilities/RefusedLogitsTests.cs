using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>What is defined at the edges, and what is refused there, with the row and what was expected.</summary>
public class RefusedLogitsTests
{
    private const double Infinity = double.PositiveInfinity;

    /// <summary>The first and last ones of a vector, a stride, a block and a row.</summary>
    private static readonly int[] Places = [0, 1, 31, 32, 50, 98, 99, 2047, 2049];

    public static TheoryData<LogitFormat, int> FormatsAndVectors => ReferenceLoopTests.FormatsAndVectors();

    [Theory]
    [MemberData(nameof(FormatsAndVectors))]
    public void Nan_and_infinity_are_found_wherever_they_are(LogitFormat format, int bits)
    {
        foreach (var vocabulary in new[] { 1, 5, 33, 100, 2048, 2050 })
        {
            foreach (var token in Places.Where(place => place < vocabulary))
            {
                foreach (var bad in new[] { double.NaN, Infinity })
                {
                    var values = new double[3 * vocabulary];
                    values[vocabulary + token] = bad;
                    var error = Refused(new LogitBatch(format, values, vocabulary), bits, extras: token % 2 == 0);
                    Assert.Equal(1, error.Row);
                    Assert.Contains(FormattableString.Invariant($"The logit of token {token} is {bad} at row 1"), error.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(FormatsAndVectors))]
    public void A_row_of_nothing_but_minus_infinity_is_refused(LogitFormat format, int bits)
    {
        foreach (var vocabulary in new[] { 1, 40, 2500 })
        {
            var values = new double[3 * vocabulary];
            values.AsSpan(2 * vocabulary).Fill(-Infinity);
            var error = Refused(new LogitBatch(format, values, vocabulary), bits, extras: vocabulary == 40);
            Assert.Equal(2, error.Row);
            Assert.Contains("Every logit of row 2 is -Infinity", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void After_a_refusal_there_are_no_results_and_the_next_batch_is_as_ever()
    {
        var ours = new SequenceLogProbabilities();
        var batch = new LogitBatch(LogitFormat.Fp32, [0, double.NaN], 2);
        Assert.Throws<InvalidBatchException>(() => ours.Forward(batch.View, new TokenSequences { Labels = [0], Offsets = [0, 1] }));
        Assert.Equal(0, ours.Sums.Length);
        Assert.Equal(0, ours.Tokens.Length);
        Assert.Throws<InvalidOperationException>(() => ours.Backward(batch.View, [1], batch.Gradients));

        var good = new LogitBatch(LogitFormat.Fp32, [0, 0], 2);
        ours.Forward(good.View, new TokenSequences { Labels = [0], Offsets = [0, 1] });
        Assert.Equal(-Math.Log(2), ours.Sums[0], 1e-7);
    }

    [Fact]
    public void A_label_with_a_logit_of_minus_infinity_has_that_log_probability_and_a_finite_gradient()
    {
        var batch = new LogitBatch(LogitFormat.Fp32, [-Infinity, 1, 1], 3);
        var ours = new SequenceLogProbabilities();
        ours.Forward(batch.View, new TokenSequences { Labels = [0], Offsets = [0, 1] });
        Assert.Equal(-Infinity, ours.Sums[0]);
        ours.Backward(batch.View, [1], batch.Gradients);
        Assert.Equal([1, -0.5, -0.5], batch.Values);
    }

    [Fact]
    public void A_sequence_without_rows_that_count_has_sum_0_and_no_mean()
    {
        var batch = new LogitBatch(LogitFormat.Fp32, [1, 2, 3, 4], 2);
        var ours = new SequenceLogProbabilities();
        ours.Forward(batch.View, new TokenSequences { Labels = [-100, -100], Offsets = [0, 2, 2] }, LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight);
        foreach (var s in new[] { 0, 1 })
        {
            Assert.Equal(0, ours.Sums[s]);
            Assert.Equal(0, ours.Lengths[s]);
            Assert.True(double.IsNaN(ours.Means[s]) && double.IsNaN(ours.MeanEntropies[s]) && double.IsNaN(ours.PairWeights[s]));
        }

        ours.Backward(batch.View, [1, 1], batch.Gradients);
        Assert.Equal([0, 0, 0, 0], batch.Values);
    }

    [Fact]
    public void No_rows_and_no_sequences_are_a_batch_too()
    {
        var ours = new SequenceLogProbabilities();
        ours.Forward(Logits.Of(Array.Empty<float>(), vocabulary: 5), new TokenSequences { Labels = [], Offsets = [0] });
        Assert.Equal(0, ours.Sums.Length);
        ours.Backward(Logits.Of(Array.Empty<float>(), vocabulary: 5), [], LogitGradients.Of(Array.Empty<float>(), vocabulary: 5));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_label_outside_of_the_vocabulary_is_refused(int label)
    {
        var error = Refused([0, label, 3], [0, 3]);
        Assert.Equal("labels", error.Column);
        Assert.Equal(1, error.Row);
        Assert.Contains(FormattableString.Invariant($"The label of row 1 is {label}; 0 to 6 is needed, or -100"), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 1, 3 }, "from 1 to 3; from 0 to the number of rows, 3")]
    [InlineData(new[] { 0, 2 }, "from 0 to 2; from 0 to the number of rows, 3")]
    [InlineData(new[] { 0, 4 }, "from 0 to 4; from 0 to the number of rows, 3")]
    [InlineData(new[] { 0, 2, 1, 3 }, "Offset 2 is 1 and the one before it 2")]
    [InlineData(new int[0], "There are no offsets")]
    public void Offsets_that_make_no_sequences_are_refused(int[] offsets, string message) =>
        Assert.Contains(message, Refused([0, 1, 2], offsets).Message, StringComparison.Ordinal);

    [Fact]
    public void Lengths_that_differ_are_refused()
    {
        Assert.Contains("'labels' has 2 values and the logits 3 rows", Refused([0, 1], [0, 3]).Message, StringComparison.Ordinal);
        Assert.Contains("'mask' has 1 values and the logits 3 rows", Refused([0, 1, 2], [0, 3], [true]).Message, StringComparison.Ordinal);
        Assert.Contains("one label per token", Assert.Throws<ArgumentException>(() => TokenSequences.ShiftLabels([1, 2], [0, 2], new int[3])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void Spans_that_are_no_whole_rows_are_refused()
    {
        Assert.Contains("There are 7 logits, which are no whole rows of 3 with a stride of 3", Message(() => Logits.Of(new float[7], 3)), StringComparison.Ordinal);
        Assert.Contains("no whole rows of 3 with a stride of 5", Message(() => LogitGradients.Of(new Half[4], 3, 5)), StringComparison.Ordinal);
        Message(() => Logits.OfBFloat16(new ushort[8], 3, 2));
        Message(() => Logits.Of(new float[8], 0));
        Message(() => Logits.At(null, LogitFormat.Fp32, 1, 1));
        Message(() => Logits.At((void*)64, (LogitFormat)9, 1, 1));

        // With and without what lies behind the last row.
        Assert.Equal(2, Logits.Of(new float[8], 3, 5).Rows);
        Assert.Equal(2, Logits.Of(new float[10], 3, 5).Rows);

        static string Message(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;
    }

    [Fact]
    public void Backward_passes_that_do_not_fit_are_refused()
    {
        var memory = new float[40];
        var ours = new SequenceLogProbabilities();
        Assert.Throws<InvalidOperationException>(() => ours.Backward(Logits.Of(memory, 5), [], LogitGradients.Of(memory, 5)));

        // Two rows of 5; upstream of another length or not finite, another shape, another format, memory that overlaps in part.
        ours.Forward(Logits.Of(memory.AsSpan(0, 10), 5), new TokenSequences { Labels = [0, 1], Offsets = [0, 2] });
        Refuse("There are 2 upstream weights; one per sequence, 1", () => Backward([1, 2], LogitGradients.Of(memory.AsSpan(0, 10), 5)));
        Refuse("The upstream weight of sequence 0 is NaN", () => Backward([double.NaN], LogitGradients.Of(memory.AsSpan(0, 10), 5)));
        Refuse("The upstream weight of sequence 0 is 1E+39", () => Backward([1e39], LogitGradients.Of(memory.AsSpan(0, 10), 5)));
        Refuse("The gradients are 4 × 5 and the logits 2 × 5", () => Backward([1], LogitGradients.Of(memory.AsSpan(0, 20), 5)));
        Refuse("The gradients are Fp16 and the logits Fp32", () => Backward([1], LogitGradients.Of(new Half[10], 5)));
        Refuse("overlap", () => Backward([1], LogitGradients.Of(memory.AsSpan(1, 10), 5)));
        Refuse("overlap", () => Backward([1], LogitGradients.Of(memory.AsSpan(0, 11), 5, 6)));
        Refuse("another shape", () => ours.Backward(Logits.Of(memory, 5), [1], LogitGradients.Of(memory.AsSpan(0, 10), 5)));
        Refuse("from 0 to its length, 2", () => ours.Split([3], new double[1], new double[1]));
        Refuse("one per sequence", () => ours.Split([1], new double[1], new double[2]));
        Assert.Throws<InvalidOperationException>(() => ours.Entropies.Length);
        Assert.Throws<InvalidOperationException>(() => ours.PairWeights.Length);

        // In place the logits are gone, and cannot be used again.
        Backward([1], LogitGradients.Of(memory.AsSpan(0, 10), 5));
        Assert.Throws<InvalidOperationException>(() => Backward([1], LogitGradients.Of(memory.AsSpan(0, 10), 5)));

        void Backward(double[] upstream, LogitGradients gradients) => ours.Backward(Logits.Of(memory.AsSpan(0, 10), 5), upstream, gradients);

        static void Refuse(string message, Action action) => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pairs_that_do_not_fit_are_refused_and_the_logits_stay()
    {
        var loss = new PairLossFromLogits(new SimPoLoss());
        var memory = new float[16];
        int[] labels = [0, 1, -100, 1];
        Refuse("pairs need two sequences each", () => Evaluate([0, 1, 2, 4], default));
        Refuse("Sequence 2, the 'policy_rejected' of pair 0, has no row that counts", () => Evaluate([0, 1, 2, 3, 4], default));
        Refuse("'policy_chosen' is computed from the logits", () => Evaluate([0, 2, 4], new PreferenceBatch<double> { PolicyChosen = [1.0] }));
        Refuse("'chosen_length' is computed from the logits", () => Evaluate([0, 2, 4], new PreferenceBatch<double> { ChosenLength = [1.0] }));
        Refuse("'weight' has 2 rows and the logits 1 pairs", () => Evaluate([0, 2, 4], new PreferenceBatch<double> { Weight = [1.0, 1] }));
        Refuse("a loss of pairs is needed", () => _ = new PairLossFromLogits(new KtoLoss()));
        Refuse("from 0 to 1", () => _ = new PairLossFromLogits(new DpoLoss()) { TailShare = 1.5 });

        memory[0] = float.NegativeInfinity;
        Refuse("'policy_chosen' is -Infinity at row 0", () => Evaluate([0, 2, 4], default));
        Assert.Equal([float.NegativeInfinity, .. new float[15]], memory);
        Assert.Equal(0, loss.Losses.Length);

        void Evaluate(int[] offsets, PreferenceBatch<double> batch) =>
            loss.Evaluate(Logits.Of(memory, 4), new TokenSequences { Labels = labels, Offsets = offsets }, batch, LogitGradients.Of(memory, 4));

        static void Refuse(string message, Action action) => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private static InvalidBatchException Refused(LogitBatch batch, int bits, bool extras)
    {
        var ours = new SequenceLogProbabilities { VectorBits = bits };
        return Assert.Throws<InvalidBatchException>(() => ours.Forward(
            batch.View,
            new TokenSequences { Labels = new int[batch.Rows], Offsets = [0, batch.Rows] },
            extras ? LogProbabilityExtras.Entropy : LogProbabilityExtras.None));
    }

    private static InvalidBatchException Refused(int[] labels, int[] offsets, bool[]? mask = null) => Assert.Throws<InvalidBatchException>(() =>
        new SequenceLogProbabilities().Forward(Logits.Of(new float[21], 7), new TokenSequences { Labels = labels, Offsets = offsets, Mask = mask }));
}
