using System.Globalization;
using System.Text.RegularExpressions;

namespace PreferenceLosses.Discovery;

/// <summary>
/// Finds the proposal in what a language model replied: a JSON object <c>{"thought", "name", "code"}</c>, as models write such objects (text and fences around them, raw
/// line breaks and unescaped quotes in strings, single quotes, trailing commas); else a fenced block with a Python function; else a bare function. Of several the last one
/// counts, because models draft first. Nothing is executed, nothing that a reply contains throws, and the time is linear in its length.
/// </summary>
public static partial class ReplyReader
{
    /// <summary>The longest reply that is read, in characters (UTF-16): 100,000.</summary>
    public const int LongestReply = 100_000;

    private const string Accepted = "Reply with one JSON object {\"thought\": …, \"name\": …, \"code\": …} whose values are strings.";
    private const string EndOfReasoning = "</think>";

    /// <summary>Reads a reply.</summary>
    /// <param name="reply">What the model wrote.</param>
    public static ReplyReading Read(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        if (reply.Length > LongestReply)
        {
            return ReplyReading.Without(string.Create(
                CultureInfo.InvariantCulture, $"The reply has {reply.Length} characters; at most {LongestReply} are read. {Accepted}"));
        }

        var end = reply.LastIndexOf(EndOfReasoning, StringComparison.Ordinal);
        var answer = end < 0 ? reply : reply[(end + EndOfReasoning.Length)..];
        if (string.IsNullOrWhiteSpace(answer))
        {
            return ReplyReading.Without($"The reply is empty. {Accepted}");
        }

        var (proposal, wrong) = FromObjects(answer);
        if (proposal is null && wrong is not { IsCutOff: true })
        {
            proposal = FromFunction(answer);
        }

        return proposal is not null
            ? ReplyReading.Of(new Proposal(WithoutHalves(proposal.Thought), WithoutHalves(proposal.Name), WithoutHalves(proposal.Code)))
            : ReplyReading.Without($"{wrong?.Message ?? "There is neither a JSON object nor a Python function in the reply."}{(wrong is { IsCutOff: true } ? " Think in fewer words." : "")} {Accepted}");
    }

    /// <summary>The last object with code; and of the last object that was meant as one, what is wrong with it.</summary>
    private static (Proposal? Proposal, LenientJson.Error? Wrong) FromObjects(string text)
    {
        Proposal? found = null;
        LenientJson.Error? wrong = null;

        // What is no object costs as much to find out as it is long, and another one may begin inside it. With a budget the whole is linear.
        var budget = 16L * text.Length;
        for (var start = text.IndexOf('{'); start >= 0 && budget > 0;)
        {
            var read = LenientJson.Read(text, start);
            budget -= read.End - start;
            var (proposal, error) = Proposed(read);
            if (proposal is not null)
            {
                (found, wrong) = (proposal, null);
            }
            else
            {
                wrong = error ?? wrong;
            }

            start = text.IndexOf('{', proposal is not null ? read.End : start + 1);
        }

        return (found, wrong);
    }

    private static (Proposal? Proposal, LenientJson.Error? Error) Proposed(LenientJson.Object read)
    {
        if (!(read.Keys.Contains("thought") || read.Keys.Contains("code")))
        {
            return (null, null);
        }

        if (read.Wrong is { } wrong)
        {
            return (null, wrong);
        }

        if (!read.Strings.TryGetValue("code", out var code) || string.IsNullOrWhiteSpace(code))
        {
            return (null, new LenientJson.Error("The JSON object has no \"code\" that is a text.", IsCutOff: false));
        }

        return (new Proposal(read.Strings.GetValueOrDefault("thought", ""), read.Strings.GetValueOrDefault("name", ""), code), null);
    }

    /// <summary>A function in a fenced block, the last one; else one that stands in the text.</summary>
    private static Proposal? FromFunction(string text)
    {
        var (code, before) = Fenced(text) ?? Bare(text) ?? default;
        return code is null ? null : new Proposal(before.Trim(), "", code);
    }

    private static (string Code, string Before)? Fenced(string text)
    {
        const string fence = "```";
        (string, string)? found = null;
        for (var start = text.IndexOf(fence, StringComparison.Ordinal); start >= 0;)
        {
            var line = text.IndexOf('\n', start);
            if (line < 0)
            {
                break;
            }

            var end = text.IndexOf(fence, line, StringComparison.Ordinal);
            var block = text[(line + 1)..(end < 0 ? text.Length : Math.Max(end, line + 1))];
            if (Function().IsMatch(block))
            {
                found = (block, text[..start]);
            }

            start = end < 0 ? -1 : text.IndexOf(fence, end + fence.Length, StringComparison.Ordinal);
        }

        return found;
    }

    private static (string Code, string Before)? Bare(string text) =>
        Function().Match(text) is { Success: true } match ? (text[match.Index..], text[..match.Index]) : null;

    /// <summary>The text with a replacement character for each half of a surrogate pair, which no file can hold.</summary>
    private static string WithoutHalves(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? string.Concat(text.EnumerateRunes()) : text;

    [GeneratedRegex(@"^def[ \t]+\w+[ \t]*\(", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Function();
}
