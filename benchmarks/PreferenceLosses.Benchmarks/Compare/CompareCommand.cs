using System.Globalization;
using System.Text.Json;

namespace PreferenceLosses.Benchmarks.Compare;

/// <summary>
/// "compare": the same work here and in PyTorch, alternating in one run, on one and on more threads; prints tables, and with
/// --json FILE writes every repetition.
/// </summary>
internal static class CompareCommand
{
    public const string Usage =
        """
        compare [--only loss|log-probabilities] [--losses NAME,…] [--sizes N,…] [--threads N,…] [--rounds N] [--seconds S] [--json FILE] [--python PATH]
          --losses, --sizes   of the loss core; all that the documentation lists by default
          --threads           1,2 by default
          --rounds            how often the sides alternate, 5 by default
          --seconds           how long a side runs in a round, 0.2 by default
          --python            a Python with PyTorch, /usr/bin/python3 by default
        """;

    private static readonly string[] Losses = ["dpo", "ipo", "discopop", "aqfl", "kto-pair", "aot"];
    private static readonly int[] Sizes = [8, 64, 1024, 65_536, 1_000_000, 16_000_000];

    private static readonly int[] Vocabularies = [32_000, 128_256];
    private static readonly int[] Rows = [64, 512];
    private static readonly bool[] Passes = [false, true];

    public static int Run(string[] arguments)
    {
        var options = new Dictionary<string, string>();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == arguments.Length || !Usage.Contains(arguments[i], StringComparison.Ordinal))
            {
                Console.Error.WriteLine($"compare: '{arguments[i]}' is not understood.\n{Usage}");
                return 2;
            }

            options[arguments[i]] = arguments[i + 1];
        }

        var threads = Numbers(options.GetValueOrDefault("--threads", "1,2"));
        var rounds = int.Parse(options.GetValueOrDefault("--rounds", "5"), CultureInfo.InvariantCulture);
        var seconds = double.Parse(options.GetValueOrDefault("--seconds", "0.2"), CultureInfo.InvariantCulture);
        var losses = options.TryGetValue("--losses", out var names) ? names.Split(',') : Losses;
        var sizes = options.TryGetValue("--sizes", out var given) ? Numbers(given) : Sizes;
        var only = options.GetValueOrDefault("--only", "");

        using var pytorch = PyTorchWorker.Start(options.GetValueOrDefault("--python", "/usr/bin/python3"), Script());
        Console.WriteLine(Report.Header(pytorch.Version, rounds, seconds));
        var comparisons = new List<Comparison>();
        if (only is "" or "loss")
        {
            var limits = sizes.SelectMany(size => threads.Select(t => (Size: size, Threads: t)))
                .ToDictionary(at => at, at => MachineLimits.MovingAPair(at.Size, at.Threads, seconds));
            Report.Begin("Losses and the gradient of their mean", "moving, ns/pair");
            foreach (var loss in losses)
            {
                foreach (var size in sizes)
                {
                    Compare(new LossWork(loss, size), at => limits[(size, at)]);
                }
            }
        }

        if (only is "" or "log-probabilities")
        {
            // As many logits as the largest work has, so that they come from memory.
            var reading = MachineLimits.ReadingALogit((long)Vocabularies[^1] * Rows[^1], seconds);
            Report.Begin("Sequence log-probabilities from logits", "reading, ns/logit");
            foreach (var work in from vocabulary in Vocabularies
                                 from rows in Rows
                                 from format in Enum.GetValues<LogitFormat>()
                                 from withBackward in Passes
                                 select new LogProbabilityWork(vocabulary, rows, format, withBackward))
            {
                Compare(work, _ => reading);
            }
        }

        if (options.TryGetValue("--json", out var path))
        {
            File.WriteAllText(path, JsonSerializer.Serialize(comparisons.Select(Report.AsData), Report.Indented));
        }

        return 0;

        void Compare(Work work, Func<int, double> limit)
        {
            foreach (var count in threads)
            {
                var comparison = Comparison.Run(work, count, pytorch, rounds, seconds);
                comparisons.Add(comparison);
                Report.Line(comparison, limit(count), comparisons);
            }
        }
    }

    private static int[] Numbers(string list) => [.. list.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];

    /// <summary>pytorch_worker.py, which the build puts beside the program.</summary>
    private static string Script() => Path.Combine(AppContext.BaseDirectory, "pytorch_worker.py");
}
