using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>What holds whatever the logits are.</summary>
public class LogProbabilityPropertyTests
{
    public static TheoryData<LogitFormat> Formats => [.. Enum.GetValues<LogitFormat>()];

    [Theory]
    [MemberData(nameof(Formats))]
    public void The_number_of_threads_changes_no_bit(LogitFormat format)
    {
        // Above the size at which threads are used: 2¹⁸ logits for each.
        var scene = new LogitScene(vocabulary: 5003, lengths: [90, 1, 0, 120, 30], seed: 1, format);
        var (tokens, sequences, gradient) = scene.Run(maxThreads: 1);
        foreach (var threads in new[] { 2, 3, 4 })
        {
            var other = scene.Run(threads);
            Assert.Equal(tokens, other.Tokens);
            Assert.Equal(sequences, other.Sequences);
            Assert.Equal(gradient, other.Gradient);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Asking_for_more_changes_no_bit_of_the_log_probabilities(LogitFormat format)
    {
        foreach (var bits in new[] { 128, 256, 512 })
        {
            var scene = new LogitScene(vocabulary: 4321, lengths: [3, 4], seed: 13, format);
            var (plain, more) = (new SequenceLogProbabilities { VectorBits = bits }, new SequenceLogProbabilities { VectorBits = bits });
            plain.Forward(scene.Batch.View, scene.Sequences);
            more.Forward(scene.Batch.View, scene.Sequences, LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight);
            Assert.Equal(plain.Tokens.ToArray(), more.Tokens.ToArray());
        }
    }

    [Fact]
    public void A_number_added_to_all_logits_of_a_row_changes_nothing()
    {
        var scene = new LogitScene(vocabulary: 77, lengths: [3, 5], seed: 2);

        // Multiples of 1/64 up to 12, so that adding 1000 rounds nothing.
        double[] logits = [.. scene.Batch.Values.Select(z => Math.Round(64 * z) / 64)];
        var before = new LogitScene(77, [3, 5], seed: 2) { Batch = new LogitBatch(LogitFormat.Fp32, logits, 77) }.Run();
        var after = new LogitScene(77, [3, 5], seed: 2) { Batch = new LogitBatch(LogitFormat.Fp32, [.. logits.Select((z, i) => z + (i / 77 % 2 == 0 ? 1000 : -1000))], 77) }.Run();
        Assert.Equal(before.Tokens, after.Tokens);
        Assert.Equal(before.Sequences, after.Sequences);
        Assert.Equal(before.Gradient, after.Gradient);
    }

    [Fact]
    public void The_gradient_of_a_row_adds_up_to_0()
    {
        foreach (var vocabulary in new[] { 1, 2, 17, 300, 2100 })
        {
            var scene = new LogitScene(vocabulary, lengths: [2, 4], seed: vocabulary);
            var gradient = scene.Run().Gradient;
            for (var row = 0; row < scene.Rows; row++)
            {
                // Each of the probabilities is off by a few units of 2⁻²⁴ of itself, and they add up to 1.
                Same.Within([0], [gradient.AsSpan(row * vocabulary, vocabulary).ToArray().Sum()], 30.0 / (1 << 24), $"row {row} of {vocabulary}");
            }
        }
    }

    [Fact]
    public void Rows_that_do_not_count_might_as_well_not_be_there_and_get_zeros()
    {
        var scene = new LogitScene(vocabulary: 41, lengths: [6, 3, 8], seed: 5);
        int[] kept = [.. Enumerable.Range(0, scene.Rows).Where(row => scene.Labels[row] >= 0)];
        var without = new LogitScene(41, [6, 3, 8], seed: 5)
        {
            Batch = scene.Batch.Select(kept),
            Labels = [.. kept.Select(row => scene.Labels[row])],
            Offsets = [.. scene.Offsets.Select(offset => kept.Count(row => row < offset))],
        };
        Assert.True(without.Rows < scene.Rows);
        var (all, few) = (scene.Run(), without.Run());
        Assert.Equal(few.Sequences, all.Sequences);
        Assert.Equal(few.Gradient, kept.SelectMany(row => all.Gradient.Skip(row * 41).Take(41)));
        Assert.All(Enumerable.Range(0, scene.Rows).Except(kept).SelectMany(row => all.Gradient.Skip(row * 41).Take(41)), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Rows_that_do_not_count_are_not_read_and_their_labels_not_looked_at_under_a_mask()
    {
        var scene = new LogitScene(vocabulary: 9, lengths: [3], seed: 6, ignored: 0);
        var values = scene.Batch.Values;
        values.AsSpan(9, 9).Fill(double.NaN);
        var batch = new LogitBatch(LogitFormat.Fp32, values, 9);
        var ours = new SequenceLogProbabilities();
        int[] labels = [scene.Labels[0], 123456, scene.Labels[2]];
        ours.Forward(batch.View, new TokenSequences { Labels = labels, Offsets = [0, 3], Mask = [true, false, true] });
        Assert.Equal(0, ours.Tokens[1]);
        Assert.Equal(ours.Tokens[0] + ours.Tokens[2], ours.Sums[0]);
        ours.Backward(batch.View, [1], batch.Gradients);
        Assert.All(batch.Values[9..18], value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_order_of_sequences_is_no_matter()
    {
        var scene = new LogitScene(vocabulary: 50, lengths: [4, 4, 4], seed: 7);
        int[] order = [.. Enumerable.Range(8, 4), .. Enumerable.Range(0, 8)];
        var turned = new LogitScene(50, [4, 4, 4], seed: 7)
        {
            Batch = scene.Batch.Select(order), Labels = [.. order.Select(row => scene.Labels[row])], Upstream = [scene.Upstream[2], scene.Upstream[0], scene.Upstream[1]],
        };
        var (straight, other) = (scene.Run(), turned.Run());
        Assert.Equal(other.Gradient, order.SelectMany(row => straight.Gradient.Skip(row * 50).Take(50)));
        Assert.Equal(other.Sequences, straight.Sequences.Chunk(3).SelectMany(v => new[] { v[2], v[0], v[1] }));
    }

    [Fact]
    public void A_batch_in_parts_gives_what_the_whole_gives()
    {
        var scene = new LogitScene(vocabulary: 333, lengths: [5, 2, 7, 3], seed: 8);
        var whole = scene.Run();
        var reused = new SequenceLogProbabilities();
        for (var s = 0; s < 4; s++)
        {
            var (start, end) = (scene.Offsets[s], scene.Offsets[s + 1]);
            var part = new LogitScene(333, [end - start], seed: 8)
            {
                Batch = scene.Batch.Select(Enumerable.Range(start, end - start)), Labels = scene.Labels[start..end], Upstream = [scene.Upstream[s]],
            }.Run(with: reused);
            Assert.Equal(whole.Sequences.Chunk(4).Select(v => v[s]), part.Sequences);
            Assert.Equal(whole.Gradient[(start * 333)..(end * 333)], part.Gradient);
        }
    }

    [Fact]
    public void Weights_per_token_are_the_gradients_of_sums_made_of_them()
    {
        var scene = new LogitScene(vocabulary: 23, lengths: [5, 4], seed: 9);
        var ours = new SequenceLogProbabilities();
        ours.Forward(scene.Batch.View, scene.Sequences);
        double[] perToken = [.. Enumerable.Range(0, 9).Select(row => scene.Upstream[row < 5 ? 0 : 1])];
        var gradient = scene.Batch.Copy();
        ours.BackwardTokens(scene.Batch.View, perToken, gradient.Gradients);
        Assert.Equal(scene.Run().Gradient, gradient.Values);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void The_split_is_length_desensitization_of_the_tokens_that_count(double share)
    {
        var scene = new LogitScene(vocabulary: 23, lengths: [9, 7, 0], seed: 10);
        var ours = new SequenceLogProbabilities();
        ours.Forward(scene.Batch.View, scene.Sequences);
        int[] lengths = [3, (int)ours.Lengths[1], 0];
        Assert.InRange(ours.Lengths[0], 4, 8);
        var (front, tail) = (new double[3], new double[3]);
        ours.Split(lengths, front, tail);
        for (var s = 0; s < 3; s++)
        {
            double[] counted = [.. Enumerable.Range(scene.Offsets[s], scene.Offsets[s + 1] - scene.Offsets[s]).Where(row => scene.Labels[row] >= 0).Select(row => ours.Tokens[row])];
            Assert.Equal(LengthDesensitization.Sum<double>(counted, lengths[s], share), front[s] + (share * tail[s]), 1e-12);
        }

        // The gradient: that of weights per token.
        double[] tailUpstream = [.. scene.Upstream.Select(u => share * u)];
        var counts = new int[3];
        var perToken = new double[scene.Rows];
        for (var row = 0; row < scene.Rows; row++)
        {
            var s = row < 9 ? 0 : 1;
            perToken[row] = counts[s] < lengths[s] ? scene.Upstream[s] : tailUpstream[s];
            counts[s] += scene.Labels[row] >= 0 ? 1 : 0;
        }

        var (expected, actual) = (scene.Batch.Copy(), scene.Batch.Copy());
        ours.BackwardTokens(scene.Batch.View, perToken, expected.Gradients);
        ours.BackwardSplit(scene.Batch.View, lengths, scene.Upstream, tailUpstream, actual.Gradients);
        Assert.Equal(expected.Values, actual.Values);
    }

    [Fact]
    public void Two_logits_by_hand()
    {
        // p = (1/4, 3/4) twice: log p = ln ¾ + ln ¼, entropy ln 4 − ¾·ln 3, Σ p² = 10/16, weight √(¾·¼)/(10/16).
        var batch = new LogitBatch(LogitFormat.Fp32, [0, Math.Log(3), 0, Math.Log(3)], 2);
        var ours = new SequenceLogProbabilities();
        ours.Forward(batch.View, new TokenSequences { Labels = [1, 0], Offsets = [0, 2] }, LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight);
        Assert.Equal(Math.Log(3.0 / 16), ours.Sums[0], 1e-6);
        Assert.Equal(Math.Log(3.0 / 16) / 2, ours.Means[0], 1e-6);
        Assert.Equal(2, ours.Lengths[0]);
        Assert.Equal(Math.Log(4) - (0.75 * Math.Log(3)), ours.Entropies[1], 1e-6);
        Assert.Equal(Math.Sqrt(3) / 4 / 0.625, ours.PairWeights[0], 1e-6);
        ours.Backward(batch.View, [2], batch.Gradients);
        Same.Within([-0.5, 0.5, 1.5, -1.5], batch.Values, 1e-6);
    }

    [Fact]
    public void Labels_are_shifted_within_each_sequence()
    {
        int[] tokens = [5, 6, 7, 1, TokenSequences.IgnoredLabel, 3];
        TokenSequences.ShiftLabels(tokens, [0, 3, 3, 4, 6], tokens);
        Assert.Equal([6, 7, -100, -100, 3, -100], tokens);
    }

    [Fact]
    public unsafe void Memory_that_does_not_move_is_as_good()
    {
        var scene = new LogitScene(vocabulary: 30, lengths: [4], seed: 11);
        var expected = scene.Run();
        float[] values = [.. scene.Batch.Values.Select(v => (float)v)];
        var ours = new SequenceLogProbabilities();
        fixed (float* origin = values)
        {
            var logits = Logits.At(origin, LogitFormat.Fp32, rows: 4, vocabulary: 30);
            ours.Forward(logits, scene.Sequences);
            ours.Backward(logits, scene.Upstream, LogitGradients.At(origin, LogitFormat.Fp32, rows: 4, vocabulary: 30));
        }

        Assert.Equal(expected.Gradient, values.Select(v => (double)v));
    }

    [Fact]
    public void A_warm_call_on_one_thread_allocates_nothing()
    {
        var scene = new LogitScene(vocabulary: 3000, lengths: [20, 30], seed: 12);
        var (ours, gradient) = (new SequenceLogProbabilities(), scene.Batch.Copy());
        var loss = new PairLossFromLogits(new DpoLoss()) { TailShare = 0.5 };
        double[] reference = [-50];
        Call();
        Call();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Call();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Call()
        {
            ours.Forward(scene.Batch.View, scene.Sequences, LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight, maxThreads: 1);
            ours.Backward(scene.Batch.View, scene.Upstream, gradient.Gradients, maxThreads: 1);
            loss.Evaluate(
                scene.Batch.View,
                scene.Sequences,
                new PreferenceBatch<double> { ReferenceChosen = reference, ReferenceRejected = reference },
                gradient.Gradients,
                new EvaluationOptions { MaxThreads = 1 });
        }
    }
}
