using PreferenceLosses.Cuda.Tests.Support;

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
