using PreferenceLosses.Cuda;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>
/// The row kernels: log-probabilities, sums, lengths and gradients against the core's in double precision, over vocabularies, formats, alignments and
/// strides, in place and elsewhere, twice.
/// </summary>
internal static class RowChecks
{
    /// <summary>What a log-probability may be off, in nats, for logits up to about 40: the hardware's exponential and logarithm have 2 units.</summary>
    private const double Tolerance = 4e-6;

    private static readonly int[] Vocabularies = [1, 7, 1000, 32_000, 128_256, 151_936];
    private static readonly int[] QuickVocabularies = [1, 7, 1000, 8200];

    /// <summary>By how many logits the start is beyond a multiple of 256 bytes, and what is between rows.</summary>
    private static readonly (int Start, int Gap)[] Layouts = [(0, 0), (1, 1), (3, 5), (0, 8)];

    public static void Run(CudaDevice device, CheckReport report, bool isQuick, TextWriter output)
    {
        foreach (var format in Enum.GetValues<LogitFormat>())
        {
            foreach (var vocabulary in isQuick ? QuickVocabularies : Vocabularies)
            {
                foreach (var (start, gap) in isQuick ? Layouts[..2] : Layouts)
                {
                    report.Check(
                        FormattableString.Invariant($"{format}, vocabulary {vocabulary}, start + {start}, stride + {gap}"),
                        () => Check(device, format, vocabulary, start, vocabulary + gap));
                }
            }
        }

        // Three rows whose offsets need more than 32 bits: what is between them is not touched.
        const long FarStride = (1L << 31) + 5;
        const long Needed = 2 * ((2 * FarStride) + 1000);
        if (report.IsLost)
        {
            return;
        }

        if (!isQuick && device.GetFreeBytes() > 1.2 * Needed)
        {
            report.Check("offsets beyond 32 bits", () => CheckFarRows(device, FarStride, Needed));
        }
        else
        {
            output.WriteLine(FormattableString.Invariant($"not checked: offsets beyond 32 bits, which need {Needed >> 20} MiB"));
        }
    }

    private static string? Check(CudaDevice device, LogitFormat format, int vocabulary, int start, int stride)
    {
        // The third row does not count, and is NaN; the fourth is −∞ but for some, the last one −∞ but for its label. The second sequence is empty.
        int[] labels = [vocabulary - 1, 0, -100, vocabulary / 2, vocabulary / 3, 0];
        int[] offsets = [0, 3, 3, 5, 6];
        double[] upstream = [0.75, 3, -1.5, 0.01];
        var bytes = LogitBytes.Encode(Values(labels, vocabulary, stride), format);
        var values = LogitBytes.Decode(bytes, format);
        var core = new SequenceLogProbabilities();
        core.Forward(Logits.Of(values, vocabulary, stride), new TokenSequences { Labels = labels, Offsets = offsets });
        var exact = new float[values.Length];
        core.Backward(Logits.Of(values, vocabulary, stride), upstream, LogitGradients.Of(exact, vocabulary, stride));

        using var rows = new RowsOnDevice(device, bytes, format, vocabulary, stride, start, labels, offsets);
        foreach (var isShared in new[] { false, true })
        {
            var (tokens, sums, lengths) = rows.Forward(isShared);
            var wrong = Near("log-probability", core.Tokens, tokens, Tolerance) ?? Near("sum", core.Sums, sums, 3 * Tolerance) ?? Near("length", core.Lengths, lengths, 0);
            if (wrong is not null)
            {
                return $"{wrong}{(isShared ? ", where blocks may share rows" : "")}";
            }

            var again = rows.Forward(isShared);
            if (!tokens.AsSpan().SequenceEqual(again.Tokens) || !sums.AsSpan().SequenceEqual(again.Sums))
            {
                return "a second run gave other bits";
            }
        }

        // Elsewhere: aligned as the logits are, and otherwise, so that nothing is done sixteen bytes at a time. In place last: the logits are gone then.
        foreach (var (where, startElsewhere) in new (string, int?)[] { ("elsewhere", start), ("elsewhere", start + 1), ("elsewhere", start), ("in place", null) })
        {
            var gradients = LogitBytes.Decode(rows.Backward(upstream, startElsewhere), format);
            if (Gradients(exact, gradients, startElsewhere is null ? values : null, format, vocabulary, stride) is { } other)
            {
                return $"gradient {where}: {other}";
            }
        }

        return null;
    }

    private static string? CheckFarRows(CudaDevice device, long stride, long bytes)
    {
        const int Vocabulary = 1000;
        int[] labels = [0, 500, 999];
        var values = Values(labels, Vocabulary, Vocabulary);
        var row = LogitBytes.Encode(values, LogitFormat.Bf16);
        using var logits = device.Allocate(bytes);
        using var near = device.Allocate<byte>(row);
        for (var i = 0; i < labels.Length; i++)
        {
            device.Copy(near.Address + (i * 2 * Vocabulary), logits.Address + (nint)(i * 2 * stride), 2 * Vocabulary);
        }

        using var labelsOnDevice = device.Allocate<int>(labels);
        using var offsets = device.Allocate<int>([0, 1, 2, 3]);
        using var floats = device.Allocate<float>(new float[15]);
        nint Floats(int at) => floats.Address + (at * 3 * sizeof(float));
        var rows = new CudaLogits { Address = logits.Address, Format = LogitFormat.Bf16, Rows = 3, Vocabulary = Vocabulary, RowStride = stride };
        new CudaSequenceLogProbabilities(device).Forward(
            rows, new CudaTokenSequences { Labels = labelsOnDevice.Address, Offsets = offsets.Address, Count = 3 },
            new CudaTokenResults { Tokens = Floats(0), Maxima = Floats(1), LogSums = Floats(2) }, Floats(3), Floats(4));
        var tokens = new float[3];
        floats.CopyTo<float>(tokens);
        var core = new SequenceLogProbabilities();
        core.Forward(Logits.Of(LogitBytes.Decode(row, LogitFormat.Bf16), Vocabulary), new TokenSequences { Labels = labels, Offsets = [0, 1, 2, 3] });
        return Near("log-probability", core.Tokens, tokens, Tolerance);
    }

    /// <summary>Logits up to about 40, and the special rows.</summary>
    private static float[] Values(int[] labels, int vocabulary, int stride)
    {
        var random = new Random(vocabulary);
        var values = new float[((labels.Length - 1) * stride) + vocabulary];
        for (var i = 0; i < values.Length; i++)
        {
            var (row, token) = (i / stride, i % stride);
            var isLabel = token == labels[row];
            values[i] = labels[row] < 0 ? float.NaN
                : row == 3 && !isLabel && token % 50 < 30 ? float.NegativeInfinity
                : row == 5 && !isLabel ? float.NegativeInfinity
                : (float)(8 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }

    private static string? Near(string what, ReadOnlySpan<double> expected, float[] actual, double tolerance)
    {
        for (var i = 0; i < actual.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + (0.1 * Math.Abs(expected[i])))))
            {
                return FormattableString.Invariant($"{what} {i} is {actual[i]:R}, expected {expected[i]:R}");
            }
        }

        return null;
    }

    /// <param name="between">What has to be between rows; null where it is NaN.</param>
    private static string? Gradients(float[] exact, float[] actual, float[]? between, LogitFormat format, int vocabulary, int stride)
    {
        var roundoff = format switch
        {
            LogitFormat.Bf16 => 1.0 / 256,
            LogitFormat.Fp16 => 1.0 / 2048,
            _ => 0,
        };
        for (var i = 0; i < exact.Length; i++)
        {
            if (i % stride >= vocabulary)
            {
                if (!actual[i].Equals(between?[i] ?? float.NaN))
                {
                    return FormattableString.Invariant($"{actual[i]:R} was written at {i}, which is between rows");
                }
            }
            else if (!(Math.Abs(exact[i] - actual[i]) <= (Math.Abs(exact[i]) * (roundoff + (2 * Tolerance))) + (format == LogitFormat.Fp16 ? 3e-8 : 0) + 1.5e-7))
            {
                return FormattableString.Invariant($"{actual[i]:R} at {i}, expected {exact[i]:R}");
            }
        }

        return null;
    }
}
