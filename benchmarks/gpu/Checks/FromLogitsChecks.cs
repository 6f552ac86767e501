using PreferenceLosses.Cuda;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>From logits to losses and to the gradient with respect to the logits, in one call, against the same on the CPU.</summary>
internal static class FromLogitsChecks
{
    private const int Pairs = 4;
    private const double Tolerance = 2e-5;

    public static void Run(CudaDevice device, CheckReport report, bool isQuick, TextWriter output)
    {
        foreach (var name in new[] { "dpo", "simpo", "kto-pair", "nll" })
        {
            foreach (var format in Enum.GetValues<LogitFormat>())
            {
                var vocabulary = isQuick ? 37 : 32_000;
                report.Check(FormattableString.Invariant($"{name} from logits, {format}, vocabulary {vocabulary}"), () => Check(device, name, format, vocabulary));
            }
        }
    }

    private static string? Check(CudaDevice device, string name, LogitFormat format, int vocabulary)
    {
        int[] offsets = [0, 3, 5, 6, 9, 11, 14, 15, 17];
        var random = new Random(2);
        int[] labels = [.. Enumerable.Range(0, offsets[^1]).Select(i => offsets.Contains(i) || i % 3 > 0 ? random.Next(vocabulary) : -100)];
        var bytes = LogitBytes.Encode([.. Enumerable.Range(0, labels.Length * vocabulary).Select(_ => 6 * random.NextSingle())], format);
        var values = LogitBytes.Decode(bytes, format);
        float[] reference = [-30, -50, -25, -8];
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var needsReference = loss.Graph.Inputs.Any(i => i.Name == Columns.ReferenceChosen);
        double[] given = [.. reference.Select(r => (double)r)];
        var expected = new float[values.Length];
        var cpu = new PairLossFromLogits(loss);
        var value = cpu.Evaluate(
            Logits.Of(values, vocabulary), new TokenSequences { Labels = labels, Offsets = offsets },
            needsReference ? new PreferenceBatch<double> { ReferenceChosen = given, ReferenceRejected = given } : default, LogitGradients.Of(expected, vocabulary));

        using var onDevice = new CudaPairLossFromLogits(device, loss);
        using var memory = device.Allocate<byte>(bytes);
        using var labelMemory = device.Allocate<int>(labels);
        using var offsetMemory = device.Allocate<int>(offsets);
        using var referenceMemory = device.Allocate<float>(reference);
        using var scalars = device.Allocate(4 * sizeof(double));
        var rows = new CudaLogits { Address = memory.Address, Format = format, Rows = labels.Length, Vocabulary = vocabulary };
        onDevice.Evaluate(
            rows,
            new CudaTokenSequences { Labels = labelMemory.Address, Offsets = offsetMemory.Address, Count = 2 * Pairs },
            new CudaBatch
            {
                Rows = Pairs,
                Columns = new Dictionary<string, nint> { [Columns.ReferenceChosen] = referenceMemory.Address, [Columns.ReferenceRejected] = referenceMemory.Address },
            },
            new CudaDestination { Scalars = scalars.Address }, rows);
        var actual = new double[1];
        scalars.CopyTo<double>(actual);
        if (!(Math.Abs(value - actual[0]) <= Tolerance * (1 + Math.Abs(value))))
        {
            return FormattableString.Invariant($"the mean is {actual[0]:R}, expected {value:R}");
        }

        var written = new byte[bytes.Length];
        memory.CopyTo<byte>(written);
        var gradients = LogitBytes.Decode(written, format);
        var roundoff = format == LogitFormat.Fp32 ? 1e-4 : 1.0 / 200;
        for (var i = 0; i < gradients.Length; i++)
        {
            if (!(Math.Abs(expected[i] - gradients[i]) <= (roundoff * Math.Abs(expected[i])) + 1e-6))
            {
                return FormattableString.Invariant($"the gradient at {i} is {gradients[i]:R}, expected {expected[i]:R}");
            }
        }

        return null;
    }
}
