using PreferenceLosses.Losses;
using PreferenceLosses.Text;
using PreferenceLosses.Text.Reading;

namespace PreferenceLosses.Tests.Documentation;

/// <summary>docs/reading-pytorch.md says what the reader does.</summary>
public class ReadingPyTorchTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documentation", "reading-pytorch.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Every_function_that_is_accepted_is_listed()
    {
        var listed = Page.Split('`').Where((_, i) => i % 2 == 1).Select(word => word[(word.LastIndexOf('.') + 1)..]).ToHashSet();
        string[] modules = ["torch", "torch.nn.functional", "torch.special", "math"];
        var accepted = modules.SelectMany(Vocabulary.Functions).Concat(Vocabulary.Methods).Concat(Vocabulary.Builtins).ToHashSet();
        Assert.Empty(accepted.Except(listed));
    }

    [Fact]
    public void The_example_is_a_loss()
    {
        // The function of the C# example stands between its triple quotes.
        var text = Page.Split("\"\"\"")[1];
        var fingerprint = LossFingerprint.Of(LossCode.Parse(text).GetLoss());
        Assert.True(fingerprint.IsSameFunctionAs(LossFingerprint.Of(new DiscoPopGeneratedLoss())));
    }

    [Fact]
    public void The_diagnostics_read_as_they_are_shown()
    {
        var diagnostics = LossCode.Parse(Text.Reading.Reading.Function("x = lw\n\ny = lw *      ll.item()\n\nz = lw")).Diagnostics
            .Concat(LossCode.Parse(Text.Reading.Reading.Function("a = lw\na = ll\na = rw\na = rl\nreturn lw.mean()")).Diagnostics);
        Assert.All(diagnostics.Select(d => d.ToString()), line => Assert.Contains(line, Page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_limits_are_as_stated()
    {
        Assert.Contains("At most 16,384 characters", Page, StringComparison.Ordinal);
        Assert.Equal(16_384, LossCode.MaximumLength);
        Assert.Empty(LossCode.Parse(Text.Reading.Reading.Function($"return {new string('(', 64)}lw{new string(')', 64)}")).Diagnostics);
        Assert.Single(LossCode.Parse(Text.Reading.Reading.Function($"return {new string('(', 65)}lw{new string(')', 65)}")).Diagnostics);
    }
}
