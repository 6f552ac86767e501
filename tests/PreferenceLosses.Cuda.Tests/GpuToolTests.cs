using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PreferenceLosses.Cuda.Tests.Support;
using PreferenceLosses.Gpu;
using PreferenceLosses.Gpu.Checks;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>The program of benchmarks/gpu, on a stand-in for the driver whose kernels the interpreter runs: what it does on a device, in small.</summary>
[Collection(DriverDouble.Collection)]
public class GpuToolTests
{
    [CompilerFact]
    public void The_self_test_passes_on_the_interpreter()
    {
        DriverDouble.Configure();
        var (status, output, errors) = Run("self-test", "--quick");
        Assert.True(status == 0, output + errors);
        Assert.Null(DriverDouble.Failure);
        Assert.Contains("stand-in, compute capability 9.0, 4 multiprocessors", output, StringComparison.Ordinal);
        Assert.Contains(", 0 of them with other digits than the CPU's", output, StringComparison.Ordinal);
        Assert.EndsWith(" checks, 0 failed", output.TrimEnd(), StringComparison.Ordinal);

        // What is not checked because the library refuses it is one of these.
        Assert.All(
            output.Split('\n').Where(line => line.StartsWith("refused: ", StringComparison.Ordinal)),
            line => Assert.Contains("'decaying-weights-logistic'", line, StringComparison.Ordinal));
        Assert.Contains("through the host, without a kernel: aot, aot-unpaired\n", output, StringComparison.Ordinal);
    }

    [CompilerTheory]
    [InlineData("rows")]
    [InlineData("logits")]
    public void The_self_test_fails_on_a_device_that_does_nothing(string part)
    {
        var (status, output) = RunIdle(part);
        Assert.Equal(1, status);

        // Each of the checks, and not some of them.
        var total = output.TrimEnd().Split('\n')[^1].Split(' ');
        Assert.Equal(total[0], total[2]);
        Assert.True(int.Parse(total[0], CultureInfo.InvariantCulture) > 10);
    }

    [CompilerFact]
    public void Every_loss_fails_on_a_device_that_does_nothing()
    {
        var (status, output) = RunIdle("losses");
        Assert.Equal(1, status);
        foreach (string name in LossKernelTests.Losses)
        {
            Assert.Contains($"FAILED {name}, 1 rows: ", output, StringComparison.Ordinal);
        }
    }

    [CompilerTheory]
    [InlineData("rows", "bar.sync", "// bar.sync", "second run|log-probability|sum|gradient")]
    [InlineData("losses", "fma.rn.f32", "fma.rz.f32", "The device is lost")]
    [InlineData("losses", "sub.rn.f32", "add.rn.f32", "expected")]
    public void A_bug_in_kernels_is_noticed(string part, string intact, string broken, string reason)
    {
        DriverDouble.Configure();
        DriverDouble.Change = text => text.Replace(intact, broken, StringComparison.Ordinal);
        var (status, output, _) = Run("self-test", "--quick", "--only", part);
        DriverDouble.Configure();
        Assert.Equal(1, status);
        Assert.Contains("FAILED ", output, StringComparison.Ordinal);
        Assert.Matches(reason, output);
    }

    [CompilerFact]
    public void The_benchmark_writes_what_it_measures()
    {
        DriverDouble.Configure();
        var path = Path.Combine(Directory.CreateTempSubdirectory("gpu-benchmark").FullName, "result.json");
        var (status, output, errors) = Run("benchmark", "--quick", "--json", path);
        Assert.True(status == 0, output + errors);
        Assert.Null(DriverDouble.Failure);
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        var measurements = json.RootElement.GetProperty("measurements").EnumerateArray().ToArray();
        Assert.Equal(output.Split('\n').Count(line => line.StartsWith("| 8 × 515 ", StringComparison.Ordinal) || line.StartsWith("| dpo, ", StringComparison.Ordinal)), measurements.Length);
        var forward = measurements[0];
        Assert.Equal("forward", forward.GetProperty("what").GetString());
        Assert.Equal(8 * 515 * 2, forward.GetProperty("bytes").GetInt64());
        Assert.InRange(forward.GetProperty("error").GetDouble(), 1e-12, 4e-6);
        Assert.InRange(measurements[1].GetProperty("error").GetDouble(), 1e-12, 1.0 / 256);

        // The interpreter needs longer for rows than the stand-in's clock says of the lead and of the calls; what took the host less than that is not marked.
        Assert.All(measurements.Where(m => m.TryGetProperty("rows", out _)), m => Assert.True(m.GetProperty("launch_bound").GetBoolean()));
        Assert.All(measurements.Where(m => m.GetProperty("host_microseconds").GetDouble() < 200), m => Assert.False(m.GetProperty("launch_bound").GetBoolean()));
        Assert.False(File.Exists(path + ".unfinished"));

        // The stand-in's clock: half a millisecond for two calls; the same for one copy of 64 KiB, whose bytes are read and written.
        Assert.Equal(250, forward.GetProperty("microseconds").GetDouble(), 1e-6);
        Assert.Equal((8 * 515 * 2 / 250e-6) / (2 * 65536 / 500e-6), forward.GetProperty("of_copy_rate").GetDouble(), 1e-9);
        var masked = measurements.First(m => m.TryGetProperty("masked", out var share) && share.GetDouble() == 0.5);
        Assert.Equal(4 * 515 * 2, masked.GetProperty("bytes").GetInt64());
    }

    [CompilerFact]
    public void The_benchmark_does_not_time_what_is_wrong()
    {
        DriverDouble.Configure();
        DriverDouble.Change = text => text.Replace("bar.sync", "// bar.sync", StringComparison.Ordinal);
        var (status, output, _) = Run("benchmark", "--quick", "--only", "rows");
        DriverDouble.Configure();
        Assert.Equal(1, status);
        Assert.Contains("FAILED 8 × 515 Bf16: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("| forward |", output, StringComparison.Ordinal);
    }

    [CompilerFact]
    public void The_benchmark_does_not_time_a_gradient_with_one_NaN_in_a_row()
    {
        // What backward adds for the label's logit: NaN instead of the weight of the row.
        DriverDouble.Configure();
        DriverDouble.Change = text =>
        {
            var (forward, backward) = text.IndexOf(".entry backward_bf16(", StringComparison.Ordinal) is > 0 and var start ? (text[..start], text[start..]) : (text, "");
            return forward + Regex.Replace(backward, @"(selp\.f32\s+%f\d+), %f\d+, (0f[08]0000000)", "$1, 0f7FC00000, $2");
        };
        var (status, output, _) = Run("benchmark", "--quick", "--only", "rows");
        DriverDouble.Configure();
        Assert.Equal(1, status);
        Assert.Contains("FAILED 8 × 515 Bf16: a gradient is off by NaN of the largest of its row", output, StringComparison.Ordinal);
        Assert.DoesNotContain("| forward |", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_that_throws_has_failed_and_the_next_one_is_done()
    {
        using var output = new StringWriter();
        var report = new CheckReport(output);
        report.Check("first", () => throw new InvalidBatchException("Row 3 is NaN."));
        report.Check("second", () => throw new NotSupportedException("not this one"));
        report.Check("third", () => null);
        Assert.Equal((2, 1, false), (report.Checks, report.Failures, report.IsLost));
        Assert.Equal("FAILED first: InvalidBatchException: Row 3 is NaN.", output.ToString().TrimEnd());
    }

    [Theory]
    [InlineData(0, 4, false, true)]
    [InlineData(0, 5, false, false)]
    [InlineData(0, 5, true, true)]
    [InlineData(1, 4, false, true)]
    [InlineData(1, 5, true, false)]
    public void A_small_value_has_its_own_digits_unless_there_is_a_statistic_of_the_batch(int at, int units, bool hasStatistic, bool isAccepted)
    {
        // Five units of the first are less than one of the second.
        float[] expected = [1.25e-3f, 1536];
        var actual = expected.ToArray();
        for (var i = 0; i < units; i++)
        {
            actual[at] = MathF.BitDecrement(actual[at]);
        }

        var digits = new Digits();
        Assert.Equal(isAccepted, digits.Compare(expected, actual, hasStatistic) is null);
        Assert.Equal(1, digits.Other);
    }

    [CompilerFact]
    public void The_times_of_compilation_are_of_every_loss_that_has_a_kernel()
    {
        DriverDouble.Configure();
        var path = Path.Combine(Directory.CreateTempSubdirectory("gpu-compile").FullName, "times.json");
        Assert.Equal(0, Run("compile", "--json", path).Status);
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(LossKernelTests.Losses.Count + 1, json.RootElement.EnumerateObject().Count());
    }

    [Theory]
    [InlineData("A command is missing")]
    [InlineData("There is no command 'selftest'", "selftest")]
    [InlineData("'--fast' is not understood; accepted are --quick, --only", "self-test", "--fast")]
    [InlineData("There is no part 'sorts'; there are losses, rows, logits", "self-test", "--only", "sorts")]
    [InlineData("--memory needs a positive number, not 'all'", "benchmark", "--memory", "all")]
    [InlineData("--json needs a value", "benchmark", "--json")]
    public void Another_command_line_is_refused(string expected, params string[] arguments)
    {
        var (status, _, errors) = Run(arguments);
        Assert.Equal(2, status);
        Assert.StartsWith(expected, errors, StringComparison.Ordinal);
    }

    [CompilerFact]
    public void Without_a_device_the_reason_is_said()
    {
        DriverDouble.Configure(devices: 0);
        var (status, _, errors) = Run("benchmark");
        DriverDouble.Configure();
        Assert.Equal(3, status);
        Assert.Contains("no CUDA device 0", errors, StringComparison.Ordinal);
    }

    private static (int Status, string Output) RunIdle(string part)
    {
        DriverDouble.Configure();
        DriverDouble.IsIdle = true;
        var (status, output, _) = Run("self-test", "--quick", "--only", part);
        DriverDouble.Configure();
        return (status, output);
    }

    private static (int Status, string Output, string Errors) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var status = GpuTool.Run(arguments, output, errors);
        return (status, output.ToString(), errors.ToString());
    }
}
