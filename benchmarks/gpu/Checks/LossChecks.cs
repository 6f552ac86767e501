using System.Runtime.InteropServices;
using PreferenceLosses.Cuda;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>
/// Every loss of the catalogue: losses, gradients, rewards and metrics against the CPU path in single precision, with and without weights, in one block
/// and in many, twice.
/// </summary>
internal static class LossChecks
{
    // Beyond 16,384 rows there are many blocks; these have one pass over the rows, two, two losses per row, and K responses.
    private static readonly string[] InManyBlocks = ["dpo", "aqfl", "kto-pair", "plackett-luce"];

    public static void Run(CudaDevice device, CheckReport report, bool isQuick, TextWriter output)
    {
        var digits = new Digits();
        foreach (var entry in LossCatalog.BuiltIn.Entries)
        {
            (int Rows, bool IsWeighted)[] batches = isQuick
                ? [(1, false), (70, true)]
                : [(1, false), (2, true), (31, false), (257, true), (1025, false), (16_384, true), (16_385, false), (100_003, true)];
            var many = InManyBlocks.Contains(entry.Name) ? (isQuick ? 16_400 : 1_000_003) : 0;
            foreach (var (rows, isWeighted) in many > 0 && !(isQuick && entry.Name != "dpo") ? [.. batches, (many, false)] : batches)
            {
                var reduction = rows % 2 == 0 ? Reduction.Sum : Reduction.Mean;
                report.Check(
                    FormattableString.Invariant($"{entry.Name}, {rows} rows{(isWeighted ? " with weights" : "")}"),
                    () => Check(device, entry.Loss, rows, isWeighted, reduction, digits));
            }
        }

        var throughHost = LossCatalog.BuiltIn.Entries.Where(entry => IsThroughHost(device, entry.Loss)).Select(entry => entry.Name);
        output.WriteLine($"through the host, without a kernel: {string.Join(", ", throughHost)}");
        output.WriteLine(FormattableString.Invariant(
            $"{digits.Values} values of losses, {digits.Other} of them with other digits than the CPU's, by {digits.Units} units in the last place at most"));
    }

    private static bool IsThroughHost(CudaDevice device, IPreferenceLoss loss)
    {
        using var cuda = new CudaLoss(device, loss);
        return cuda.GoesThroughHost;
    }

    private static string? Check(CudaDevice device, PreferenceLoss loss, int rows, bool isWeighted, Reduction reduction, Digits digits)
    {
        var random = new Random(rows);
        var batch = AnyBatch.For(loss, rows, (low, high) => (float)(low + ((high - low) * random.NextDouble())), random);
        var weights = isWeighted ? Enumerable.Range(0, rows).Select(i => i % 4 == 1 ? 0 : 0.1f + (2 * random.NextSingle())).ToArray() : null;
        using var onDevice = new LossOnDevice(device, loss, batch, weights, reduction);
        onDevice.Evaluate(float.NaN);
        var first = onDevice.Outputs.ToDictionary(name => name, onDevice.Read);
        var scalars = onDevice.ReadScalars();
        onDevice.Evaluate(1.5f);
        foreach (var (name, values) in first)
        {
            if (!AreSameBits<float>(values, onDevice.Read(name)))
            {
                return $"{name}: a second run gave other bits";
            }
        }

        if (!AreSameBits<double>(scalars, onDevice.ReadScalars()))
        {
            return "scalars: a second run gave other bits";
        }

        var columns = batch.Columns.ToDictionary(c => c.Key, c => c.Value.Select(v => (float)v).ToArray());
        if (weights is not null)
        {
            columns[Columns.Weight] = weights;
        }

        var expected = loss.Evaluate(
            PreferenceBatch.FromColumns(columns) with { ResponsesPerRow = batch.Responses, ResponseMask = batch.Mask, Scalars = batch.Scalars },
            new EvaluationOptions { Reduction = reduction, SingleRow = SingleRow.PyTorch });
        foreach (var (name, values) in first)
        {
            var wanted = name switch
            {
                "losses" => expected.Losses,
                "chosen reward" => expected.Rewards!.Chosen,
                "rejected reward" => expected.Rewards!.Rejected,
                _ => expected.Gradient(name),
            };
            if (digits.Compare(wanted, values, loss.Graph.IsBatchCoupled) is { } wrong)
            {
                return $"{name}: {wrong}";
            }
        }

        var size = 0.0;
        foreach (var value in expected.Losses)
        {
            size += Math.Abs(value);
        }

        double[] reduced = expected.Rewards is { } rewards ? [expected.Value, rewards.MeanChosen, rewards.MeanRejected, rewards.Accuracy] : [expected.Value];
        for (var i = 0; i < reduced.Length; i++)
        {
            // What is added up has the digits of single precision; the order of the sum is another one, in double precision.
            var terms = i > 0 ? Math.Max(Math.Abs(reduced[i]), 1) : reduction == Reduction.Sum ? size : size / rows;
            if (!reduced[i].Equals(scalars[i]) && !(Math.Abs(reduced[i] - scalars[i]) <= 1e-7 * Math.Max(terms, 1e-30)))
            {
                return FormattableString.Invariant($"scalar {i}: {scalars[i]:R}, expected {reduced[i]:R}");
            }
        }

        return null;
    }

    private static bool AreSameBits<T>(T[] left, T[] right)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(left).SequenceEqual(MemoryMarshal.AsBytes<T>(right));
}
