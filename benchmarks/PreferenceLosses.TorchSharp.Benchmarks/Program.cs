using System.Globalization;
using PreferenceLosses.Torch.Benchmarks;
using static TorchSharp.torch;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
set_num_threads(1);
switch (args)
{
    case []:
    case ["losses"]:
        LossBenchmark.Run(pairs: 64);
        break;
    case ["logprobs"]:
        LogProbabilityBenchmark.Run(vocabulary: 32_000);
        break;
    case ["head"]:
        HeadBenchmark.Run(vocabulary: 32_000);
        break;
    case ["memory", var way] when way.StartsWith("head", StringComparison.Ordinal) || way.StartsWith("pairs", StringComparison.Ordinal):
        HeadBenchmark.Memory(way, vocabulary: 32_000);
        break;
    case ["memory", var route]:
        LogProbabilityBenchmark.Memory(route, vocabulary: 32_000);
        break;
    default:
        Console.Error.WriteLine("losses | logprobs | head | memory lowered|fused|in-place|head-lowered|head-fused|pairs-lowered|pairs-recomputed|pairs-factorized");
        return 2;
}

return 0;
