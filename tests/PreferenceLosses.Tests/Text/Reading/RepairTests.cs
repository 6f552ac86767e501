using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using static PreferenceLosses.Tests.Text.Reading.Reading;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>Texts that were damaged on their way are mended, and each repair is noted.</summary>
public class RepairTests
{
    private const string Sound = "def dpo_loss(self, lw, ll, rw, rl):\n    rho = (lw - rw) - (ll - rl)\n    return -F.logsigmoid(self.beta * rho)\n";

    private static readonly LossFingerprint Expected = LossFingerprint.Of(LossCode.Parse(Sound).GetLoss());

    public static TheoryData<string, string> Damages => new()
    {
        { "a fence", $"```python\n{Sound}```" },
        { "a fence with prose around it", $"Here is the loss:\n\n```\n{Sound}```\nIt isn't convex." },
        { "a fence that is never closed", $"```python\n{Sound}" },
        { "the second of two fences", $"```\npip install torch\n```\n```python\n{Sound}```" },
        { "lines as \\n", Sound.TrimEnd().Replace("\n", "\\n", StringComparison.Ordinal) },
        { "no indentation", string.Join('\n', Sound.Split('\n').Select(line => line.TrimStart())) },
        { "all lines indented", string.Join('\n', Sound.Split('\n').Select(line => "        " + line)) },
        { "hard spaces", Sound.Replace("    ", "\u00A0\u00A0\u00A0\u00A0", StringComparison.Ordinal) },
        { "a minus sign", Sound.Replace('-', '−') },
        { "zero-width spaces", Sound.Replace("rho", "rho\u200B", StringComparison.Ordinal) },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_text_is_mended_and_says_so(string what, string text)
    {
        var result = LossCode.Parse(text);
        Assert.True(LossFingerprint.Of(result.GetLoss()).IsSameFunctionAs(Expected), what);
        Assert.Contains(result.Notes, n => n.Kind == LossCodeNoteKind.Repair);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Line_ends_of_other_systems_and_a_byte_order_mark_need_no_note(string lineEnd)
    {
        var result = LossCode.Parse("\uFEFF" + Sound.Replace("\n", lineEnd, StringComparison.Ordinal));
        Assert.True(LossFingerprint.Of(result.GetLoss()).IsSameFunctionAs(Expected));
        Assert.DoesNotContain(result.Notes, n => n.Kind == LossCodeNoteKind.Repair);
    }

    [Fact]
    public void A_sound_text_is_left_as_it_is()
    {
        var result = LossCode.Parse(Sound);
        Assert.Equal(Sound, result.Text);
        Assert.DoesNotContain(result.Notes, n => n.Kind == LossCodeNoteKind.Repair);
    }

    [Fact]
    public void Every_published_candidate_survives_the_loss_of_its_indentation()
    {
        foreach (var (name, text) in TextGoldens.Texts.Where(t => !char.IsAsciiDigit(t.Key[^1])))
        {
            var flat = LossCode.Parse(string.Join('\n', text.Split('\n').Select(line => line.TrimStart()))).GetLoss();
            Assert.True(LossFingerprint.Of(flat).IsSameFunctionAs(LossFingerprint.Of(LossCode.Parse(text).GetLoss())), name);
        }
    }

    [Fact]
    public void A_typographic_quote_whose_partner_is_lost_is_closed()
    {
        var text = Function("return F.mse_loss(lw, rw, reduction=’none)");
        var result = LossCode.Parse(text);
        Assert.Equal(LossCode.Parse(text.Replace("’none", "'none'", StringComparison.Ordinal)).GetLoss().Graph.Losses.Length, result.GetLoss().Graph.Losses.Length);
        Assert.Equal([2, 2], result.Notes.Where(n => n.Kind == LossCodeNoteKind.Repair).Select(n => n.Line));
        Assert.Contains("reduction='none')", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_apostrophe_in_a_comment_or_a_docstring_is_left_alone()
    {
        var text = Function("\"\"\"It isn't (much, of) a loss.\"\"\"\n# don't ('worry)\nreturn lw - rw");
        Assert.Equal(text, LossCode.Parse(text).Text);
        Assert.NotNull(LossCode.Parse(text).Loss);
    }

    [Fact]
    public void Positions_are_those_in_the_mended_text()
    {
        var result = LossCode.Parse("Look:\n```\n" + Function("return lw.item()") + "\n```");
        var refused = Refusal(result);
        Assert.Equal(2, refused.Line);
        Assert.Equal("    return lw.item()", result.Text.Split('\n')[refused.Line - 1]);
    }

    [Fact]
    public void A_second_function_is_not_taken_for_a_lost_indentation() =>
        Assert.Contains(LossCode.Parse("def f(self, lw, ll, rw, rl):\nreturn lw\ndef g(x):\nreturn x").Diagnostics, d => d.Kind == LossDiagnosticKind.Syntax);
}
