using PreferenceLosses.Cuda;
using PreferenceLosses.Gpu.Checks;
using PreferenceLosses.Gpu.Speed;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Gpu;

/// <summary>The commands of the program. Its tests call it too, on a stand-in for the driver.</summary>
public static class GpuTool
{
    private const string Usage =
        """
        preference-losses-gpu COMMAND
          self-test  [--quick] [--only losses|rows|logits]      every kernel against the CPU path; a line for each failure
          benchmark  [--quick] [--only rows|pairs] [--memory GIB] [--repeats N] [--json FILE]
                                                                medians by the device's clock, beside the measured rate of a copy
          compile    [--json FILE]                              how long the driver takes to compile kernels
          ptx        [--output FOLDER]                          the text of every kernel, as files
        Exit status: 0; 1 if a check failed; 2 for a command line that is not accepted; 3 if there is no device that can be used.
        """;

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">Where results are written.</param>
    /// <param name="errors">Where it is written why there are none.</param>
    /// <returns>The exit status: 0; 1 if a check failed or the driver refused a call; 2 for a command line that is not accepted; 3 if there is no device.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        try
        {
            return arguments switch
            {
                ["self-test", .. var rest] => WithDevice(errors, ToolOptions.Parse(rest, "--quick", "--only").WithParts("losses", "rows", "logits"), (device, options) =>
                    SelfTest.Run(device, options, output)),
                ["benchmark", .. var rest] => WithDevice(errors, ToolOptions.Parse(rest, "--quick", "--only", "--memory", "--repeats", "--json").WithParts("rows", "pairs"), (device, options) =>
                    Benchmark.Run(device, options, output)),
                ["compile", .. var rest] => WithDevice(errors, ToolOptions.Parse(rest, "--json"), (device, options) => CompileTimes.Run(device, options, output)),
                ["ptx", .. var rest] => WriteKernels(ToolOptions.Parse(rest, "--output"), output),
                _ => throw new UsageException(arguments.Length == 0 ? "A command is missing." : $"There is no command '{arguments[0]}'."),
            };
        }
        catch (UsageException e)
        {
            errors.WriteLine($"{e.Message}\n{Usage}");
            return 2;
        }
        catch (CudaException e)
        {
            errors.WriteLine(e.Message);
            return 1;
        }
    }

    private static int WithDevice(TextWriter errors, ToolOptions options, Func<CudaDevice, ToolOptions, int> command)
    {
        if (CudaDevice.WhyUnavailable() is { } reason)
        {
            errors.WriteLine(reason);
            return 3;
        }

        using var device = CudaDevice.Open();
        return command(device, options);
    }

    private static int WriteKernels(ToolOptions options, TextWriter output)
    {
        Directory.CreateDirectory(options.Output);
        File.WriteAllText(Path.Combine(options.Output, "logits.ptx"), PtxExport.LogitKernels);
        var count = 1;
        foreach (var entry in LossCatalog.BuiltIn.Entries)
        {
            try
            {
                File.WriteAllText(Path.Combine(options.Output, $"{entry.Name}.ptx"), PtxExport.ToPtx(entry.Loss));
                count++;
            }
            catch (NotSupportedException e)
            {
                output.WriteLine($"no kernel: {entry.Name}: {e.Message}");
            }
        }

        output.WriteLine(FormattableString.Invariant($"{count} files in {options.Output}"));
        return 0;
    }
}
