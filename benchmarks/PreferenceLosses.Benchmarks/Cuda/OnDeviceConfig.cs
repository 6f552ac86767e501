using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using PreferenceLosses.Cuda;
using PreferenceLosses.Gpu.Speed;

namespace PreferenceLosses.Benchmarks.Cuda;

/// <summary>The column of benchmarks on a device.</summary>
internal sealed class OnDeviceConfig : ManualConfig
{
    public OnDeviceConfig() => AddColumn(new CopyRateColumn());
}

/// <summary>The rate at which a benchmark moves the fewest bytes that its work has to move, as a share of the measured rate of a copy.</summary>
internal sealed class CopyRateColumn : IColumn
{
    private const long MostCopied = 4L << 30;
    private const int Samples = 50;

    private static readonly Lazy<double> Rate = new(() =>
    {
        using var device = CudaDevice.Open();
        using var lead = new Lead(device, isQuick: false);
        return CopyRate.Measure(device, lead, Math.Min(MostCopied, device.GetFreeBytes() / 4), Samples);
    });

    public string Id => nameof(CopyRateColumn);

    public string ColumnName => "Of copy rate";

    public string Legend => "Bytes that have to be moved, by the mean time, as a share of what a copy within the device's memory moves";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        // A benchmark that failed has no results, and BenchmarkDotNet says why.
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
        {
            return "?";
        }

        var seconds = statistics.Mean * 1e-9;
        return (Bytes(benchmarkCase) / seconds / Rate.Value).ToString("P1", CultureInfo.InvariantCulture);
    }

    private static long Bytes(BenchmarkCase benchmark)
    {
        T Parameter<T>(string name) => (T)benchmark.Parameters[name];
        if (benchmark.Descriptor.Type == typeof(CudaLossBenchmark))
        {
            return PairWork.BytesOf(Parameter<string>(nameof(CudaLossBenchmark.Loss)), Parameter<int>(nameof(CudaLossBenchmark.Pairs)), withMetrics: true);
        }

        var logits = new RowShape(
            Parameter<int>(nameof(CudaLogProbabilityBenchmark.Rows)), Parameter<int>(nameof(CudaLogProbabilityBenchmark.Vocabulary)),
            Parameter<LogitFormat>(nameof(CudaLogProbabilityBenchmark.Format))).Bytes;

        // Read forward; read and written backward.
        return logits * (Parameter<bool>(nameof(CudaLogProbabilityBenchmark.WithBackward)) ? 3 : 1);
    }
}
