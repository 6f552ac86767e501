namespace PreferenceLosses.Benchmarks;

/// <summary>What is measured: sequence log-probabilities from logits, and with them the gradient written in the logits' place.</summary>
internal sealed class LogProbabilityPass
{
    /// <summary>Rows per sequence.</summary>
    private const int SequenceLength = 64;

    private readonly float[] single;
    private readonly Half[] half;
    private readonly ushort[] bits;
    private readonly int vocabulary;
    private readonly LogitFormat format;
    private readonly bool isBackward;
    private readonly int threads;
    private readonly int[] labels;
    private readonly int[] offsets;
    private readonly double[] upstream;
    private readonly SequenceLogProbabilities logProbabilities = new();

    public LogProbabilityPass(int vocabulary, int rows, LogitFormat format, bool isBackward, int threads)
    {
        this.vocabulary = vocabulary;
        this.format = format;
        this.isBackward = isBackward;
        this.threads = threads;
        var count = vocabulary * rows;
        single = new float[format == LogitFormat.Fp32 ? count : 0];
        half = new Half[format == LogitFormat.Fp16 ? count : 0];
        bits = new ushort[format == LogitFormat.Bf16 ? count : 0];
        Reset();
        var random = new Random(2);
        labels = [.. Enumerable.Range(0, rows).Select(_ => random.Next(vocabulary))];
        var sequences = (rows + SequenceLength - 1) / SequenceLength;
        offsets = [.. Enumerable.Range(0, sequences + 1).Select(s => Math.Min(s * SequenceLength, rows))];
        upstream = [.. Enumerable.Range(0, sequences).Select(s => s % 2 == 0 ? 0.1 : -0.1)];
    }

    public long Logits => (long)labels.Length * vocabulary;

    /// <summary>Random logits, roughly normal with deviation 2: what is in their place after a backward pass are gradients.</summary>
    public void Reset()
    {
        var random = new Random(1);
        var table = Enumerable.Range(0, 1 << 14).Select(_ => 2f * (random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2)).ToArray();
        for (var i = 0; i < single.Length; i++)
        {
            single[i] = table[random.Next(table.Length)];
        }

        for (var i = 0; i < half.Length; i++)
        {
            half[i] = (Half)table[random.Next(table.Length)];
        }

        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = (ushort)(BitConverter.SingleToUInt32Bits(table[random.Next(table.Length)]) >> 16);
        }
    }

    public void Run()
    {
        var logits = format switch
        {
            LogitFormat.Fp32 => PreferenceLosses.Logits.Of(single, vocabulary),
            LogitFormat.Fp16 => PreferenceLosses.Logits.Of(half, vocabulary),
            _ => PreferenceLosses.Logits.OfBFloat16(bits, vocabulary),
        };
        logProbabilities.Forward(logits, new TokenSequences { Labels = labels, Offsets = offsets }, LogProbabilityExtras.None, threads);
        if (isBackward)
        {
            var gradients = format switch
            {
                LogitFormat.Fp32 => LogitGradients.Of(single, vocabulary),
                LogitFormat.Fp16 => LogitGradients.Of(half, vocabulary),
                _ => LogitGradients.OfBFloat16(bits, vocabulary),
            };
            logProbabilities.Backward(logits, upstream, gradients, threads);
        }
    }
}
