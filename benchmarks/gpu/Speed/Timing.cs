using System.Diagnostics;
using PreferenceLosses.Cuda;

namespace PreferenceLosses.Gpu.Speed;

/// <summary>What a call takes, in microseconds, by the device's clock.</summary>
/// <param name="Median">The median of the samples.</param>
/// <param name="Fastest">The fastest sample.</param>
/// <param name="Slowest">The slowest one.</param>
/// <param name="Host">The time until the host has put a call on the stream; the median of the samples.</param>
/// <param name="Samples">How many samples there are.</param>
/// <param name="Calls">How many calls are between the two events of a sample.</param>
internal sealed record Timing(double Median, double Fastest, double Slowest, double Host, int Samples, int Calls)
{
    private const int WarmUp = 3;
    private const double MostOfHost = 0.9;

    /// <summary>Whether the device waited for the host: the time is then the host's, for putting calls on the stream, and not the device's.</summary>
    public required bool IsLaunchBound { get; init; }

    /// <summary>Times calls that follow each other on the default stream.</summary>
    /// <param name="device">The device.</param>
    /// <param name="lead">What is on the stream before each sample, and hides the host's time.</param>
    /// <param name="samples">How many samples.</param>
    /// <param name="calls">How many calls in each.</param>
    /// <param name="call">Puts a call on the stream, which is given its number.</param>
    /// <param name="before">What has to be on the stream before each sample and is not part of it.</param>
    public static Timing Of(CudaDevice device, Lead lead, int samples, int calls, Action<int> call, Action? before = null)
    {
        var ofDevice = new double[samples];
        var ofHost = new double[samples];
        for (var sample = -WarmUp; sample < samples; sample++)
        {
            before?.Invoke();
            lead.Put();
            var host = 0.0;
            var milliseconds = device.Time(() =>
            {
                var started = Stopwatch.GetTimestamp();
                for (var i = 0; i < calls; i++)
                {
                    call(i);
                }

                host = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            });
            if (sample >= 0)
            {
                (ofDevice[sample], ofHost[sample]) = (milliseconds * 1000 / calls, host / calls);
            }
        }

        // Time of the device is its own unless the host was still busy when the lead had ended, and nearly for as long as the calls took.
        var (median, medianOfHost) = (MedianOf(ofDevice), MedianOf(ofHost));
        return new Timing(median, ofDevice.Min(), ofDevice.Max(), medianOfHost, samples, calls)
        {
            IsLaunchBound = medianOfHost * calls > lead.Microseconds && medianOfHost > MostOfHost * median,
        };
    }

    /// <summary>The median of at least one value.</summary>
    public static double MedianOf(double[] values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
