using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace PreferenceLosses.Benchmarks.Compare;

/// <summary>Comparisons as Markdown and as data.</summary>
internal static class Report
{
    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true };

    public static string Header(string pytorch, int rounds, double seconds) => string.Create(CultureInfo.InvariantCulture, $"""
        # Beside PyTorch eager

        {Processor()}, {Environment.ProcessorCount} cores; .NET {Environment.Version}, PyTorch {pytorch}; {DateTime.UtcNow:yyyy-MM-dd}. Single precision.
        {rounds} rounds in which the sides alternate, {seconds} s each; times are medians of the rounds' medians, a ratio is above 1 where this
        library is faster, with its smallest and largest round. One exponential takes {MachineLimits.Exponential(seconds):F2} ns here (base library, in the cache).
        PyTorch's memory allocator is set to keep memory instead of returning it to the system, which is faster for it.
        """);

    public static void Begin(string title, string limit)
    {
        Console.WriteLine($"\n## {title}\n");
        Console.WriteLine($"| work | threads | ours, µs | PyTorch, µs | ratio | ours, ns each | {limit} | ours, bytes | PyTorch, bytes |");
        Console.WriteLine("| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |");
    }

    public static void Line(Comparison c, double limit, IReadOnlyList<Comparison> others)
    {
        var alone = others.FirstOrDefault(o => o.Work == c.Work && o.Threads == 1);
        var scaling = c.Threads > 1 && alone is not null ? string.Create(CultureInfo.InvariantCulture, $" ({alone.Ours / c.Ours:F2}× one)") : "";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {c.Work.Name} | {c.Threads}{scaling} | {Short(c.Ours)} | {Short(c.PyTorch)} | {c.Ratio:F1} ({c.Ratios[0]:F1}–{c.Ratios[^1]:F1}) | {c.Ours * 1000 / c.Work.Units:F3} | {limit:F3} | {c.Rounds[0].Ours.Bytes} | {c.Rounds[0].PyTorch.Bytes} |"));
    }

    public static object AsData(Comparison c) => new
    {
        work = c.Work.Request,
        threads = c.Threads,
        ratio = c.Ratio,
        rounds = c.Rounds.Select(r => new { ours = r.Ours, pytorch = r.PyTorch }),
    };

    private static string Short(double microseconds) => microseconds.ToString(microseconds < 10 ? "F2" : microseconds < 1000 ? "F1" : "F0", CultureInfo.InvariantCulture);

    private static string Processor()
    {
        const string File = "/proc/cpuinfo";
        var line = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
