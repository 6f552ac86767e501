using System.Diagnostics;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Benchmarks;

/// <summary>Times ways of doing one thing in turns, so that what disturbs the machine disturbs all of them.</summary>
internal static class Alternating
{
    /// <summary>What a way took.</summary>
    /// <param name="Microseconds">The median over the rounds, for one call.</param>
    /// <param name="Ratio">The median over the rounds of what the first way took in the same round, divided by what this one took.</param>
    /// <param name="LowerQuartile">A quarter of the rounds had a smaller ratio.</param>
    /// <param name="UpperQuartile">A quarter of the rounds had a larger ratio.</param>
    internal readonly record struct Result(double Microseconds, double Ratio, double LowerQuartile, double UpperQuartile)
    {
        public string Ratios => FormattableString.Invariant($"{Ratio:F1} ({LowerQuartile:F1}–{UpperQuartile:F1})");
    }

    /// <summary>Times the ways.</summary>
    /// <param name="rounds">How often each has its turn.</param>
    /// <param name="calls">How many calls a turn has.</param>
    /// <param name="ways">The ways; ratios are to the first.</param>
    public static Result[] Run(int rounds, int calls, params Action[] ways)
    {
        // What is first compiled for speed of compilation is compiled again after some ten thousand calls.
        var warmUp = rounds / 5;
        var times = ways.Select(_ => new double[rounds]).ToArray();
        for (var round = -warmUp; round < rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                var start = Stopwatch.GetTimestamp();
                for (var call = 0; call < calls; call++)
                {
                    using var scope = NewDisposeScope();
                    ways[way]();
                }

                if (round >= 0)
                {
                    times[way][round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls;
                }
            }
        }

        return [.. times.Select(mine =>
        {
            var ratios = times[0].Zip(mine, (first, time) => first / time).ToArray();
            return new Result(Quantile(mine, 0.5), Quantile(ratios, 0.5), Quantile(ratios, 0.25), Quantile(ratios, 0.75));
        })];
    }

    private static double Quantile(double[] values, double level)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Round(level * (sorted.Length - 1))];
    }
}
