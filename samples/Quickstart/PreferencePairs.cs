using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Quickstart;

/// <summary>One prompt with a chosen and a rejected answer.</summary>
internal sealed record PreferencePair(string Prompt, string Chosen, string Rejected)
{
    // In a file of whole conversations the answers begin after the last speaker mark that both conversations share.
    private const string AnswerMark = "\n\nAssistant:";

    public static PreferencePair FromConversations(string chosen, string rejected)
    {
        var shared = chosen.AsSpan().CommonPrefixLength(rejected);
        var mark = chosen.AsSpan(0, shared).LastIndexOf(AnswerMark, StringComparison.Ordinal);
        var prompt = mark < 0 ? 0 : mark + AnswerMark.Length;
        return new PreferencePair(chosen[..prompt], chosen[prompt..], rejected[prompt..]);
    }
}

/// <summary>A file that cannot be used; the message names the file, the line and what is wrong.</summary>
internal sealed class UnreadablePairsException(string message) : Exception(message);

/// <summary>
/// Reads preference pairs from JSON lines, gzipped where the name ends in .gz. A line is
/// {"prompt", "chosen", "rejected"}, or {"chosen", "rejected"} holding two whole conversations, as in HH-RLHF.
/// </summary>
internal static class PreferencePairs
{
    private const int LeastPairs = 20;

    public static PreferencePair[] Read(string path)
    {
        var pairs = new List<PreferencePair>();
        var lines = 0;
        try
        {
            using var file = File.OpenRead(path);
            using Stream content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new GZipStream(file, CompressionMode.Decompress)
                : file;
            using var reader = new StreamReader(content, new UTF8Encoding(false, throwOnInvalidBytes: true));
            while (reader.ReadLine() is { } line)
            {
                lines++;
                if (!string.IsNullOrWhiteSpace(line))
                {
                    pairs.Add(Parse(line));
                }
            }
        }
        catch (JsonException e)
        {
            throw new UnreadablePairsException($"{path}, line {lines}: not JSON (byte {e.BytePositionInLine + 1}).");
        }
        catch (FormatException e)
        {
            throw new UnreadablePairsException($"{path}, line {lines}: {e.Message}");
        }
        catch (Exception e) when (e is InvalidDataException or DecoderFallbackException)
        {
            throw new UnreadablePairsException($"{path}, after line {lines}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnreadablePairsException($"{path}: {e.Message}");
        }

        return pairs.Count >= LeastPairs
            ? [.. pairs]
            : throw new UnreadablePairsException($"{path}: {pairs.Count} pairs; at least {LeastPairs} are needed.");
    }

    private static PreferencePair Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var pair = document.RootElement;
        if (pair.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"expected an object {{\"chosen\", \"rejected\"}}, found {pair.ValueKind}.");
        }

        var chosen = Text(pair, "chosen");
        var rejected = Text(pair, "rejected");
        return pair.TryGetProperty("prompt", out _)
            ? new PreferencePair(Text(pair, "prompt"), chosen, rejected)
            : PreferencePair.FromConversations(chosen, rejected);
    }

    private static string Text(JsonElement pair, string name)
    {
        if (!pair.TryGetProperty(name, out var value))
        {
            throw new FormatException($"\"{name}\" is missing.");
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            throw new FormatException($"\"{name}\" must be text, found {value.ValueKind}.");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e) // half a surrogate pair, which JSON can escape and text cannot hold
        {
            throw new FormatException($"\"{name}\": {e.Message}");
        }
    }
}
