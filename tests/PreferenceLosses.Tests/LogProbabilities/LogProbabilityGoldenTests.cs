using System.Text.Json;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>Against PyTorch's autograd in double precision (Oracle/make_logprob_goldens.py), with each vector.</summary>
public class LogProbabilityGoldenTests
{
    private static readonly JsonDocument Document =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Oracle", "logprob_goldens.json")));

    public static TheoryData<string, int> Cases()
    {
        var data = new TheoryData<string, int>();
        foreach (var name in Names("cases"))
        {
            foreach (var bits in new[] { 128, 256, 512 })
            {
                data.Add(name, bits);
            }
        }

        return data;
    }

    public static TheoryData<string> Pairs() => [.. Names("pairs")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_and_gradients_are_PyTorchs(string name, int bits)
    {
        var golden = Find("cases", name);
        var batch = Batch(golden, golden.GetProperty("format").GetString() switch { "fp32" => LogitFormat.Fp32, "fp16" => LogitFormat.Fp16, _ => LogitFormat.Bf16 });
        int[] labels = Integers(golden, "labels");
        int[] offsets = Integers(golden, "offsets");
        bool[] mask = [.. Integers(golden, "mask").Select(m => m == 1)];
        var logits = batch.Values;
        Assert.Equal(Numbers(golden, "logits"), logits);
        LogitReference[] scale = [.. labels.Select((label, row) => new LogitReference(logits.AsSpan(row * batch.Vocabulary, batch.Vocabulary), label))];
        double OfSequence(int s, Func<LogitReference, double> tolerance) => Enumerable.Range(offsets[s], offsets[s + 1] - offsets[s]).Sum(row => tolerance(scale[row]));

        // A mask, or a label that says the same: half of the vectors have the one and half the other.
        int[] ignored = [.. labels.Select((label, row) => mask[row] ? label : TokenSequences.IgnoredLabel)];
        var sequences = bits == 256
            ? new TokenSequences { Labels = ignored, Offsets = offsets }
            : new TokenSequences { Labels = labels, Offsets = offsets, Mask = mask };
        var ours = new SequenceLogProbabilities { VectorBits = bits };
        ours.Forward(batch.View, sequences, LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight);

        var (tokens, sums, entropies, weights) = (Numbers(golden, "tokens"), Numbers(golden, "sums"), Numbers(golden, "entropies"), Numbers(golden, "weights"));
        var lengths = Numbers(golden, "lengths");
        Assert.Equal(lengths, ours.Lengths.ToArray());
        for (var row = 0; row < batch.Rows; row++)
        {
            Same.Within([tokens[row]], ours.Tokens.Slice(row, 1), scale[row].Tolerance, $"log-probability of row {row}");
            Same.Within([entropies[row]], ours.Entropies.Slice(row, 1), scale[row].EntropyTolerance, $"entropy of row {row}");
        }

        for (var s = 0; s < lengths.Length; s++)
        {
            Same.Within([sums[s]], ours.Sums.Slice(s, 1), OfSequence(s, r => r.Tolerance), $"sum {s}");
            Same.Within([sums[s] / lengths[s]], ours.Means.Slice(s, 1), OfSequence(s, r => r.Tolerance) / lengths[s], $"mean {s}");
            Same.Within([weights[s]], ours.PairWeights.Slice(s, 1), OfSequence(s, r => 6 * r.Tolerance) * weights[s], $"weight {s}");
            Same.Within(
                [Enumerable.Range(offsets[s], offsets[s + 1] - offsets[s]).Sum(row => entropies[row]) / lengths[s]],
                ours.MeanEntropies.Slice(s, 1),
                OfSequence(s, r => r.EntropyTolerance) / lengths[s],
                $"mean entropy {s}");
        }

        var upstream = Numbers(golden, "upstream");
        ours.Backward(batch.View, upstream, batch.Gradients);
        batch.AssertNothingBesideWasWritten();
        var (expected, gradient) = (Numbers(golden, "gradient"), batch.Values);
        for (var i = 0; i < gradient.Length; i++)
        {
            var row = i / batch.Vocabulary;
            var sequence = Array.FindLastIndex(offsets, offset => offset <= row);
            var tolerance = mask[row] ? scale[row].GradientTolerance(i % batch.Vocabulary, upstream[sequence], batch) : 0;
            Same.Within([expected[i]], [gradient[i]], tolerance, $"gradient of token {i % batch.Vocabulary} of row {row}");
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Losses_of_pairs_and_their_gradients_are_PyTorchs(string name)
    {
        var golden = Find("pairs", name);
        var batch = Batch(golden, LogitFormat.Fp32);
        IPreferenceLoss loss = name switch
        {
            "simpo" => new SimPoLoss { Beta = 2, Gamma = 1 },
            "wpo" => new DpoLoss { Beta = 0.1 }.With(Modification.PairWeights),
            _ => new DpoLoss { Beta = 0.1 },
        };
        var ours = new PairLossFromLogits(loss) { TailShare = golden.GetProperty("share").GetDouble() };
        bool[] mask = [.. Integers(golden, "mask").Select(m => m == 1)];
        var sequences = new TokenSequences { Labels = Integers(golden, "labels"), Offsets = Integers(golden, "offsets"), Mask = mask };
        var columns = new PreferenceBatch<double> { ReferenceChosen = Numbers(golden, "reference_chosen"), ReferenceRejected = Numbers(golden, "reference_rejected") };

        var expected = Numbers(golden, "losses");
        var withoutGradient = ours.Evaluate(batch.View, sequences, columns);
        var mean = ours.Evaluate(batch.View, sequences, columns, batch.Gradients);

        // Log-probabilities of the five tokens of a sequence are within 1e-5 of theirs, and no loss here is steeper than 2 in them.
        Same.Within(expected, ours.Losses, 2e-5, "losses");
        Same.Within([expected.Average()], [mean], 2e-5, "mean");
        Assert.Equal(withoutGradient, mean);
        Same.Within(Numbers(golden, "gradient"), batch.Values, 2e-6, "gradient");
        batch.AssertNothingBesideWasWritten();
    }

    private static IEnumerable<string> Names(string part) =>
        Document.RootElement.GetProperty(part).EnumerateArray().Select(golden => golden.GetProperty("name").GetString()!);

    private static JsonElement Find(string part, string name) =>
        Document.RootElement.GetProperty(part).EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);

    private static LogitBatch Batch(JsonElement golden, LogitFormat format) =>
        new(format, Numbers(golden, "logits"), golden.GetProperty("vocabulary").GetInt32(), gap: 3, offset: 1);

    private static double[] Numbers(JsonElement golden, string name) => Goldens.Numbers(golden.GetProperty(name));

    private static int[] Integers(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];
}
