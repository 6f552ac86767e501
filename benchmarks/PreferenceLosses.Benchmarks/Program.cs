using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Running;
using PreferenceLosses.Benchmarks;
using PreferenceLosses.Benchmarks.Compare;

// "compare" is beside PyTorch; "train FILE THREADS" prints completion tokens per second; "time LOSS PAIRS" microseconds per call; everything else is
// BenchmarkDotNet's.
if (args is ["compare", .. var compared])
{
    return CompareCommand.Run(compared);
}

if (args is ["train", var path, var threads])
{
    TrainingSpeed.Run(path, int.Parse(threads, CultureInfo.InvariantCulture), Console.Out);
    return 0;
}

if (args is not ["time", var loss, var pairs])
{
    BenchmarkSwitcher.FromAssembly(typeof(LossCoreBenchmark).Assembly).Run(args);
    return 0;
}

var core = new LossCore(loss, int.Parse(pairs, CultureInfo.InvariantCulture));
var calls = Warm();
var fastest = double.PositiveInfinity;
for (var repetition = 0; repetition < 20; repetition++)
{
    var clock = Stopwatch.StartNew();
    for (var i = 0; i < calls; i++)
    {
        core.Run();
    }

    fastest = Math.Min(fastest, clock.Elapsed.TotalMicroseconds / calls);
}

Console.WriteLine(fastest.ToString("F3", CultureInfo.InvariantCulture));
return 0;

// Runs until the JIT has optimised, and returns how many calls make about 20 ms.
int Warm()
{
    var clock = Stopwatch.StartNew();
    var count = 0;
    for (; clock.ElapsedMilliseconds < 1000; count++)
    {
        core.Run();
    }

    return Math.Max(1, count / 50);
}
