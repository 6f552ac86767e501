using System.Diagnostics;
using System.Text;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests;

/// <summary>The real process: streams, encodings, exit status.</summary>
public class ProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task It_reads_and_writes_utf8_without_a_byte_order_mark_and_with_line_feeds()
    {
        using var process = Start("show", "dpo");
        using var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output);
        await Exit(process);

        Assert.Equal(0, process.ExitCode);
        Assert.Equal(CommandLine.Run("show", "dpo").Output, new UTF8Encoding(false, true).GetString(output.ToArray()));
        Assert.DoesNotContain((byte)'\r', output.ToArray());
    }

    [Fact]
    public async Task It_skips_a_byte_order_mark_on_standard_input()
    {
        using var process = Start("evaluate", "--loss", "dpo", "--input", "-");
        await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetPreamble());
        await process.StandardInput.WriteAsync(HandTable.Input);
        process.StandardInput.Close();

        Assert.Equal(CommandLine.Evaluate("dpo", HandTable.Input).Output, await process.StandardOutput.ReadToEndAsync());
        await Exit(process);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task It_exits_with_2_and_one_line_for_wrong_usage()
    {
        using var process = Start("evaluate", "--loss", "dpo");
        var error = await process.StandardError.ReadToEndAsync();
        await Exit(process);

        Assert.Equal(2, process.ExitCode);
        Assert.Equal("preference-losses: --input is missing: a file with the batch, or - for standard input.\n", error);
    }

    [Fact]
    public async Task It_says_its_version()
    {
        using var process = Start("--version");

        Assert.Matches(@"^\d+\.\d+\.\d+", await process.StandardOutput.ReadToEndAsync());
        await Exit(process);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task It_answers_a_line_of_a_batch_before_it_reads_the_next()
    {
        using var process = Start("evaluate", "--batch", "-");
        for (var id = 0; id < 3; id++)
        {
            await process.StandardInput.WriteAsync($"{{\"id\":{id}}}\n");
            await process.StandardInput.FlushAsync();
            var answer = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            Assert.StartsWith($"{{\"id\":{id},\"error\":", answer, StringComparison.Ordinal);
        }

        process.StandardInput.Close();
        await Exit(process);
        Assert.Equal(1, process.ExitCode);
    }

    [Fact]
    public async Task It_ends_when_nobody_reads_its_output_any_more()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var process = Start("evaluate", "--batch", "-");
        process.StandardOutput.Close();
        await process.StandardInput.WriteAsync("{\"id\":1}\n");
        await process.StandardInput.FlushAsync();

        // Standard input stays open: a process that did not notice would wait for the next line.
        await Exit(process);
        Assert.Equal(1, process.ExitCode);
        var error = await process.StandardError.ReadToEndAsync();
        Assert.StartsWith("preference-losses: The output cannot be written: ", error, StringComparison.Ordinal);
        Assert.Equal(error.Length - 1, error.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Redirected_to_a_file_it_writes_where_the_shell_stands()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var file = new TemporaryFile("");
        var tool = Path.Combine(AppContext.BaseDirectory, "PreferenceLosses.Cli.dll");
        using var shell = Process.Start("sh", ["-c", $"(echo before; dotnet '{tool}' show dpo; echo after) > '{file.Path}'"]);
        await Exit(shell);

        Assert.Equal("before\n" + CommandLine.Run("show", "dpo").Output + "after\n", await File.ReadAllTextAsync(file.Path));
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = new UTF8Encoding(false),
            StandardErrorEncoding = new UTF8Encoding(false),
        };
        foreach (var argument in arguments.Prepend(Path.Combine(AppContext.BaseDirectory, "PreferenceLosses.Cli.dll")))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task Exit(Process process)
    {
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
    }
}
