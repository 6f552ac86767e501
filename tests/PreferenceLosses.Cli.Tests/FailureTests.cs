using System.Text;
using PreferenceLosses.Cli.Tests.Support;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Tests;

/// <summary>Files that cannot be read, specs that make no sense, outputs that cannot be written: exit status 1 and one line.</summary>
public class FailureTests
{
    private static readonly string Missing = Path.Combine(Path.GetTempPath(), "preference-losses-no-such-folder", "x.json");

    [Theory]
    [InlineData("evaluate --loss dpo --input {0}")]
    [InlineData("evaluate --spec {0} --input -")]
    [InlineData("evaluate --batch {0}")]
    public void A_file_that_is_not_there_is_named(string arguments)
    {
        var run = CommandLine.Run("{}", [.. arguments.Split(' ').Select(argument => argument.Replace("{0}", Missing, StringComparison.Ordinal))]);

        Assert.Contains($"The file '{Missing}' cannot be read", run.ErrorLine(1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_and_an_empty_name_cannot_be_read_either()
    {
        Assert.Contains("cannot be read", CommandLine.Run("evaluate", "--loss", "dpo", "--input", Path.GetTempPath()).ErrorLine(1), StringComparison.Ordinal);
        Assert.Contains("The file '' cannot be read", CommandLine.Run("evaluate", "--loss", "dpo", "--input", "").ErrorLine(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"loss\":", "is not JSON")]
    [InlineData("{\"loss\":\"dpoo\"}", "The spec is not accepted: There is no loss 'dpoo'")]
    [InlineData("{\"loss\":\"dpo\",\"parameters\":{\"beta\":\"x\"}}", "The spec is not accepted: The parameter 'beta' has to be a number")]
    [InlineData("{\"loss\":\"dpo\",\"parameters\":{\"beta\":-1}}", "The spec is not accepted: beta (β) has to be a finite number greater than 0. The paper uses 0.1, and 0.5 for summarization. The value is -1.")]
    public void A_spec_that_makes_no_sense_is_a_failure(string text, string expected)
    {
        using var spec = new TemporaryFile(text);

        Assert.Contains(expected, CommandLine.Run(HandTable.Input, ["evaluate", "--spec", spec.Path, "--input", "-"]).ErrorLine(1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_the_losss_spec_does_not_have_is_wrong_usage_of_set()
    {
        using var spec = new TemporaryFile("{\"loss\":\"dpo\"}");

        Assert.Contains("no parameter 'tau'", CommandLine.Run(HandTable.Input, ["evaluate", "--spec", spec.Path, "--set", "tau=1", "--input", "-"]).ErrorLine(2), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evaluate --loss dpo --input -")]
    [InlineData("evaluate --batch -")]
    public void Standard_input_that_cannot_be_read_is_named(string arguments)
    {
        using var error = new StringWriter();
        using var input = new StreamReader(new BrokenStream(new IOException("it broke")));

        var status = new CommandLineApp(LossCatalog.BuiltIn, input, TextWriter.Null, error).Run(arguments.Split(' '));

        Assert.Equal(1, status);
        Assert.Equal("preference-losses: Standard input cannot be read: it broke\n", error.ToString());
    }

    [Theory]
    [InlineData("list", false)]
    [InlineData("show dpo", false)]
    [InlineData("--help", false)]
    [InlineData("list", true)]
    public void An_output_that_cannot_be_written_is_a_failure(string arguments, bool isClosed)
    {
        using var error = new StringWriter();
        Exception failure = isClosed ? new UnauthorizedAccessException("it broke") : new IOException("it broke");
        var output = new StreamWriter(new BrokenStream(failure), Encoding.UTF8);

        var status = new CommandLineApp(LossCatalog.BuiltIn, TextReader.Null, output, error).Run(arguments.Split(' '));

        Assert.Equal(1, status);
        Assert.Equal("preference-losses: The output cannot be written: it broke\n", error.ToString());
    }

    /// <summary>A stream that fails whenever it is read or written.</summary>
    private sealed class BrokenStream(Exception failure) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw failure;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw failure;
    }
}
