namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>Against a loop in double precision, over sizes, formats, strides, alignments and vectors.</summary>
public class ReferenceLoopTests
{
    public static TheoryData<LogitFormat, int> FormatsAndVectors()
    {
        var data = new TheoryData<LogitFormat, int>();
        foreach (var format in Enum.GetValues<LogitFormat>())
        {
            foreach (var bits in new[] { 128, 256, 512 })
            {
                data.Add(format, bits);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(FormatsAndVectors))]
    public void Every_vocabulary_up_to_130(LogitFormat format, int bits)
    {
        for (var vocabulary = 1; vocabulary <= 130; vocabulary++)
        {
            var random = new Random(vocabulary);
            var values = Normal(random, 3 * vocabulary, deviation: 4);
            Check(new LogitBatch(format, values, vocabulary, gap: vocabulary % 5, offset: vocabulary % 7), bits, random);
        }
    }

    [Theory]
    [MemberData(nameof(FormatsAndVectors))]
    public void Around_a_block_and_its_multiples(LogitFormat format, int bits)
    {
        foreach (var vocabulary in new[] { 2047, 2048, 2049, 2048 + 32, 4095, 4096, 6145 })
        {
            var random = new Random(vocabulary);
            Check(new LogitBatch(format, Normal(random, 2 * vocabulary, deviation: 3), vocabulary, gap: 3, offset: 1), bits, random);

            // The maximum grows from block to block, and falls.
            double[] slopes = [.. Enumerable.Range(0, 2 * vocabulary).Select(i => i < vocabulary ? i * 0.01 : (vocabulary - i) * 0.01)];
            Check(new LogitBatch(format, slopes, vocabulary), bits, random);
        }
    }

    [Theory]
    [MemberData(nameof(FormatsAndVectors))]
    public void A_vocabulary_of_128256(LogitFormat format, int bits)
    {
        const int Vocabulary = 128256;
        var random = new Random(1);
        Check(new LogitBatch(format, Normal(random, 2 * Vocabulary, deviation: 2), Vocabulary), bits, random);

        // Probabilities from 1 down to below the smallest number.
        Check(new LogitBatch(format, Normal(random, Vocabulary, deviation: 40), Vocabulary, offset: 5), bits, random);
    }

    [Theory]
    [MemberData(nameof(FormatsAndVectors))]
    public void The_largest_numbers_of_the_format_and_minus_infinity(LogitFormat format, int bits)
    {
        var largest = format switch { LogitFormat.Fp32 => float.MaxValue, LogitFormat.Fp16 => 65504, _ => 3.3895e38 };
        double[] candidates = [largest, -largest, double.NegativeInfinity, 0, 1, largest / 2, -1];
        for (var vocabulary = 1; vocabulary <= 70; vocabulary += 3)
        {
            var random = new Random(vocabulary);
            double[] values = [.. Enumerable.Range(0, 4 * vocabulary).Select(i => i % vocabulary == 0 ? candidates[i / vocabulary % 2] : candidates[random.Next(candidates.Length)])];
            Check(new LogitBatch(format, values, vocabulary), bits, random);
        }

        // Nothing but the lowest finite number and −∞, over more than a block: what the running maximum starts with.
        double[] lowest = [.. Enumerable.Range(0, 5000).Select(i => i % 4999 == 0 ? -largest : double.NegativeInfinity)];
        Check(new LogitBatch(format, lowest, 5000), bits, new Random(1));
    }

    /// <summary>One sequence per row, with any labels and weights; out of place, with another stride, and then in place.</summary>
    private static void Check(LogitBatch batch, int bits, Random random)
    {
        int[] labels = [.. Enumerable.Range(0, batch.Rows).Select(_ => random.Next(batch.Vocabulary))];
        int[] offsets = [.. Enumerable.Range(0, batch.Rows + 1)];
        double[] upstream = [.. Enumerable.Range(0, batch.Rows).Select(_ => (4 * random.NextDouble()) - 2)];
        var values = batch.Values;
        LogitReference[] references = [.. labels.Select((label, row) => new LogitReference(values.AsSpan(row * batch.Vocabulary, batch.Vocabulary), label))];
        var where = $"{batch.Format}, {bits} bits, vocabulary {batch.Vocabulary}";

        var logProbabilities = new SequenceLogProbabilities { VectorBits = bits };
        var sequences = new TokenSequences { Labels = labels, Offsets = offsets };
        logProbabilities.Forward(batch.View, sequences, LogProbabilityExtras.Entropy | LogProbabilityExtras.PairWeight);
        for (var row = 0; row < batch.Rows; row++)
        {
            var reference = references[row];
            Within(reference.Entropy, logProbabilities.Entropies[row], reference.EntropyTolerance, $"entropy of row {row}, {where}");
            Within(
                Math.Exp(reference.LogProbability - reference.LogSquares),
                logProbabilities.PairWeights[row],
                6 * reference.Tolerance * Math.Exp(reference.LogProbability - reference.LogSquares),
                $"weight of row {row}, {where}");
        }

        // Without the extras another loop runs.
        logProbabilities.Forward(batch.View, sequences);
        for (var row = 0; row < batch.Rows; row++)
        {
            Within(references[row].LogProbability, logProbabilities.Tokens[row], references[row].Tolerance, $"log-probability of row {row}, {where}");
        }

        var apart = batch.Copy(gap: 2, offset: 3);
        logProbabilities.Backward(batch.View, upstream, apart.Gradients);
        Assert.Equal(values, batch.Values);
        apart.AssertNothingBesideWasWritten();
        logProbabilities.Backward(batch.View, upstream, batch.Gradients);
        batch.AssertNothingBesideWasWritten();
        var (gradients, inPlace) = (apart.Values, batch.Values);
        Assert.Equal(gradients, inPlace);
        for (var i = 0; i < gradients.Length; i++)
        {
            var (row, token) = (i / batch.Vocabulary, i % batch.Vocabulary);
            var exact = references[row].Gradient(token, upstream[row]);
            if (double.IsNegativeInfinity(values[i]) && token != labels[row])
            {
                Within(0, gradients[i], 0, $"gradient of -Infinity, token {token} of row {row}, {where}");
            }

            Within(exact, gradients[i], references[row].GradientTolerance(token, upstream[row], batch), $"gradient of token {token} of row {row}, {where}");
        }
    }

    private static double[] Normal(Random random, int count, double deviation)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return values;
    }

    private static void Within(double expected, double actual, double tolerance, string what)
    {
        if (expected != actual && !(Math.Abs(expected - actual) <= tolerance))
        {
            Assert.Fail(FormattableString.Invariant($"{what}: {actual:R}, and {expected:R} was expected, within {tolerance:G3}."));
        }
    }
}
