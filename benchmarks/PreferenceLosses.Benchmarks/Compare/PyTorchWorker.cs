using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace PreferenceLosses.Benchmarks.Compare;

/// <summary>What a side took for a piece of work.</summary>
/// <param name="Microseconds">Of each repetition.</param>
/// <param name="Bytes">What one run allocated.</param>
internal sealed record Cost(double[] Microseconds, long Bytes)
{
    public double Median => Statistics.Median(Microseconds);
}

/// <summary>The process that runs pytorch_worker.py.</summary>
internal sealed class PyTorchWorker : IDisposable
{
    private readonly Process process;

    private PyTorchWorker(Process process, string version)
    {
        this.process = process;
        Version = version;
    }

    /// <summary>PyTorch's version.</summary>
    public string Version { get; }

    /// <summary>Starts it.</summary>
    /// <exception cref="InvalidOperationException">There is no PyTorch.</exception>
    public static PyTorchWorker Start(string python, string script)
    {
        var start = new ProcessStartInfo(python) { ArgumentList = { script }, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // Otherwise the C library gives every large tensor back to the system, and PyTorch's time is that of page faults.
        start.Environment["MALLOC_MMAP_MAX_"] = "0";
        start.Environment["MALLOC_TRIM_THRESHOLD_"] = long.MaxValue.ToString(CultureInfo.InvariantCulture);
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{python} did not start.");

        // The profiler that counts bytes warns about memory from before it was on.
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var greeting = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"{python} {script} said nothing: is PyTorch installed for it (on Debian: apt-get install python3-torch)?");
        return new PyTorchWorker(process, JsonDocument.Parse(greeting).RootElement.GetProperty("pytorch").GetString()!);
    }

    public Cost Run(Work work, int threads, double seconds)
    {
        var request = new Dictionary<string, object>(work.Request) { ["threads"] = threads, ["seconds"] = seconds };
        process.StandardInput.WriteLine(JsonSerializer.Serialize(request));
        var answer = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"PyTorch's side ended at: {work.Name}.");
        var cost = JsonDocument.Parse(answer).RootElement;
        return new Cost([.. cost.GetProperty("microseconds").EnumerateArray().Select(t => t.GetDouble())], cost.GetProperty("bytes").GetInt64());
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit(TimeSpan.FromSeconds(10));
        process.Dispose();
    }
}
