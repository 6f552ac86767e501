using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>The source of the row kernels, compiled for the host. With sanitizers and with bugs put in, the pipeline runs it too.</summary>
public class EmulatedGridTests
{
    [CompilerFact]
    public void The_source_of_the_row_kernels_is_right_on_an_emulated_grid()
    {
        var run = Compiler.Run("bash", Path.Combine(Compiler.Folder, "Emulation", "run.sh"), "--plain");
        Assert.True(run.ExitCode == 0, run.Output);
        Assert.Contains("checks passed", run.Output, StringComparison.Ordinal);
    }
}

/// <summary>A test that needs a C++ compiler for the host, and says so where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute()
    {
        if (!Compiler.IsThere)
        {
            Skip = "There is no g++ here (on Linux, x64 or Arm).";
        }
    }
}

/// <summary>The host's C++ compiler, and the folder of these tests.</summary>
internal static class Compiler
{
    public static string Folder { get; } = Here();

    public static bool IsThere { get; } = OperatingSystem.IsLinux() && Directory.Exists(Folder)
        && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "g++")));

    public static (int ExitCode, string Output) Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
