using System.Globalization;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Benchmarks;

/// <summary>How far the resident memory of this process rises above what it was before a step.</summary>
internal static class PeakMemory
{
    public static void Measure(string way, Action step)
    {
        // What libraries allocate at their first call is not what is measured.
        using (var warm = ones(4, 4).requires_grad_())
        {
            warm.log_softmax(-1).sum().backward();
        }

        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Status("VmRSS");
        step();
        Console.WriteLine(FormattableString.Invariant($"{way}: {(Status("VmHWM") - before) / 1024.0:F0} MiB above the {before / 1024.0:F0} MiB before the step"));
    }

    private static long Status(string field) => long.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split(':', StringSplitOptions.TrimEntries)[1].Split(' ')[0],
        CultureInfo.InvariantCulture);
}
