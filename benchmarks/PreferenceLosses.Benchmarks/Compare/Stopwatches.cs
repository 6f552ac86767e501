using System.Diagnostics;

namespace PreferenceLosses.Benchmarks.Compare;

/// <summary>Times our side the way pytorch_worker.py times the other.</summary>
internal static class Stopwatches
{
    private const double SecondsPerRepetition = 0.005;

    /// <summary>Runs until the just-in-time compiler has optimised.</summary>
    public static void Warm(Action run)
    {
        var clock = Stopwatch.StartNew();
        for (var calls = 0; clock.ElapsedMilliseconds < 700 || calls < 3; calls++)
        {
            run();
        }
    }

    public static Cost Run(Action run, double seconds)
    {
        var started = Stopwatch.StartNew();
        run();
        var calls = Math.Max(1, (int)(SecondsPerRepetition / Math.Max(started.Elapsed.TotalSeconds, 1e-7)));
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        run();
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;

        var times = new List<double>();
        while (started.Elapsed.TotalSeconds < seconds || times.Count < 3)
        {
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < calls; i++)
            {
                run();
            }

            times.Add(clock.Elapsed.TotalMicroseconds / calls);
        }

        return new Cost([.. times], allocated);
    }
}
