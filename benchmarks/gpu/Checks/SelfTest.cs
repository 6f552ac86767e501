using System.Diagnostics;
using PreferenceLosses.Cuda;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>Every kernel against the CPU path.</summary>
internal static class SelfTest
{
    public static int Run(CudaDevice device, ToolOptions options, TextWriter output)
    {
        output.WriteLine(Describe(device));
        var report = new CheckReport(output);
        foreach (var (part, run) in new (string, Action<CudaDevice, CheckReport, bool, TextWriter>)[]
        {
            ("losses", LossChecks.Run), ("rows", RowChecks.Run), ("logits", FromLogitsChecks.Run),
        })
        {
            if (options.Wants(part))
            {
                var started = Stopwatch.GetTimestamp();
                var (checks, failures) = (report.Checks, report.Failures);
                run(device, report, options.IsQuick, output);
                output.WriteLine(FormattableString.Invariant(
                    $"{part}: {report.Checks - checks} checks, {report.Failures - failures} failed, {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s"));
            }
        }

        report.Conclude();
        return report.Failures == 0 && report.Checks > 0 ? 0 : 1;
    }

    /// <summary>The device, for the head of a result.</summary>
    public static string Describe(CudaDevice device) => FormattableString.Invariant(
        $"{device.Name}, compute capability {device.ComputeCapability}, {device.Multiprocessors} multiprocessors, {device.GetFreeBytes() / (double)(1L << 30):F1} GiB free; driver for CUDA {device.DriverVersion}");
}
