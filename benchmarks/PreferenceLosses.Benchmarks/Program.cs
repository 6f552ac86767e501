using System.Globalization;
using BenchmarkDotNet.Running;
using PreferenceLosses.Benchmarks;
using PreferenceLosses.Benchmarks.Compare;
using PreferenceLosses.Benchmarks.Cuda;
using PreferenceLosses.Cuda;

// "compare" is beside PyTorch; "train FILE THREADS" prints completion tokens per second; everything else is BenchmarkDotNet's.
switch (args)
{
    case ["compare", .. var compared]:
        return CompareCommand.Run(compared);
    case ["train", var path, var threads]:
        TrainingSpeed.Run(path, int.Parse(threads, CultureInfo.InvariantCulture), Console.Out);
        return 0;
    default:
        List<Type> suites = [typeof(LossCoreBenchmark), typeof(LogProbabilityBenchmark), typeof(TextReadingBenchmark)];
        if (CudaDevice.WhyUnavailable() is { } reason)
        {
            Console.WriteLine($"The benchmarks on GPUs are left out: {reason}");
        }
        else
        {
            suites.AddRange([typeof(CudaLossBenchmark), typeof(CudaLogProbabilityBenchmark)]);
        }

        BenchmarkSwitcher.FromTypes([.. suites]).Run(args);
        return 0;
}
