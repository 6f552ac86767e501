using System.Diagnostics;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Benchmarks;

/// <summary>Times two ways of doing one thing in turns, so that what disturbs the machine disturbs both.</summary>
internal static class Alternating
{
    /// <summary>The median time of each, in microseconds.</summary>
    public static double[] Medians(int rounds, int callsPerRound, params Action[] ways)
    {
        var times = ways.Select(_ => new List<double>()).ToArray();
        for (var round = -2; round < rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                var start = Stopwatch.GetTimestamp();
                for (var call = 0; call < callsPerRound; call++)
                {
                    using var scope = NewDisposeScope();
                    ways[way]();
                }

                // The first rounds compile.
                if (round >= 0)
                {
                    times[way].Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds / callsPerRound);
                }
            }
        }

        return [.. times.Select(Median)];
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
