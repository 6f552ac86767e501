using System.Globalization;
using BenchmarkDotNet.Running;
using PreferenceLosses.Benchmarks;
using PreferenceLosses.Benchmarks.Compare;

// "compare" is beside PyTorch; "train FILE THREADS" prints completion tokens per second; everything else is BenchmarkDotNet's.
switch (args)
{
    case ["compare", .. var compared]:
        return CompareCommand.Run(compared);
    case ["train", var path, var threads]:
        TrainingSpeed.Run(path, int.Parse(threads, CultureInfo.InvariantCulture), Console.Out);
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(LossCoreBenchmark).Assembly).Run(args);
        return 0;
}
