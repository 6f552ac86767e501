using System.Diagnostics;

namespace PreferenceLosses.Cuda.Tests.Support;

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

/// <summary>The same for a test with cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CompilerTheoryAttribute : TheoryAttribute
{
    public CompilerTheoryAttribute() => Skip = new CompilerFactAttribute().Skip;
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

    /// <summary>Found from where the tests run: a build for release has no path of a source file in it.</summary>
    private static string Here()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PreferenceLosses.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? AppContext.BaseDirectory, "tests", "PreferenceLosses.Cuda.Tests");
    }
}
