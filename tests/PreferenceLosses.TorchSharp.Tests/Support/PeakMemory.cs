using System.Globalization;

namespace PreferenceLosses.Torch.Tests.Support;

/// <summary>The resident memory of this process.</summary>
internal static class PeakMemory
{
    /// <summary>How far it rises above what it is, while something is done; null where nothing tells. What is done once before is not measured: libraries keep memory of their first calls.</summary>
    public static long? Of(Action action)
    {
        const string Reset = "/proc/self/clear_refs";
        if (!File.Exists(Reset))
        {
            return null;
        }

        action();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        File.WriteAllText(Reset, "5");
        var before = Bytes("VmRSS");
        action();
        return Bytes("VmHWM") - before;
    }

    private static long Bytes(string field) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split(':', StringSplitOptions.TrimEntries)[1].Split(' ')[0],
        CultureInfo.InvariantCulture);
}
